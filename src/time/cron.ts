/**
 * Cron expressions: five fields, in a time zone. Pure: the next time depends only on the expression, the zone and the
 * given time. Where clocks change, a time of day in the gap becomes the first moment after it, a repeated time of day
 * runs once, the first time, and an expression with a wildcard or step (every half hour) runs through both hours.
 */

import { Cron } from "croner";
import { DAY_MS } from "./durations.ts";

const FIELDS = ["minute", "hour", "day of the month", "month", "day of the week"] as const;
const RANGES = ["0-59", "0-23", "1-31", "1-12 or JAN-DEC", "0-7 or SUN-SAT"] as const;
/** The characters of a field: `L` is the last day, `5L` the last Friday, `5#2` the second Friday. */
const FIELD = /^[A-Za-z0-9*,/#-]+$/;
/** The check of minutes and hours may use any year. */
const SOME_DAY = Date.UTC(2025, 0, 1);

/** @param zone IANA. */
function compile(cron: string, zone: string): Cron {
  return new Cron(cron, { timezone: zone, mode: "5-part", paused: true, fixedTimeRule: "no-wildcard" });
}

/** The fault of an expression, as a sentence without its subject; null for a valid expression. */
export function cronFault(cron: string, minIntervalMs: number): string | null {
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== FIELDS.length)
    return `must have five fields: ${FIELDS.join(", ")}. ${cron.trim() === "" ? "It is empty." : `It has ${fields.length}.`}`;
  for (const [place, field] of fields.entries())
    if (!FIELD.test(field) || !compiles(FIELDS.map((_, at) => (at === place ? field : "*")).join(" ")))
      return `has no valid ${FIELDS[place]}: it has ${RANGES[place]}, *, lists, ranges and steps (*/n or a-b/n), not ${field}.`;
  if (!compiles(cron)) return "is not a cron expression.";
  if (nextAt(cron, "UTC", SOME_DAY) === null) return "never runs: no year has this day.";
  const [minute, hour] = fields;
  if (runsWithin(`${minute} ${hour} * * *`, minIntervalMs))
    return `runs too often: at least ${minIntervalMs / 60_000} minutes must lie between two runs.`;
  return null;
}

function compiles(cron: string): boolean {
  try {
    compile(cron, "UTC");
    return true;
  } catch {
    return false;
  }
}

/** Do two runs lie closer together than that, the last of a day and the first of the next one included? */
function runsWithin(timesOfDay: string, minIntervalMs: number): boolean {
  let last: number | null = null;
  for (const at of timesAfter(timesOfDay, "UTC", SOME_DAY - 1)) {
    if (last !== null && at - last < minIntervalMs) return true;
    if (at > SOME_DAY + DAY_MS) return false;
    last = at;
  }
  return false;
}

/** The first time after `after` (epoch ms), or null if there is none. */
export function nextAt(cron: string, zone: string, after: number): number | null {
  return compile(cron, zone).nextRun(new Date(after))?.getTime() ?? null;
}

/** The last time that is not after `notAfter` (epoch ms), or null if there was none. */
export function lastAt(cron: string, zone: string, notAfter: number): number | null {
  const [last] = compile(cron, zone).previousRuns(1, new Date(notAfter + 1));
  return last?.getTime() ?? null;
}

/** Every time after `after` (epoch ms), in order. */
export function* timesAfter(cron: string, zone: string, after: number): Generator<number> {
  const expression = compile(cron, zone);
  for (let at = expression.nextRun(new Date(after)); at !== null; at = expression.nextRun(at)) yield at.getTime();
}
