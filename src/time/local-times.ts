/**
 * Times of a zone's clocks as instants. Where clocks are put back, a time is shown twice; where they are put forward,
 * some times are never shown. The changes of clocks come from the runtime's zone data.
 */

import * as Instant from "temporal-polyfill/fns/Instant";
import * as PlainDateTime from "temporal-polyfill/fns/PlainDateTime";
import * as ZonedDateTime from "temporal-polyfill/fns/ZonedDateTime";

const TIME = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)$/;

/** A time of a zone's clocks: `2026-01-31 23:59:59`. */
export type LocalTime = PlainDateTime.Record;

/** @returns null for a text that is no time of an existing day in the years 0001 to 9999. */
export function readLocalTime(text: string): LocalTime | null {
  const [, year = 0, month = 0, day = 0, hour, minute, second] = (TIME.exec(text) ?? []).map(Number);
  if (year === 0) return null;
  try {
    return PlainDateTime.create(year, month, day, hour, minute, second);
  } catch (thrown) {
    if (thrown instanceof RangeError) return null;
    throw thrown;
  }
}

/**
 * The instants from one time of a zone's clocks to another, both shown times included: from the first instant that
 * shows `first` until the last second that shows `last` has ended. Of a time that the clocks skip, the instant counts
 * at which they were put forward.
 * @returns epoch ms: start ≤ time < end.
 */
export function localWindow(first: LocalTime, last: LocalTime, timeZone: string): { start: number; end: number } {
  const [start, end] = [shownAt(first, timeZone), shownAt(last, timeZone)];
  return { start: start.skippedAt ?? start.earlier, end: end.skippedAt ?? end.later + 1_000 };
}

/** The instants at which a zone's clocks show a time, or the one at which they skip it: epoch ms, one or two. */
export function instantsOf(time: LocalTime, timeZone: string): number[] {
  const { earlier, later, skippedAt } = shownAt(time, timeZone);
  return skippedAt === undefined ? [...new Set([earlier, later])] : [skippedAt];
}

/** What a zone's clocks show at an instant, to the second: `2026-01-31 23:59:59`. @param time epoch ms. */
export function showLocalTime(time: number, timeZone: string): string {
  return PlainDateTime.toString(clocksAt(time, timeZone)).slice(0, 19).replace("T", " ");
}

/** The instants that show a time, or the one at which clocks skip it. */
function shownAt(time: LocalTime, timeZone: string): { earlier: number; later: number; skippedAt?: number } {
  const at = (disambiguation: "earlier" | "later") =>
    PlainDateTime.toZonedDateTime(time, timeZone, { disambiguation }).epochMilliseconds;
  const [earlier, later] = [at("earlier"), at("later")];
  if (PlainDateTime.equals(clocksAt(earlier, timeZone), time)) return { earlier, later };
  return { earlier, later, skippedAt: changeBetween(earlier, later, timeZone) };
}

/** The first instant with the offset of `after`: one change of clocks lies between them. */
function changeBetween(before: number, after: number, timeZone: string): number {
  const offset = (time: number) => offsetAt(time, timeZone);
  const target = offset(after);
  let [low, high] = [before, after];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offset(middle) === target) high = middle;
    else low = middle;
  }
  return high;
}

const clocksAt = (time: number, timeZone: string) =>
  ZonedDateTime.toPlainDateTime(Instant.toZonedDateTimeISO(Instant.fromEpochMilliseconds(time), timeZone));

/** Milliseconds that a zone's clocks are ahead of UTC. */
const offsetAt = (time: number, timeZone: string) =>
  PlainDateTime.toZonedDateTime(clocksAt(time, timeZone), "UTC").epochMilliseconds - time;
