/** One import, from the options to the last accepted row. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { Space } from "../answers.ts";
import { CreatedProfiles } from "./create-profiles.ts";
import { csvReader } from "./csv.ts";
import { readAttributes } from "./define-attributes.ts";
import { dryRunReport } from "./dry-run.ts";
import { definitionsOf, eventKind, type Kind, profileKind } from "./kind.ts";
import { load, type Totals } from "./load.ts";
import { type Mapping, readMapping } from "./mapping.ts";
import { ndjsonReader } from "./ndjson.ts";
import type { Options } from "./options.ts";
import { parquetReader } from "./parquet.ts";
import { type ProfileMapping, readProfileMapping } from "./profile-mapping.ts";
import { RejectionLog } from "./rejections.ts";
import { type Reader, InputError } from "./rows.ts";
import { sendingOutcome, type Service } from "./service.ts";
import { checkUnchanged, inspect, type Source } from "./source.ts";
import { adviceOn, readState, removeState, type Subject, writeState } from "./state.ts";
import { type Survey, surveyOf } from "./survey.ts";

/** Where a run reports. */
export interface Shell {
  /** A line of the result, on stdout. */
  log: (line: string) => void;
  /** A line about an error, on stderr. */
  warn: (line: string) => void;
  /** Shows a new activity. @returns updates its progress: `total` null where it is not known. */
  progress: (label: string) => (done: number, total: number | null, note?: string) => void;
  /** Removes the progress. */
  endProgress: () => void;
  /** An interrupt. */
  signal: AbortSignal;
}

export interface Result {
  rejected: number;
  /** `--strict` ended the run at an invalid line. */
  stopped: boolean;
}

/** `--strict`: a line is invalid. */
class Stopped extends Error {}

/** Null where there is none, or where the file has the other kind. */
interface Mappings {
  events: Mapping | null;
  profiles: ProfileMapping | null;
}

interface Prepared {
  options: Options;
  source: Source;
  kind: Kind;
  mappings: Mappings;
  /** Opens the file again: a reader reads it once. */
  open: () => Promise<Reader>;
  shell: Shell;
}

/**
 * @throws InputError where nothing can be sent, or no further line; CallError where the service refuses a call for a
 * reason that concerns no line.
 */
export async function run(options: Options, service: Service, shell: Shell): Promise<Result> {
  const mappings = readMappings(options);
  const space = options.space === null ? null : await spaceOf(service, options.space);
  const source = await inspected(options, shell);
  shell.log(
    `${basename(source.path)}: ${described(source)}${space === null ? "" : `, into the space ${space.name} (${space.id})`}`,
  );
  const texts = source.format === "csv";
  const kind = await kindOf(options, mappings, texts, service);
  const open = () => readerOf(source, options, kind.columns);
  const prepared: Prepared = { options, source, kind, mappings, open, shell };
  if (options.dryRun) return dryRun(prepared, texts);
  if (space === null) throw new InputError("--space is missing: give the id or the name of the space.");
  return send(prepared, space, service);
}

async function dryRun(prepared: Prepared, texts: boolean): Promise<Result> {
  const { kind, mappings, source, shell } = prepared;
  const survey = await read(prepared, "reading", () => false);
  const mapped = mappings.events?.properties ?? mappings.profiles?.attributes ?? {};
  for (const line of dryRunReport(survey, kind.noun, mapped, texts)) shell.log(line);
  for (const line of survey.rejections.report(basename(source.path))) shell.warn(line);
  return { rejected: survey.rows - survey.valid, stopped: false };
}

async function send(prepared: Prepared, space: Space, service: Service): Promise<Result> {
  const { options, source, kind, open, shell } = prepared;
  const reader = await open();
  const make = kind.maker(source, reader);
  const subject = subjectOf(prepared, space);
  const accepted = readState(options.state, subject, options);
  const wasEmpty = accepted.rows === 0 && !accepted.idsOfContent;
  const needsAll = options.define && kind.needsSurvey;
  const survey = wasEmpty || needsAll ? await read(prepared, "checking", ({ valid }) => !needsAll && valid > 0) : null;
  if (wasEmpty && survey !== null && survey.rows > 0 && survey.valid === 0) throw noneValid(survey, source);
  // Before the first call that writes: fails where the state cannot be written.
  writeState(options.state, subject, accepted);
  const outcome = sendingOutcome(service);
  const forgetNothing = () => {
    if (wasEmpty && accepted.rows === 0 && outcome.isNothingTaken()) removeState(options.state);
  };
  if (options.define)
    await defineAll(prepared, service, survey).catch((thrown: unknown) => {
      forgetNothing();
      throw thrown;
    });
  const totals: Totals = { read: 0, earlier: 0, accepted: 0, duplicates: 0, rejected: 0 };
  const started = performance.now();
  const profiles = options.createProfiles ? new CreatedProfiles(service) : null;
  const rejections = new RejectionLog(basename(source.path), options.errors, shell.warn);
  try {
    const update = shell.progress("loading");
    await load(
      {
        pieces: reader.pieces(),
        make,
        accepted,
        cut: kind.cut,
        send: (batch, onRejected) => kind.send(batch, { service: outcome.service, onRejected }),
        onRejected(rejection) {
          rejections.add(rejection);
          if (options.strict) throw new Stopped("The import stopped at the first invalid line (--strict).");
        },
        profiles,
        arePersonsThere: profiles !== null || kind.noun === "profiles",
        concurrency: options.concurrency,
        beforeBatch(batch) {
          checkUnchanged(source, adviceOn(accepted.idsOfContent));
          if (accepted.idsOfContent || !batch.some(({ isOfContent }) => isOfContent)) return;
          accepted.idsOfContent = true;
          writeState(options.state, subject, accepted);
        },
        onAccepted: () => writeState(options.state, subject, accepted),
        onProgress: (done, so) => update(done, reader.total, noteOf(so, started)),
        signal: shell.signal,
      },
      totals,
    );
    if (!shell.signal.aborted) checkUnchanged(source, adviceOn(accepted.idsOfContent));
  } catch (thrown) {
    if (thrown instanceof Stopped) {
      shell.warn(thrown.message);
      return { rejected: totals.rejected, stopped: true };
    }
    if (!(thrown instanceof InputError))
      shell.warn("The import stopped before the end of the file. Run the same command again to continue.");
    throw thrown;
  } finally {
    shell.endProgress();
    rejections.close();
    summarize(totals, kind, profiles, started, shell);
    forgetNothing();
  }
  return { rejected: totals.rejected, stopped: false };
}

async function defineAll({ kind, shell }: Prepared, service: Service, survey: Survey | null): Promise<void> {
  for (const line of await kind.define(service, survey)) shell.log(line);
}

/** Reads the file without sending anything. */
async function read(
  { open, kind, source, shell }: Prepared,
  label: string,
  isEnough: (survey: Survey) => boolean,
): Promise<Survey> {
  const reader = await open();
  const update = shell.progress(label);
  const survey = await surveyOf(reader.pieces(), kind.maker(source, reader), {
    isEnough,
    onProgress(done) {
      shell.signal.throwIfAborted();
      update(done, reader.total);
    },
  });
  shell.endProgress();
  return survey;
}

function noneValid({ rows, rejections }: Survey, source: Source): InputError {
  const lines = rejections.report(basename(source.path));
  return new InputError(
    `Nothing was sent: ${rows === 1 ? "the only row" : `each of the ${count(rows)} rows`} is rejected.\n${lines.join("\n")}`,
  );
}

async function inspected(options: Options, { progress, endProgress, signal }: Shell): Promise<Source> {
  const update = progress("checking");
  const source = await inspect(options.file, {
    format: options.format,
    encoding: options.encoding,
    onProgress(share) {
      signal.throwIfAborted();
      update(share, 1);
    },
  });
  endProgress();
  return source;
}

function readMappings({ map, profiles }: Options): Mappings {
  const text = map === null ? null : readFileSync(map, "utf8");
  return {
    events: text === null || map === null || profiles ? null : readMapping(text, map),
    profiles: text === null || map === null || !profiles ? null : readProfileMapping(text, map),
  };
}

async function kindOf(options: Options, mappings: Mappings, texts: boolean, service: Service): Promise<Kind> {
  const needsTypes = texts && options.map === null;
  if (needsTypes && options.key === "")
    throw new InputError("CSV without a mapping needs the space's types: name a key, or a mapping with --map FILE.");
  if (options.profiles)
    return profileKind(mappings.profiles, texts, needsTypes ? await readAttributes(service) : new Map());
  if (needsTypes && options.define)
    throw new InputError("--define needs a mapping for CSV, which has no types: --map FILE.");
  return eventKind(mappings.events, texts, options.batch, needsTypes ? await definitionsOf(service) : new Map());
}

/** @throws InputError when the key belongs to another space than the named one. */
async function spaceOf(service: Service, meant: string): Promise<Space> {
  const space = await service.json<Space>("GET", "/v1/space");
  if (space.id === meant || space.name === meant) return space;
  throw new InputError(
    `The API key belongs to the space ${space.name} (${space.id}), not to ${meant}. Nothing was sent: use a key of ${meant}.`,
  );
}

async function readerOf(source: Source, options: Options, columns: string[] | null): Promise<Reader> {
  switch (source.format) {
    case "ndjson":
      return ndjsonReader(source, options.encoding);
    case "csv":
      return csvReader(source, options);
    case "parquet":
      return parquetReader(source, columns);
  }
}

/** The import that a state file belongs to. */
function subjectOf({ source, options, mappings }: Prepared, space: Space): Subject {
  const { delimiter, encoding, fillMissing, profiles } = options;
  const mapping = mappings.events ?? mappings.profiles;
  const settings = JSON.stringify({ format: source.format, delimiter, encoding, fillMissing, profiles, mapping });
  return {
    bytes: source.bytes,
    sha256: source.sha256,
    space: space.id,
    settings: createHash("sha256").update(settings).digest("hex"),
  };
}

function described({ gzip, format, bytes }: Source): string {
  return `${gzip ? "gzipped " : ""}${format === "parquet" ? "Parquet" : format.toUpperCase()}, ${(bytes / 1e6).toFixed(1)} MB`;
}

function noteOf(totals: Totals, started: number): string {
  const rejected = totals.rejected === 0 ? "" : `, ${count(totals.rejected)} rejected`;
  return `${count(totals.read)} rows, ${count(perSecond(totals, started))} rows/s${rejected}`;
}

function summarize(totals: Totals, kind: Kind, profiles: CreatedProfiles | null, started: number, shell: Shell): void {
  const { read, earlier, accepted, duplicates, rejected } = totals;
  const seconds = (performance.now() - started) / 1000;
  const before = earlier === 0 ? "" : `${count(earlier)} accepted by an earlier run, `;
  const now =
    kind.noun === "events"
      ? `${count(accepted)} accepted, ${count(duplicates)} duplicates`
      : `${count(accepted)} merged into profiles`;
  shell.log(
    `${count(read)} rows read: ${before}${now}, ${count(rejected)} rejected; ` +
      `${seconds.toFixed(1)} s, ${count(perSecond(totals, started))} rows/s`,
  );
  if (profiles !== null) shell.log(`${count(profiles.sent)} profiles created, or present already`);
}

/** Rows that an earlier run sent cost no time. */
function perSecond({ read, earlier }: Totals, started: number): number {
  return Math.round(((read - earlier) * 1000) / (performance.now() - started));
}

function count(value: number): string {
  return value.toLocaleString("en");
}
