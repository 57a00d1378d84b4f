/** Times on the command line: instants, days in the space's time zone, and spans until now. Pure. */

import { Temporal } from "temporal-polyfill";
import { usageError } from "./command-error.ts";

/** A window `[start, end)` as RFC 3339 instants in UTC. */
export interface Window {
  start: string;
  end: string;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
/** `--last all`: as far back as the space keeps events. */
const EVERYTHING = "all";
/** What is about to be deleted may be gone before the call arrives, and the service refuses an older start. */
const RETENTION_MARGIN_MS = 60_000;
/** Words for days. */
const DAYS_AGO: ReadonlyMap<string, number> = new Map([
  ["today", 0],
  ["yesterday", 1],
]);
const SPAN = /^(\d{1,6})([mhdw])$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/i;

/** @returns the span's length in ms. @param option its name, for the error. @throws CommandError. */
export function spanMs(text: string, option: string): number {
  const [, count = "", unit = ""] = SPAN.exec(text) ?? [];
  const ms = Number(count) * (UNIT_MS[unit] ?? 0);
  if (ms === 0) throw usageError(`${option} must be a span such as 30m, 24h, 7d or 4w, not ${JSON.stringify(text)}.`);
  return ms;
}

/** @returns the window from a span before an instant until another. @param until epoch ms. @throws CommandError. */
function lastWindow(text: string, from: number, until: number): Window {
  const start = from - spanMs(text, "--last");
  return { start: new Date(start).toISOString(), end: new Date(until).toISOString() };
}

function isDay(text: string): boolean {
  return DAY.test(text);
}

/**
 * @returns the instant of a text: an instant as it is, a day as its first moment in the zone.
 * @param option its name, for the error.
 * @throws CommandError.
 */
function instant(text: string, timezone: string, option: string): string {
  if (isDay(text)) return dayStart(text, timezone, option);
  if (!INSTANT.test(text) || Number.isNaN(Date.parse(text)))
    throw usageError(
      `${option} must be a day (2026-11-03) or a time with its zone (2026-11-03T10:00:00Z), not ${JSON.stringify(text)}.`,
    );
  // As it was sent: the service keeps digits that a Date would lose.
  return text;
}

/**
 * @returns the days of `2026-11-03`, `yesterday` or `2026-11-01..2026-11-03`, both inclusive.
 * @param timezone where `today` and `yesterday` are those of `now`.
 * @param now epoch ms.
 * @throws CommandError.
 */
export function days(text: string, timezone: string, now: number): { first: string; last: string } {
  const [first = "", last = first, ...more] = text.split("..").map((day) => namedDay(day, timezone, now));
  for (const day of [first, last]) plainDay(day, "--date");
  if (more.length > 0 || last < first)
    throw usageError("--date must be a day, or the first and the last: 2026-11-01..2026-11-30.");
  return { first, last };
}

/** @returns the day of a word, as the zone's calendar has it; another text as it is. */
function namedDay(text: string, timezone: string, now: number): string {
  const ago = DAYS_AGO.get(text);
  if (ago === undefined) return text;
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timezone).toPlainDate();
  return today.subtract({ days: ago }).toString();
}

/**
 * @returns the window of whole days in the zone, each with the length that the zone gives it. It ends now where the
 *   last day goes on: no window reaches into the future.
 * @param now epoch ms.
 * @throws CommandError for days that have not begun.
 */
function windowOfDays({ first, last }: { first: string; last: string }, timezone: string, now: number): Window {
  const start = dayStart(first, timezone, "--date");
  const next = plainDay(last, "--date").add({ days: 1 }).toString();
  const end = Math.min(Date.parse(dayStart(next, timezone, "--date")), now);
  if (Date.parse(start) >= now) throw usageError(`--date ${first} has not begun in ${timezone}.`);
  return { start, end: new Date(end).toISOString() };
}

/** The ways to name a window, as options. */
export interface WindowOptions {
  last?: string | undefined;
  date?: string | undefined;
  start?: string | undefined;
  end?: string | undefined;
}

/** What a window may depend on: asked only where it does. */
export type AskSpace = () => Promise<{ timezone: string; retention_days: number }>;

/**
 * @returns the window that the options name; without one of its ends, or empty, where they leave it to the service.
 * @param now epoch ms.
 * @throws CommandError for options that exclude each other, or are no times.
 */
export async function eventWindow(
  { last, date, start, end }: WindowOptions,
  now: number,
  askSpace: AskSpace,
): Promise<Partial<Window>> {
  const ways = [last !== undefined, date !== undefined, start !== undefined || end !== undefined].filter(Boolean);
  if (ways.length > 1) throw usageError("--last, --date and --start with --end are three ways: use one of them.");
  if (date !== undefined) {
    const { timezone } = await askSpace();
    return windowOfDays(days(date, timezone, now), timezone, now);
  }
  if (last === EVERYTHING) return lastWindow(`${(await askSpace()).retention_days}d`, now + RETENTION_MARGIN_MS, now);
  if (last !== undefined) return lastWindow(last, now, now);
  const zone = [start, end].some((time) => time !== undefined && isDay(time)) ? (await askSpace()).timezone : "UTC";
  return {
    ...(start === undefined ? {} : { start: instant(start, zone, "--start") }),
    ...(end === undefined ? {} : { end: instant(end, zone, "--end") }),
  };
}

function dayStart(text: string, timezone: string, option: string): string {
  const day = plainDay(text, option);
  // The first moment, which is not midnight where clocks are put forward then.
  return new Date(day.toZonedDateTime(timezone).epochMilliseconds).toISOString();
}

function plainDay(text: string, option: string): Temporal.PlainDate {
  try {
    if (isDay(text)) return Temporal.PlainDate.from(text, { overflow: "reject" });
  } catch {
    // 2026-02-30 looks like a day and is none.
  }
  throw usageError(
    `${option} must be a day such as 2026-11-03${option === "--date" ? " or yesterday" : ""}, not ${JSON.stringify(text)}.`,
  );
}
