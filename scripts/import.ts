/**
 * `npm run import -- FILE --space SPACE [--map mapping.json] …`: loads a file of events. Invalid lines are reported,
 * and all others are loaded; after an interruption the same command continues where it stopped. `--help` lists the
 * options.
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { DefinitionView, Space } from "./answers.ts";
import { CallError, Client } from "./client.ts";
import { csvReader } from "./import/csv.ts";
import { CreatedProfiles } from "./import/create-profiles.ts";
import { define, definitionOf } from "./import/define.ts";
import { eventMaker } from "./import/events.ts";
import { load, type Totals } from "./import/load.ts";
import { columnsOf, type Mapping, readMapping } from "./import/mapping.ts";
import { ndjsonReader } from "./import/ndjson.ts";
import { HELP, type Options, readOptions } from "./import/options.ts";
import { parquetReader } from "./import/parquet.ts";
import { RejectionLog } from "./import/rejections.ts";
import { type Reader, InputError } from "./import/rows.ts";
import { retrying, type RetryPolicy, type Service } from "./import/service.ts";
import { checkUnchanged, inspect, type Source } from "./import/source.ts";
import { adviceOn, readState, type Subject, writeState } from "./import/state.ts";
import { openProgress, type Progress } from "./progress.ts";

const ALL_LOADED = 0;
const REJECTED = 1;
const INCOMPLETE = 2;
const INTERRUPTED = 130;
const TRIES = 12;
const DEFINED = {
  created: "was created",
  fits: "exists already with the mapping's properties, and was not changed",
  "not read": "exists already and was not changed; it could not be checked, because this key has no scope events:read",
};
/** On Ctrl-C the terminal and npm each send a signal: the two count as one. */
const SAME_SIGNAL_MS = 1_000;

const RETRY_POLICY: RetryPolicy = {
  tries: TRIES,
  onWait(error, seconds) {
    const line = `${error.message} The call is retried in ${seconds.toFixed(1)} s.`;
    if (progress === null) console.error(line);
    else progress.print(line);
  },
  wait: (ms) => wait(ms, undefined, { signal: interrupt.signal }),
};

/** `--strict`: a line is invalid. */
class Stopped extends Error {}

const interrupt = new AbortController();
let progress: Progress | null = null;

let interruptedAt = Infinity;
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    // The second signal does not wait for the calls in flight.
    if (performance.now() - interruptedAt > SAME_SIGNAL_MS) process.exit(INTERRUPTED);
    interruptedAt = Math.min(interruptedAt, performance.now());
    interrupt.abort();
  });
process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const options = readOptions(process.argv.slice(2), process.env, absolute);
    if (options !== null) return await run(options);
    console.log(HELP);
    return ALL_LOADED;
  } catch (thrown) {
    progress?.end();
    if (interrupt.signal.aborted) return INTERRUPTED;
    console.error(sentenceOf(thrown));
    if (!(thrown instanceof InputError || thrown instanceof CallError || isSystemError(thrown))) console.error(thrown);
    return INCOMPLETE;
  }
}

/** npm runs scripts in the project's folder: a relative path starts at the folder where npm was called. */
function absolute(path: string): string {
  const { npm_lifecycle_event: script, INIT_CWD: from } = process.env;
  return resolve(script === "import" ? (from ?? "") : "", path);
}

async function run(options: Options): Promise<number> {
  const mapping = options.map === null ? null : readMapping(readFileSync(options.map, "utf8"), options.map);
  // Rate limits are waited out by the retries, where an interrupt ends the wait.
  const service = retrying(new Client(options.origin, options.key, { maxWaits: 0 }), RETRY_POLICY);
  const space = await spaceOf(service, options.space);

  progress = openProgress("checking");
  const source = await inspect(options.file, {
    format: options.format,
    encoding: options.encoding,
    onProgress(share) {
      interrupt.signal.throwIfAborted();
      progress?.update(share, 1);
    },
  });
  progress.end();
  const kind = `${source.gzip ? "gzipped " : ""}${source.format === "parquet" ? "Parquet" : source.format.toUpperCase()}`;
  console.log(
    `${basename(source.path)}: ${kind}, ${(source.bytes / 1e6).toFixed(1)} MB, into the space ${space.name} (${space.id})`,
  );
  const reader = await readerOf(source, options, mapping);
  const texts = source.format === "csv";
  const definitions = texts && mapping === null ? await definitionsOf(service) : new Map<string, DefinitionView>();
  const make = eventMaker(source, reader, mapping, definitions);

  const subject = subjectOf(source, space, options, mapping);
  const accepted = readState(options.state, subject, options);
  // Before the first call: fails where the state cannot be written.
  writeState(options.state, subject, accepted);
  if (options.define && mapping !== null) {
    const definition = definitionOf(mapping, texts);
    const outcome = await define(service, definition);
    console.log(`The event definition ${definition.id} ${DEFINED[outcome]}.`);
  }

  const started = performance.now();
  const totals: Totals = { read: 0, earlier: 0, accepted: 0, duplicates: 0, rejected: 0 };
  progress = openProgress("loading");
  const print = (line: string) => progress?.print(line);
  const rejections = new RejectionLog(basename(source.path), options.errors, print);
  const profiles = options.createProfiles ? new CreatedProfiles(service) : null;
  try {
    await load(
      {
        pieces: reader.pieces(),
        make,
        accepted,
        sending: {
          service,
          onRejected(rejection) {
            rejections.add(rejection);
            if (options.strict) throw new Stopped("The import stopped at the first invalid line (--strict).");
          },
        },
        profiles,
        batch: options.batch,
        concurrency: options.concurrency,
        beforeBatch(batch) {
          checkUnchanged(source, adviceOn(accepted.idsOfContent));
          if (accepted.idsOfContent || !batch.some(({ isOfContent }) => isOfContent)) return;
          accepted.idsOfContent = true;
          writeState(options.state, subject, accepted);
        },
        onAccepted: () => writeState(options.state, subject, accepted),
        onProgress: (done, so) => progress?.update(done, reader.total, noteOf(so, started)),
        signal: interrupt.signal,
      },
      totals,
    );
    if (!interrupt.signal.aborted) checkUnchanged(source, adviceOn(accepted.idsOfContent));
  } catch (thrown) {
    progress.end();
    summarize(totals, profiles, started);
    if (thrown instanceof Stopped) {
      console.error(thrown.message);
      return REJECTED;
    }
    if (!(thrown instanceof InputError))
      console.error("The import stopped before the end of the file. Run the same command again to continue.");
    throw thrown;
  } finally {
    rejections.close();
  }
  progress.end();
  summarize(totals, profiles, started);
  if (interrupt.signal.aborted) {
    console.error("The import was interrupted. Run the same command again to continue.");
    return INTERRUPTED;
  }
  return totals.rejected > 0 ? REJECTED : ALL_LOADED;
}

/** @throws InputError when the key belongs to another space than the named one. */
async function spaceOf(service: Service, meant: string): Promise<Space> {
  const space = await service.json<Space>("GET", "/v1/space");
  if (space.id === meant || space.name === meant) return space;
  throw new InputError(
    `The API key belongs to the space ${space.name} (${space.id}), not to ${meant}. Nothing was sent: use a key of ${meant}.`,
  );
}

/** Every definition of the space, by its id. */
async function definitionsOf(service: Service): Promise<Map<string, DefinitionView>> {
  const found = new Map<string, DefinitionView>();
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: "200", ...(cursor === null ? {} : { cursor }) });
    const page: { data: DefinitionView[]; next_cursor: string | null } = await service.json(
      "GET",
      `/v1/event-definitions?${query.toString()}`,
    );
    for (const definition of page.data) found.set(definition.id, definition);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return found;
}

async function readerOf(source: Source, options: Options, mapping: Mapping | null): Promise<Reader> {
  switch (source.format) {
    case "ndjson":
      return ndjsonReader(source, options.encoding);
    case "csv":
      return csvReader(source, options);
    case "parquet":
      return parquetReader(source, mapping === null ? null : columnsOf(mapping));
  }
}

/** The import that a state file belongs to. */
function subjectOf(source: Source, space: Space, { delimiter, encoding }: Options, mapping: Mapping | null): Subject {
  const settings = JSON.stringify({ format: source.format, delimiter, encoding, mapping });
  return {
    bytes: source.bytes,
    sha256: source.sha256,
    space: space.id,
    settings: createHash("sha256").update(settings).digest("hex"),
  };
}

function noteOf(totals: Totals, started: number): string {
  const rejected = totals.rejected === 0 ? "" : `, ${count(totals.rejected)} rejected`;
  return `${count(totals.read)} rows, ${count(perSecond(totals, started))} rows/s${rejected}`;
}

function summarize(totals: Totals, profiles: CreatedProfiles | null, started: number): void {
  const { read, earlier, accepted, duplicates, rejected } = totals;
  const seconds = (performance.now() - started) / 1000;
  const before = earlier === 0 ? "" : `${count(earlier)} accepted by an earlier run, `;
  console.log(
    `${count(read)} rows read: ${before}${count(accepted)} accepted, ${count(duplicates)} duplicates, ${count(rejected)} rejected; ` +
      `${seconds.toFixed(1)} s, ${count(perSecond(totals, started))} rows/s`,
  );
  if (profiles !== null) console.log(`${count(profiles.sent)} profiles created, or present already`);
}

/** Rows that an earlier run sent cost no time. */
function perSecond({ read, earlier }: Totals, started: number): number {
  return Math.round(((read - earlier) * 1000) / (performance.now() - started));
}

function count(value: number): string {
  return value.toLocaleString("en");
}

function sentenceOf(thrown: unknown): string {
  if (thrown instanceof CallError && thrown.status === 401) return `The API key was not accepted. ${thrown.message}`;
  if (thrown instanceof CallError && thrown.status === 403)
    return `The API key may not do this, or its space is inactive. ${thrown.message}`;
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** For example a file that cannot be written: its message needs no stack. */
function isSystemError(thrown: unknown): boolean {
  return thrown instanceof Error && "syscall" in thrown;
}
