/**
 * A schedule's request: an export's request without the parameters that each run fills in. A run's window starts where
 * the completed runs' windows end, and ends at the run's time: skipped and failed runs leave no gap and no overlap.
 */

import * as z from "zod";
import type { AnyDataset } from "../datasets/dataset.ts";
import { datasetNamed, DATASETS } from "../datasets/index.ts";
import type { SpaceRow } from "../db/tenants/spaces.ts";
import { type Fault, invalid, SpillwayError } from "../errors.ts";
import { freeze } from "../export/api/freeze.ts";
import type { Context } from "../context.ts";
import {
  AnyExportRequest,
  type ExportRequest,
  withDefaults,
  requestShape,
  withoutNulls,
} from "../export/api/request.ts";
import { inPascalCase } from "../names.ts";
import { DAY_MS } from "../time/durations.ts";

/** The request field that names an earlier export: the result has only what came after that export. */
const SINCE = "since";

/** The parameters that each run fills in. */
export const runParameters = (dataset: AnyDataset) => [SINCE, ...(dataset.schedulable?.parameters ?? [])];

function scheduledSchema(dataset: AnyDataset) {
  const shape = requestShape(dataset);
  const excluded = runParameters(dataset);
  const kept = Object.fromEntries(Object.entries(shape).filter(([name]) => !excluded.includes(name))) as typeof shape;
  const example = Object.fromEntries(Object.entries(dataset.example).filter(([name]) => !excluded.includes(name)));
  const window = dataset.schedulable?.parameters.map((name) => `\`${name}\``).join(" and ");
  return z.strictObject(kept).meta({
    id: `Scheduled${inPascalCase(dataset.name)}Request`,
    description: `${dataset.title}. ${window === undefined ? "Each run sends the request unchanged." : `Each run fills in ${window}.`}`,
    example: { dataset: dataset.name, ...example },
  });
}

const [first, ...others] = DATASETS.map(scheduledSchema);
if (first === undefined) throw new Error("DATASETS is empty");

/** A schedule's request, of any dataset. */
export const AnyScheduledRequest = z
  .preprocess((sent) => withoutNulls(sent), z.discriminatedUnion("dataset", [first, ...others]))
  .meta({ id: "ScheduledRequest" });

/** As it is stored: with defaults filled in. */
export type ScheduledRequest = Record<string, unknown> & { dataset: string };

/** What a run's parameters follow from. Times in epoch ms. */
export interface RunBounds {
  /** The run's time. */
  at: number;
  /** The end of the completed runs' windows. */
  coveredUntil: number;
  incremental: boolean;
  /** The newest completed export, by its id; null: there is none of this dataset. */
  since: string | null;
}

/** A run's request, not yet checked. */
export interface FilledRequest {
  request: Record<string, unknown>;
  /** Null: the dataset has no window. */
  windowStart: number | null;
  /** The next run's window starts here. */
  windowEnd: number;
  /** Epoch ms: events from this time on, before the window, are in the export if they arrived late. Null: none are. */
  lateFrom: number | null;
}

/**
 * Fills in a run's parameters.
 * @param space with the schedule's own time zone.
 * @returns null when the run has nothing to export.
 */
export function fillRequest(
  dataset: AnyDataset,
  request: ScheduledRequest,
  { at, coveredUntil, incremental, since }: RunBounds,
  space: SpaceRow,
  now: number,
): FilledRequest | null {
  const { schedulable } = dataset;
  const increment = incremental && since !== null ? { [SINCE]: since } : {};
  if (schedulable === undefined)
    return { request: { ...request, ...increment }, windowStart: null, windowEnd: at, lateFrom: null };
  const oldest = schedulable.oldest(space, now);
  const start = Math.max(coveredUntil, oldest);
  if (start >= at) return null;
  const filled = schedulable.toParameters({ start, end: at }, space);
  if (filled === null) return null;
  const readsLate = incremental && schedulable.readsLate === true;
  return {
    request: { ...request, ...filled.parameters, ...(readsLate ? increment : {}) },
    windowStart: filled.window.start,
    windowEnd: filled.window.end,
    lateFrom: readsLate ? oldest : null,
  };
}

/** Checks a run's request as a call's. @throws invalid_request when the API no longer accepts it. */
export function checkFilled(filled: FilledRequest): ExportRequest {
  const read = AnyExportRequest.safeParse(filled.request);
  if (read.success) return withDefaults(read.data);
  throw invalid({ pointer: "", detail: "The schedule's request is no longer valid. Change the schedule's `request`." });
}

/** The window of a request's check: any two days contain a whole day, which a daily dataset needs. */
const SAMPLE_MS = 2 * DAY_MS;

/**
 * Checks a schedule's request as its first run would.
 * @returns warnings about names that nothing has, with pointers below `/request`.
 * @throws invalid_request naming the field, below `/request`.
 */
export async function checkScheduled(context: Context, space: SpaceRow, request: ScheduledRequest): Promise<Fault[]> {
  const now = context.runtime.now();
  const bounds = { at: now, coveredUntil: now - SAMPLE_MS, incremental: false, since: null };
  const sample = fillRequest(datasetNamed(request.dataset), request, bounds, space, now);
  if (sample === null) return [];
  try {
    return belowRequest((await freeze(context, space, checkFilled(sample), undefined, null)).warnings);
  } catch (thrown) {
    if (!(thrown instanceof SpillwayError) || thrown.faults.length === 0) throw thrown;
    throw new SpillwayError(thrown.code, thrown.message, { faults: belowRequest(thrown.faults) });
  }
}

const belowRequest = (faults: readonly Fault[]) =>
  faults.map(({ pointer, detail }) => ({ pointer: `/request${pointer}`, detail }));
