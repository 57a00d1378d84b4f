/**
 * `npm run import -- FILE --space SPACE [--map mapping.json] …`: loads a file of events. Wrong lines are told and cost nothing but
 * themselves; whatever interrupts it, the same command goes on. `--help` says everything.
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { DefinitionView, Space } from "./answers.ts";
import { CallError, Client } from "./client.ts";
import { csvReader } from "./import/csv.ts";
import { define, definitionOf } from "./import/define.ts";
import { eventMaker } from "./import/events.ts";
import { load, type Totals } from "./import/load.ts";
import { columnsOf, type Mapping, readMapping } from "./import/mapping.ts";
import { ndjsonReader } from "./import/ndjson.ts";
import { HELP, type Options, readOptions } from "./import/options.ts";
import { parquetReader } from "./import/parquet.ts";
import type { Patience } from "./import/patience.ts";
import { Profiles } from "./import/profiles.ts";
import { Refusals } from "./import/refusals.ts";
import { type Reader, Unusable } from "./import/rows.ts";
import { checkUnchanged, inspect, type Source } from "./import/source.ts";
import { adviceOn, readState, type Subject, writeState } from "./import/state.ts";
import { openProgress, type Progress } from "./progress.ts";

const ALL_LOADED = 0;
const REFUSED = 1;
const NOT_TO_THE_END = 2;
const INTERRUPTED = 130;
const TRIES = 12;
const DEFINED = {
  made: "was made",
  fits: "is there already, and fits: it stays as it is",
  "not read": "is there already: it stays as it is, and this key may not look at it (scope events:read)",
};
/** npm hands a Ctrl-C on that the terminal sent here as well: those two are one. */
const SAME_SIGNAL_MS = 1_000;

/** `--strict`: a line was wrong. */
class Stopped extends Error {}

const interrupt = new AbortController();
let progress: Progress | null = null;

let interruptedAt = Infinity;
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    // The second one does not wait for what is under way.
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
    if (!(thrown instanceof Unusable || thrown instanceof CallError || isSystemError(thrown))) console.error(thrown);
    return NOT_TO_THE_END;
  }
}

/** npm runs scripts in the project's folder: paths are meant from where npm was called. */
function absolute(path: string): string {
  const { npm_lifecycle_event: script, INIT_CWD: from } = process.env;
  return resolve(script === "import" ? (from ?? "") : "", path);
}

async function run(options: Options): Promise<number> {
  const mapping = options.map === null ? null : readMapping(readFileSync(options.map, "utf8"), options.map);
  const client = new Client(options.origin, options.key);
  const space = await spaceOf(client, options.space);

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
  const definitions = texts && mapping === null ? await definitionsOf(client) : new Map<string, DefinitionView>();
  const make = eventMaker(source, reader, mapping, definitions);

  const subject = subjectOf(source, space, options, mapping);
  const accepted = readState(options.state, subject, options);
  // Before anything is sent: that it can be kept.
  writeState(options.state, subject, accepted);
  if (options.define && mapping !== null) {
    const definition = definitionOf(mapping, texts);
    const outcome = await define(client, definition);
    console.log(`The event definition ${definition.id} ${DEFINED[outcome]}.`);
  }

  const started = performance.now();
  const totals: Totals = { read: 0, earlier: 0, accepted: 0, duplicates: 0, refused: 0 };
  progress = openProgress("loading");
  const say = (line: string) => progress?.say(line);
  const refusals = new Refusals(basename(source.path), options.errors, say);
  const patience = patienceWith(say);
  const profiles = options.createProfiles ? new Profiles(client, patience) : null;
  try {
    await load(
      {
        pieces: reader.pieces(),
        make,
        accepted,
        sending: {
          client,
          patience,
          onRefused(refusal) {
            refusals.tell(refusal);
            if (options.strict) throw new Stopped("Stopped at the first wrong line (--strict).");
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
        onTaken: () => writeState(options.state, subject, accepted),
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
      return REFUSED;
    }
    if (!(thrown instanceof Unusable)) console.error("It stopped before the end: the same command goes on from here.");
    throw thrown;
  } finally {
    refusals.close();
  }
  progress.end();
  summarize(totals, profiles, started);
  if (interrupt.signal.aborted) {
    console.error("Interrupted: the same command goes on from here.");
    return INTERRUPTED;
  }
  return totals.refused > 0 ? REFUSED : ALL_LOADED;
}

/** @throws Unusable when the key is of another space than the one that is meant. */
async function spaceOf(client: Client, meant: string): Promise<Space> {
  const space = await client.json<Space>("GET", "/v1/space");
  if (space.id === meant || space.name === meant) return space;
  throw new Unusable(
    `This key is of the space ${space.name} (${space.id}), not of ${meant}. Nothing was sent: use the key of the space that you mean.`,
  );
}

/** Every definition of the space, by its id. */
async function definitionsOf(client: Client): Promise<Map<string, DefinitionView>> {
  const found = new Map<string, DefinitionView>();
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: "200", ...(cursor === null ? {} : { cursor }) });
    const page: { data: DefinitionView[]; next_cursor: string | null } = await client.json(
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

/** What a state file is of. */
function subjectOf(source: Source, space: Space, { delimiter, encoding }: Options, mapping: Mapping | null): Subject {
  const settings = JSON.stringify({ format: source.format, delimiter, encoding, mapping });
  return {
    bytes: source.bytes,
    sha256: source.sha256,
    space: space.id,
    settings: createHash("sha256").update(settings).digest("hex"),
  };
}

function patienceWith(say: (line: string) => void): Patience {
  return {
    tries: TRIES,
    onWait: (error, seconds) => say(`${error.message} Again in ${seconds.toFixed(1)} s.`),
    wait: (ms) => wait(ms, undefined, { signal: interrupt.signal }),
  };
}

function noteOf(totals: Totals, started: number): string {
  const wrong = totals.refused === 0 ? "" : `, ${count(totals.refused)} refused`;
  return `${count(totals.read)} rows, ${count(perSecond(totals, started))} rows/s${wrong}`;
}

function summarize(totals: Totals, profiles: Profiles | null, started: number): void {
  const { read, earlier, accepted, duplicates, refused } = totals;
  const seconds = (performance.now() - started) / 1000;
  const before = earlier === 0 ? "" : `${count(earlier)} taken by an earlier run, `;
  console.log(
    `${count(read)} rows read: ${before}${count(accepted)} accepted, ${count(duplicates)} duplicates, ${count(refused)} refused; ` +
      `${seconds.toFixed(1)} s, ${count(perSecond(totals, started))} rows/s`,
  );
  if (profiles !== null) console.log(`${count(profiles.made)} profiles made, or there already`);
}

/** What an earlier run took costs no time. */
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

/** Such as a file that may not be written: its message says it all. */
function isSystemError(thrown: unknown): boolean {
  return thrown instanceof Error && "syscall" in thrown;
}
