/** One import, from the options to the last accepted row. */

import { CreatedProfiles } from "./create-profiles.ts";
import { dryRunReport } from "./dry-run.ts";
import { load, NOTHING_YET, type Totals } from "./load.ts";
import { checkRowsAreFields } from "./needs-mapping.ts";
import type { Options } from "./options.ts";
import {
  inspected,
  kindOf,
  type Mappings,
  type Prepared,
  readerOf,
  readMappings,
  type Shell,
  spaceOf,
  subjectOf,
} from "./prepare.ts";
import { RejectionLog } from "./rejections.ts";
import { count, described, noteOf, type Result, resultOf, summary } from "./report.ts";
import { InputError } from "./rows.ts";
import { type Service, type Space, sendingOutcome } from "./service.ts";
import { checkUnchanged, type Source } from "./source.ts";
import { type InputFile, inputFile } from "./spool.ts";
import { Accepted, adviceOn, readState, removeState, writeState } from "./state.ts";
import { type Survey, surveyOf } from "./survey.ts";

/** `--strict`: a line is invalid. */
class Stopped extends Error {}

const NO_KEY = "No API key: set SPILLWAY_KEY in the environment.";

/**
 * @param service null: there is no key.
 * @throws InputError where nothing can be sent, or no further line; SpillwayError where the service refuses a call for
 * a reason that concerns no line.
 */
export async function run(options: Options, service: Service | null, shell: Shell): Promise<Result> {
  const mappings = readMappings(options);
  if (service === null && (!options.dryRun || options.space !== null)) throw new InputError(NO_KEY);
  const isAsked = !options.dryRun || options.space !== null || options.map === null;
  const space = service === null || !isAsked ? null : await spaceOf(service, options.space);
  const file = await inputFile(options.file, shell.stdin, shell.signal);
  try {
    return await runFile({ options, mappings, service, space, file, shell });
  } finally {
    await file.release();
  }
}

interface Run {
  options: Options;
  mappings: Mappings;
  service: Service | null;
  space: Space | null;
  file: InputFile;
  shell: Shell;
}

async function runFile({ options, mappings, service, space, file, shell }: Run): Promise<Result> {
  const source = await inspected(options, file, shell);
  shell.log(
    `${source.name}: ${described(source)}${space === null ? "" : `, into the space ${space.name} (${space.id})`}`,
  );
  if (options.map === null) {
    const reader = await readerOf(source, options, null);
    await checkRowsAreFields({ source, reader, options, space, service, now: shell.now() });
  }
  const texts = source.format === "csv";
  const kind = await kindOf(options, mappings, texts, service);
  const open = () => readerOf(source, options, kind.columns);
  const state = options.state ?? (file.isKept ? `${file.path}.import.json` : null);
  const prepared: Prepared = { options, source, kind, mappings, open, state, shell };
  if (options.dryRun) return dryRun(prepared, space, texts);
  if (space === null || service === null) throw new InputError(NO_KEY);
  return send(prepared, space, service);
}

async function dryRun(prepared: Prepared, space: Space | null, texts: boolean): Promise<Result> {
  const { kind, mappings, source, shell } = prepared;
  const started = performance.now();
  const survey = await read(prepared, "reading", () => false);
  const mapped = mappings.events?.properties ?? mappings.profiles?.attributes ?? {};
  for (const line of dryRunReport(survey, kind.noun, mapped, texts)) shell.log(line);
  for (const line of survey.rejections.report(source.name)) shell.warn(line);
  const rows = { ...NOTHING_YET, read: survey.rows, rejected: survey.rows - survey.valid };
  return resultOf(prepared, space, { rows, started });
}

async function send(prepared: Prepared, space: Space, service: Service): Promise<Result> {
  const { options, source, kind, open, state, shell } = prepared;
  const reader = await open();
  const make = kind.maker(source, reader);
  const subject = subjectOf(prepared, space);
  const accepted = state === null ? new Accepted() : readState(state, subject, options);
  const wasEmpty = accepted.rows === 0 && !accepted.idsOfContent;
  const needsAll = options.define && kind.needsSurvey;
  const survey = wasEmpty || needsAll ? await read(prepared, "checking", ({ valid }) => !needsAll && valid > 0) : null;
  if (wasEmpty && survey !== null && survey.rows > 0 && survey.valid === 0) throw noneValid(survey, source);
  const save = () => {
    if (state !== null) writeState(state, subject, accepted);
  };
  // Before the first call that writes: fails where the state cannot be written.
  save();
  const outcome = sendingOutcome(service);
  const forgetNothing = () => {
    if (wasEmpty && accepted.rows === 0 && outcome.isNothingTaken() && state !== null) removeState(state);
  };
  let definitions: string[] = [];
  if (options.define)
    definitions = await kind.define(service, survey).catch((thrown: unknown) => {
      forgetNothing();
      throw thrown;
    });
  for (const line of definitions) shell.log(line);
  const totals: Totals = { ...NOTHING_YET };
  const started = performance.now();
  const profiles = options.createProfiles ? new CreatedProfiles(service) : null;
  const rejections = new RejectionLog(source.name, options.errors, shell.warn);
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
          save();
        },
        onAccepted: save,
        onProgress: (done, so) => update(done, reader.total, noteOf(so, started)),
        signal: shell.signal,
      },
      totals,
    );
    if (!shell.signal.aborted) checkUnchanged(source, adviceOn(accepted.idsOfContent));
  } catch (thrown) {
    if (thrown instanceof Stopped) {
      shell.warn(thrown.message);
      return resultOf(prepared, space, { rows: totals, started, profiles, definitions, stopped: true });
    }
    if (!(thrown instanceof InputError) && state !== null)
      shell.warn("The import stopped before the end of the file. Run the same command again to continue.");
    throw thrown;
  } finally {
    shell.endProgress();
    rejections.close();
    for (const line of summary(totals, kind, profiles, started)) shell.log(line);
    forgetNothing();
  }
  return resultOf(prepared, space, { rows: totals, started, profiles, definitions });
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
  const lines = rejections.report(source.name);
  return new InputError(
    `Nothing was sent: ${rows === 1 ? "the only row" : `each of the ${count(rows)} rows`} is rejected.\n${lines.join("\n")}`,
  );
}
