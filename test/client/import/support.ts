/** Shared code of the import's tests: files, readers, and the command as a process. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll } from "vitest";
import { failure, type Fault, type SpillwayError } from "../../../client/src/errors.ts";
import { csvReader } from "../../../client/src/import/csv.ts";
import type { Item } from "../../../client/src/import/events.ts";
import { type Options, readOptions } from "../../../client/src/import/options.ts";
import { inBatches } from "../../../client/src/import/send.ts";
import { ndjsonReader } from "../../../client/src/import/ndjson.ts";
import { parquetReader } from "../../../client/src/import/parquet.ts";
import type { Reader } from "../../../client/src/import/rows.ts";
import { Accepted } from "../../../client/src/import/state.ts";
import { type Format, inspect, type Source } from "../../../client/src/import/source.ts";
import { ROOT } from "../../../scripts/stack.ts";

/** A folder of this test file's own. @returns puts a file into it. */
export function folder(): (name: string, content?: string | Buffer) => string {
  const path = mkdtempSync(join(tmpdir(), "spillway-import-"));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return (name, content) => {
    const file = join(path, name);
    if (content !== undefined) writeFileSync(file, content);
    return file;
  };
}

export const gzipped = (text: string): Buffer => gzipSync(text);

export const itemOf = (n: number, bytes = 10): Item => ({
  n,
  line: n + 1,
  json: JSON.stringify({ n }),
  bytes,
  id: `e-${n}`,
  isOfContent: false,
  definitionId: "order",
  person: { person_id: "p", external_person_id: undefined },
});
export const items = (count: number) => Array.from({ length: count }, (_, index) => itemOf(index + 1));

/** Four tries, and no time passes between them. */
export const RETRY_POLICY = { tries: 4, onWait: () => {}, wait: () => Promise.resolve() };

/** What the client throws. */
export const callError = (
  detail: string,
  status: number,
  code: string,
  errors: readonly Fault[] = [],
  retryAfterSeconds: number | null = null,
): SpillwayError => failure({ code, status, detail, errors, retryAfterSeconds });

/** For a load without a terminal; it keeps the counts. */
export const loadOptions = () => ({
  accepted: new Accepted(),
  profiles: null,
  arePersonsThere: false,
  cut: (all: Iterable<Item>, pending: Item[]) => inBatches(all, pending, 1),
  onRejected: () => {},
  beforeBatch: () => {},
  onAccepted: () => {},
  onProgress: () => {},
  signal: new AbortController().signal,
});
/** Options as the command line reads them: `--dry-run`, `--map FILE`. */
export function optionsOf(file: string, ...args: string[]): Options {
  const texts: Record<string, string | boolean> = {};
  for (const [index, arg] of args.entries()) {
    if (!arg.startsWith("--")) continue;
    const name = arg.slice(2).replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const value = args[index + 1];
    texts[name] = value === undefined || value.startsWith("--") ? true : value;
  }
  const { profiles = false, ...others } = texts;
  return readOptions(file, others, profiles === true);
}

interface How {
  format?: Format;
  encoding?: string;
  delimiter?: string;
  fillMissing?: boolean;
}

export function look(path: string, { format, encoding = "utf-8" }: How = {}): Promise<Source> {
  return inspect(path, { format, encoding, onProgress: () => {} });
}

export async function readerOf(path: string, how: How = {}): Promise<Reader> {
  const { encoding = "utf-8", fillMissing = false } = how;
  const source = await look(path, how);
  if (source.format === "ndjson") return ndjsonReader(source, encoding);
  return source.format === "csv"
    ? csvReader(source, { encoding, delimiter: how.delimiter ?? source.delimiter, fillMissing })
    : parquetReader(source, null);
}

/** Every row: its line, and the values of these columns or the error. */
export async function rowsIn(path: string, columns: readonly string[], how: How = {}): Promise<unknown[][]> {
  const reader = await readerOf(path, how);
  const rows: unknown[][] = [];
  for await (const piece of reader.pieces())
    for (const row of piece.rows) {
      if (row.n !== rows.length + 1) throw new Error(`row ${row.n} is at position ${rows.length + 1}`);
      const values = "value" in row ? columns.map((column) => reader.get(row.value, column)) : [row.problem];
      rows.push([row.line, ...values]);
    }
  return rows;
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  process: ChildProcess;
  ended: Promise<Ended>;
}

/** However large the file, this has to do. */
const MEMORY = "--max-old-space-size=96";

/** `npm run import -- …` without npm, and without progress. @param key goes by the environment. */
export function startImport(key: string, ...args: string[]): Running {
  const child = spawn(process.execPath, [MEMORY, join(ROOT, "scripts", "import.ts"), "--quiet", ...args], {
    env: { ...process.env, SPILLWAY_KEY: key },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data) => (stdout += String(data)));
  child.stderr.on("data", (data) => (stderr += String(data)));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
  return { process: child, ended };
}

export function runImport(key: string, ...args: string[]): Promise<Ended> {
  return startImport(key, ...args).ended;
}
