/**
 * Calendar days in a time zone. A day begins at the first instant at which the zone's clocks show it or a later day,
 * and ends where the next day begins: the days of a zone follow each other without gap or overlap, however its clocks
 * change.
 *
 * - Most days have 24 hours; with a change of clocks 23, 25, 23½ or 24½. A day without midnight begins at 01:00.
 * - Where clocks go back over midnight (00:01 becomes 23:01), the new day continues: the repeated hour of the day
 *   before belongs to it.
 * - A day that the zone skipped (Apia, 2011-12-30) begins and ends where the next one begins: it is empty.
 *
 * The changes of clocks come from the runtime's zone data. Dates are existing days as `YYYY-MM-DD`, which the HTTP
 * schemas check; a zone is one that `isTimeZone` accepts. Anything else throws a RangeError.
 */

import * as Instant from "temporal-polyfill/fns/Instant";
import * as PlainDate from "temporal-polyfill/fns/PlainDate";
import * as ZonedDateTime from "temporal-polyfill/fns/ZonedDateTime";

/** The instants of a day in epoch ms: start ≤ time < end. */
export interface DayWindow {
  start: number;
  end: number;
}

export function dayWindow(date: string, timeZone: string): DayWindow {
  const day = read(date);
  return { start: startOf(day, timeZone), end: startOf(PlainDate.addDays(day, 1), timeZone) };
}

/**
 * The day whose window contains an instant: the date that the zone's clocks show, except in an hour repeated over
 * midnight.
 * @param time epoch ms.
 */
export function dayOf(time: number, timeZone: string): string {
  const shown = ZonedDateTime.toPlainDate(Instant.toZonedDateTimeISO(Instant.fromEpochMilliseconds(time), timeZone));
  const next = PlainDate.addDays(shown, 1);
  return PlainDate.toString(startOf(next, timeZone) <= time ? next : shown);
}

/** @param days may be negative. */
export function addDays(date: string, days: number): string {
  return PlainDate.toString(PlainDate.addDays(read(date), days));
}

/**
 * The instant at which a zone's clocks show the same time some months later, on the month's last day if it has no such
 * day.
 * @param time epoch ms.
 */
export function addMonths(time: number, months: number, timeZone: string): number {
  const shown = Instant.toZonedDateTimeISO(Instant.fromEpochMilliseconds(time), timeZone);
  return ZonedDateTime.addMonths(shown, months).epochMilliseconds;
}

/** How many days `to` is after `from`; negative if it is before. */
export function daysBetween(from: string, to: string): number {
  return PlainDate.diffDays(read(from), read(to));
}

/** Is this a name in the runtime's zone data? Offsets (no daylight saving) and abbreviations (JST, IST) are not. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    // Temporal rejects the abbreviations that Intl knows; Intl rejects a whole timestamp, of which Temporal would read
    // the zone.
    Intl.DateTimeFormat("en", { timeZone: name });
    dayWindow("1970-01-01", name);
    return true;
  } catch (thrown) {
    if (thrown instanceof RangeError) return false;
    throw thrown;
  }
}

function read(date: string): PlainDate.Record {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date) ?? [];
  if (day === undefined) throw new RangeError(`${date} is not a date of the form YYYY-MM-DD.`);
  return PlainDate.create(Number(year), Number(month), Number(day));
}

/** The first of two midnights; for a skipped midnight, the first instant after the gap. */
function startOf(day: PlainDate.Record, timeZone: string): number {
  return PlainDate.toZonedDateTime(day, timeZone).epochMilliseconds;
}
