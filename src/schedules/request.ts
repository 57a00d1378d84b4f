/**
 * What a schedule asks for: an export's request without what each run fills in. A run's window begins where the completed ones
 * end and ends at the run's time, so that no moment is left out and none comes twice, whatever was skipped or has failed.
 */

import * as z from "zod";
import type { AnyDataset } from "../datasets/dataset.ts";
import { datasetNamed, DATASETS } from "../datasets/index.ts";
import type { SpaceRow } from "../db/tenants/spaces.ts";
import { invalid, SpillwayError } from "../errors.ts";
import { dryRun } from "../export/api/create.ts";
import type { Context } from "../context.ts";
import { AnyExportRequest, type ExportRequest, filledIn, shapeOf, withoutNulls } from "../export/api/request.ts";
import { DAY_MS } from "../time/durations.ts";

/** Names the export of which a run gives only what came later. */
const SINCE = "since";

const filledByRuns = (dataset: AnyDataset) => [SINCE, ...(dataset.schedulable?.parameters ?? [])];

function scheduledSchema(dataset: AnyDataset) {
  const shape = shapeOf(dataset);
  const left = filledByRuns(dataset);
  const kept = Object.fromEntries(Object.entries(shape).filter(([name]) => !left.includes(name))) as typeof shape;
  const example = Object.fromEntries(Object.entries(dataset.example).filter(([name]) => !left.includes(name)));
  const window = dataset.schedulable?.parameters.map((name) => `\`${name}\``).join(" and ");
  return z.strictObject(kept).meta({
    id: `ScheduledRequest_${dataset.name}`,
    description: `${dataset.title}. ${window === undefined ? "Asked as it is each time." : `Each run fills in ${window}.`}`,
    example: { dataset: dataset.name, ...example },
  });
}

const [first, ...others] = DATASETS.map(scheduledSchema);
if (first === undefined) throw new Error("no dataset is listed");

/** Any dataset's request as a schedule has it. */
export const AnyScheduledRequest = z.preprocess(
  (sent) => withoutNulls(sent),
  z.discriminatedUnion("dataset", [first, ...others]),
);

/** Defaults filled in, as it is stored. */
export type ScheduledRequest = Record<string, unknown> & { dataset: string };

/** Where a run stands. Times in epoch ms. */
export interface Standing {
  /** The run's time. */
  at: number;
  /** What the completed runs cover. */
  coveredUntil: number;
  /** The export to go on from: the newest completed one of an incremental schedule; null: there is none. */
  since: string | null;
}

/** What a run asks for: not yet checked, and null where there is nothing to ask for. */
export interface Filled {
  request: Record<string, unknown>;
  /** What it covers; null where the dataset has no window. */
  windowStart: number | null;
  /** From here on the next run goes on. */
  windowEnd: number;
}

/**
 * Fills in what a run adds to its schedule's request. With `since`, a dataset with a window is asked for all of it, back to the
 * oldest that is kept: what came late belongs to a run too.
 */
export function fill(
  dataset: AnyDataset,
  request: ScheduledRequest,
  { at, coveredUntil, since }: Standing,
  space: SpaceRow,
  now: number,
): Filled | null {
  const { schedulable } = dataset;
  const increment = since === null ? {} : { [SINCE]: since };
  if (schedulable === undefined) return { request: { ...request, ...increment }, windowStart: null, windowEnd: at };
  const wide = since !== null && schedulable.sinceIsWhole === true;
  const oldest = schedulable.oldest(space, now);
  const start = wide ? oldest : Math.max(coveredUntil, oldest);
  if (start >= at) return null;
  const filled = schedulable.toParameters({ start, end: at }, space);
  if (filled === null) return null;
  return {
    request: { ...request, ...filled.parameters, ...(wide ? increment : {}) },
    windowStart: start,
    windowEnd: filled.end,
  };
}

/** A run's request as a call's would be. @throws invalid_request where it can no longer be asked. */
export function exportRequestOf(filled: Filled): ExportRequest {
  const read = AnyExportRequest.safeParse(filled.request);
  if (read.success) return filledIn(read.data);
  throw invalid({ pointer: "", detail: "The schedule's request is no longer one that can be asked: change it." });
}

/** A window to check a request by: with two days, a whole one is over in it. */
const SAMPLE_MS = 2 * DAY_MS;

/** Checks a request as its first run would. @throws invalid_request naming the field, below `/request`. */
export async function checkScheduled(context: Context, space: SpaceRow, request: ScheduledRequest): Promise<void> {
  const now = context.runtime.now();
  const sample = fill(
    datasetNamed(request.dataset),
    request,
    { at: now, coveredUntil: now - SAMPLE_MS, since: null },
    space,
    now,
  );
  if (sample === null) return;
  try {
    await dryRun(context, space, exportRequestOf(sample));
  } catch (thrown) {
    if (!(thrown instanceof SpillwayError) || thrown.faults.length === 0) throw thrown;
    const faults = thrown.faults.map(({ pointer, detail }) => ({ pointer: `/request${pointer}`, detail }));
    throw new SpillwayError(thrown.code, thrown.message, { faults });
  }
}
