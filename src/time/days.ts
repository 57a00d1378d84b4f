/**
 * Calendar days in a time zone. A day begins at the first instant at which the zone's clocks show it or a later day, and ends where
 * the next one begins: so the days of a zone follow each other without gap or overlap, whatever its clocks do.
 *
 * - Most have 24 hours; where clocks go forward or back 23, 25, 23½ or 24½, and where midnight is left out one begins at 01:00.
 * - Where clocks are put back over midnight (00:01 becomes 23:01), the day that had begun goes on: the hour that shows the day
 *   before again belongs to it.
 * - A day that the zone left out (Apia, 2011-12-30) begins and ends where the next one begins: it is empty.
 *
 * What clocks do is the runtime's zone data. Dates are `YYYY-MM-DD`, days that exist, which the doors check; a zone is one that
 * `isTimeZone` takes. Anything else throws a RangeError.
 */

import * as Instant from "temporal-polyfill/fns/Instant";
import * as PlainDate from "temporal-polyfill/fns/PlainDate";
import * as ZonedDateTime from "temporal-polyfill/fns/ZonedDateTime";

/** A day's instants, in epoch ms: from `start` on, before `end`. */
export interface DayWindow {
  start: number;
  end: number;
}

export function dayWindow(date: string, timeZone: string): DayWindow {
  const day = read(date);
  return { start: startOf(day, timeZone), end: startOf(PlainDate.addDays(day, 1), timeZone) };
}

/**
 * The day whose window holds an instant: what the zone's clocks show, but for the hour that they show again over midnight.
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
 * The instant at which a zone's clocks show the same so many months later: the month's last day, where it has no such day.
 * @param time epoch ms.
 */
export function addMonths(time: number, months: number, timeZone: string): number {
  const shown = Instant.toZonedDateTimeISO(Instant.fromEpochMilliseconds(time), timeZone);
  return ZonedDateTime.addMonths(shown, months).epochMilliseconds;
}

/** How many days `to` lies after `from`; negative where it lies before. */
export function daysBetween(from: string, to: string): number {
  return PlainDate.diffDays(read(from), read(to));
}

/** A name that the runtime's zone data know, not an offset (which has no daylight saving), nor an abbreviation such as JST or IST. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    // The one knows abbreviations of its own making, the other would read a zone out of a whole time.
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

/** Of a midnight that clocks show twice this is the first; of one that they leave out, what they show instead. */
function startOf(day: PlainDate.Record, timeZone: string): number {
  return PlainDate.toZonedDateTime(day, timeZone).epochMilliseconds;
}
