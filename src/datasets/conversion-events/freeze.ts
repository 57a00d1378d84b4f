/** Checks how the parameters of an export of conversions fit together, and freezes them. */

import { type Model, RULES } from "../../attribution/models.ts";
import { PAID } from "../../attribution/sources.ts";
import { type Fault, invalid } from "../../errors.ts";
import { CONVERSION } from "../../ingest/catalogue/conversion.ts";
import { dayOf, dayWindow, daysBetween } from "../../time/days.ts";
import { DAY_MS } from "../../time/durations.ts";
import type { FreezeContext, TimeWindow } from "../dataset.ts";
import { type EventQuery, freezeEvents } from "../event-source.ts";
import { beforeRetention, instantWindow, oldestKept } from "../window.ts";
import { AD_FIELDS, type ConversionRequest, type Field, FIXED_FIELDS, type Group, MAX_DAYS } from "./request.ts";

/** How credit is given. */
export interface Attribution {
  sources: readonly string[];
  models: readonly Model[];
  /** Do lines have the column `model`? */
  named: boolean;
  /** The lookback window in milliseconds before an event; null: a whole life. */
  windowMs: number | null;
  level: "profile" | "company";
  /** Do lines have their touchpoint's `source`? */
  withSource: boolean;
  groupBy: readonly Group[];
}

export interface Query extends EventQuery {
  /** The first requested day, or the one in which the window starts, as `YYYY-MM-DD`. */
  firstDay: string;
  fields: readonly Field[];
  /** Null: lines are conversions. */
  attribution: Attribution | null;
  /** Custom events with their names in the space, where these differ from their ids. */
  names: readonly (readonly [id: string, name: string])[];
  secret: string;
  /** Whether ids that are whole numbers are written as such. */
  numericIds: boolean;
  /** Whether times of whole seconds are written without milliseconds. */
  shortTimes: boolean;
}

const CONVERSION_IDS = CONVERSION.map(({ id }) => id);
const AD: ReadonlySet<string> = new Set(AD_FIELDS);
const FIXED: ReadonlySet<string> = new Set(FIXED_FIELDS);
const IS_PAID: ReadonlySet<string> = new Set(PAID);

/** @throws invalid_request for each parameter that does not fit the others. */
export async function freeze(request: ConversionRequest, context: FreezeContext): Promise<Query> {
  const faults: Fault[] = [];
  const window = readWindow(request, context, faults);
  const attribution = readAttribution(request, faults);
  for (const [index, field] of (request.fields ?? []).entries())
    if (request.sources === undefined && (AD.has(field) || field === "touchpoint_id" || field === "source"))
      faults.push({ pointer: `/fields/${index}`, detail: `${field} needs sources: it is a field of the touchpoint.` });
  if (window === null || faults.length > 0) throw invalid(...faults);
  if (attribution !== null) warnOfSources(attribution, context);
  const { definitions, frozen } = await freezeEvents(undefined, context);
  const custom = definitions.filter(
    ({ id, name, category }) => category === "conversion" && id.startsWith("custom_event_") && name !== id,
  );
  return {
    ...window,
    ...frozen,
    definition_ids: request.event_names ?? CONVERSION_IDS,
    fields: (request.fields ?? []).filter((field): field is Field => !FIXED.has(field)),
    attribution,
    names: custom.map(({ id, name }) => [id, name] as const),
    secret: context.secret,
    numericIds: request.numeric_ids,
    shortTimes: request.short_times,
  };
}

/** Some models credit paid touchpoints alone: there are no lines of another source. */
function warnOfSources({ sources, models }: Attribution, { warn }: FreezeContext): void {
  if (models.some((model) => RULES[model].among !== "paid")) return;
  for (const [index, source] of sources.entries())
    if (!IS_PAID.has(source))
      warn({
        pointer: `/sources/${index}`,
        detail: `${models.join(" and ")} credits paid touchpoints alone, and ${source} is not a paid source: it has no lines.`,
      });
}

function readAttribution(request: ConversionRequest, faults: Fault[]): Attribution | null {
  const { sources, attribution_model: model, attribution_window: days, group_by: groupBy } = request;
  const required = { attribution_model: model, attribution_window: days };
  if (sources === undefined) {
    for (const [name, value] of Object.entries({ ...required, group_by: groupBy }))
      if (value !== undefined) faults.push({ pointer: `/${name}`, detail: `${name} needs sources.` });
    return null;
  }
  for (const [name, value] of Object.entries(required))
    if (value === undefined) faults.push({ pointer: `/${name}`, detail: `${name} is required with sources.` });
  const fields = request.fields ?? [];
  return {
    sources,
    models: typeof model === "string" ? [model] : (model ?? []),
    named: typeof model === "object",
    windowMs: days === 0 ? null : (days ?? 0) * DAY_MS,
    level: request.level,
    withSource: fields.some((field) => AD.has(field) || field === "source"),
    groupBy: groupBy ?? [],
  };
}

type FrozenWindow = TimeWindow & { firstDay: string };

/** @returns the window, of instants or of days; null where a fault was found. */
function readWindow(request: ConversionRequest, context: FreezeContext, faults: Fault[]): FrozenWindow | null {
  const { date, start_date: startDate, end_date: endDate, start, end } = request;
  if (start === undefined && end === undefined) return readDays(request, context, faults);
  for (const [name, value] of Object.entries({ date, start_date: startDate, end_date: endDate }))
    if (value !== undefined)
      faults.push({ pointer: `/${name}`, detail: `${name} does not go with start and end: send days or instants.` });
  if (start === undefined) faults.push({ pointer: "/start", detail: "start is required with end." });
  if (end === undefined) faults.push({ pointer: "/end", detail: "end is required with start." });
  if (start === undefined || end === undefined || faults.length > 0) return null;
  const window = instantWindow({ start, end }, context);
  if (!("pointer" in window)) return { ...window, firstDay: dayOf(window.start, context.space.timezone) };
  faults.push(window);
  return null;
}

/** @returns the window of the days, and the first of them; null where a fault was found. */
function readDays(
  request: ConversionRequest,
  { space, now, scheduled }: FreezeContext,
  faults: Fault[],
): FrozenWindow | null {
  const { date, start_date: startDate, end_date: endDate } = request;
  const before = faults.length;
  const fault = (name: string, detail: string) => void faults.push({ pointer: `/${name}`, detail });
  if (date !== undefined) {
    for (const [name, value] of Object.entries({ start_date: startDate, end_date: endDate }))
      if (value !== undefined)
        fault(name, `${name} does not go with date: send date for one day, or start_date and end_date.`);
  } else if (startDate === undefined && endDate === undefined)
    fault("date", "date is required, or start_date and end_date, or start and end.");
  else if (startDate === undefined) fault("start_date", "start_date is required with end_date.");
  else if (endDate === undefined) fault("end_date", "end_date is required with start_date.");
  if (faults.length > before) return null;
  const [first, firstName] = date === undefined ? [startDate ?? "", "start_date"] : [date, "date"];
  const [last, lastName] = date === undefined ? [endDate ?? "", "end_date"] : [date, "date"];
  const days = daysBetween(first, last) + 1;
  if (days < 1) fault(lastName, "end_date must not be before start_date.");
  else if (days > MAX_DAYS) fault(lastName, `end_date is day ${days}: an export has at most ${MAX_DAYS} days.`);
  if (faults.length > before) return null;
  const start = dayWindow(first, space.timezone).start;
  const { start: lastBegins, end } = dayWindow(last, space.timezone);
  if (lastBegins > now) fault(lastName, `${lastName} is in the future: in ${space.timezone} that day has not begun.`);
  const oldest = oldestKept(space, now);
  const kept = scheduled && end > oldest ? Math.max(start, oldest) : start;
  if (kept < oldest) fault(firstName, beforeRetention(firstName, space, oldest));
  return faults.length > before ? null : { start: kept, end, firstDay: first };
}
