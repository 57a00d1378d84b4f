/** Makes the request of an export from options, and from a file of JSON where one is named. */

import type { DatasetName } from "../generated/types.gen.ts";
import { usageError } from "./command-error.ts";
import {
  DATASET_NAMES,
  DATASETS,
  DELIVERY_FLAGS,
  EXPORT_FLAGS,
  type ExportFlag,
  type ExportRequest,
} from "./export-flags.ts";
import type { FieldNames } from "./problems.ts";
import { type AskSpace, days, eventWindow, type WindowOptions } from "./times.ts";

/** Options as commander gives them, by the camel-case name of the flag. */
export type ExportOptions = Readonly<Record<string, unknown>>;

export interface Asked {
  /** Null where the request file names the dataset. */
  dataset: string | null;
  options: ExportOptions;
  /** The JSON of `--request`. */
  file: Readonly<Record<string, unknown>>;
  /** Epoch ms. */
  now: number;
  space: AskSpace;
}

/** The fields of each dataset's window. */
const WINDOW_FIELDS: Readonly<Record<DatasetName, readonly [start: string, end: string] | null>> = {
  activity_events: ["start", "end"],
  conversion_events: ["start", "end"],
  segment_profiles: ["start_at", "end_at"],
  profile_attributes: null,
  profile_events: ["from", "to"],
  reachability_events: ["from", "to"],
};
/** The dataset that counts in days: it takes them as they are. */
const OF_DAYS = "conversion_events";

/** @throws CommandError for options that do not fit together, or not the dataset. */
export async function exportRequest(asked: Asked): Promise<ExportRequest> {
  const dataset = datasetOf(asked.dataset ?? asked.file["dataset"]);
  const request: Record<string, unknown> = { ...asked.file, dataset };
  for (const { flag, value } of givenFlags(asked.options)) {
    const field = flag.fields[dataset];
    if (field === undefined) throw foreignFlag(flag, dataset);
    request[field] = field === "attribution_model" && Array.isArray(value) && value.length === 1 ? value[0] : value;
  }
  const delivery = deliveryOf(asked.options, asked.file["delivery"]);
  if (delivery !== null) request["delivery"] = delivery;
  Object.assign(request, await windowOf(dataset, asked));
  // The service checks the rest, and names the field.
  return request as ExportRequest;
}

/** @returns the option of each field of a dataset's request, to name it where the service rejects the field. */
export function exportFields(dataset: string | null): FieldNames {
  const known = DATASET_NAMES.find((name) => name === dataset);
  const fields: Record<string, string> = { dataset: "dataset" };
  for (const { option, fields: byDataset } of EXPORT_FLAGS)
    for (const name of known === undefined ? DATASET_NAMES : [known]) {
      const field = byDataset[name];
      if (field !== undefined) fields[field] = option.long ?? "";
    }
  for (const { option, field } of DELIVERY_FLAGS) fields[`delivery/${field}`] = option.long ?? "";
  for (const window of Object.values(WINDOW_FIELDS)) {
    if (window === null) continue;
    fields[window[0]] = "--start (or --last, --date)";
    fields[window[1]] = "--end (or --last, --date)";
  }
  return { ...fields, date: "--date", start_date: "--date", end_date: "--date" };
}

/** @throws CommandError that lists the datasets. */
function datasetOf(name: unknown): DatasetName {
  const known = DATASET_NAMES.find((each) => each === name);
  if (known !== undefined) return known;
  const lead = name === undefined ? "Which dataset?" : `There is no dataset ${JSON.stringify(name)}.`;
  const widest = Math.max(...DATASET_NAMES.map(({ length }) => length));
  throw usageError(lead, ...DATASET_NAMES.map((each) => `${each.padEnd(widest)}  ${DATASETS[each]}`));
}

function givenFlags(options: ExportOptions): { flag: ExportFlag; value: unknown }[] {
  return EXPORT_FLAGS.flatMap((flag) => {
    const value = options[flag.option.attributeName()];
    // commander sets options that begin with --no- to true where they are not given.
    const given = value !== undefined && !(flag.option.negate && value === true);
    return given ? [{ flag, value }] : [];
  });
}

function foreignFlag({ option, fields }: ExportFlag, dataset: DatasetName) {
  return usageError(`${option.long} is an option of ${Object.keys(fields).join(", ")}, not of ${dataset}.`);
}

function deliveryOf(options: ExportOptions, fromFile: unknown): Record<string, unknown> | null {
  const given = DELIVERY_FLAGS.flatMap(({ option, field }) => {
    const value = options[option.attributeName()];
    return value === undefined ? [] : [[field, value] as const];
  });
  if (given.length === 0) return null;
  return { ...(fromFile as Record<string, unknown> | undefined), type: "s3", ...Object.fromEntries(given) };
}

async function windowOf(dataset: DatasetName, { options, now, space }: Asked): Promise<Record<string, string>> {
  const asked = options as WindowOptions;
  if ([asked.last, asked.date, asked.start, asked.end].every((option) => option === undefined)) return {};
  const fields = WINDOW_FIELDS[dataset];
  if (fields === null)
    throw usageError(`${dataset} has no window: it has what profiles are now, or with --since what has changed.`);
  // The window is made, so that options which exclude each other are found, also where the days go as they are.
  const window = await eventWindow(asked, now, space);
  if (dataset === OF_DAYS && asked.date !== undefined) {
    const { first, last } = days(asked.date, (await space()).timezone, now);
    return first === last ? { date: first } : { start_date: first, end_date: last };
  }
  // Another run would ask for another window by the same key, which the service refuses: often only after a failure.
  if (options["idempotencyKey"] !== undefined && asked.end === undefined && window.end === new Date(now).toISOString())
    throw usageError(
      "With --idempotency-key each run must ask for the same window, and this one ends now.",
      "Name one that is over: --date with days that are over, or --start and --end.",
    );
  const [startField, endField] = fields;
  return {
    ...(window.start === undefined ? {} : { [startField]: window.start }),
    ...(window.end === undefined ? {} : { [endField]: window.end }),
  };
}
