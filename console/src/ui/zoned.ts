/** Times of a space's time zone, as `<input type="datetime-local">` has them, and the instants that they are. */

import { TZDate } from "@date-fns/tz";

const LOCAL = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2}))?$/;
const two = (value: number) => String(value).padStart(2, "0");

/**
 * The instant of a local time.
 * @param local `2026-11-30T14:05` or `2026-11-30T14:05:09`. @param timeZone an IANA name.
 * @returns RFC 3339 in UTC with milliseconds; null where the text is no time.
 */
export function instantOf(local: string, timeZone: string): string | null {
  const parts = LOCAL.exec(local);
  if (parts === null) return null;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts
    .slice(1)
    .map((part) => Number(part ?? 0));
  const time = new TZDate(year, month - 1, day, hour, minute, second, timeZone).getTime();
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

/** The local time of an instant, to the minute, or to the second where it has one. @param instant RFC 3339 */
export function localOf(instant: string, timeZone: string): string {
  const time = new TZDate(Date.parse(instant), timeZone);
  const seconds = time.getSeconds() === 0 ? "" : `:${two(time.getSeconds())}`;
  return `${dateOf(time)}T${two(time.getHours())}:${two(time.getMinutes())}${seconds}`;
}

/** The day of an instant in a time zone: `2026-11-30`. @param time epoch ms */
export const dayOf = (time: number, timeZone: string) => dateOf(new TZDate(time, timeZone));

/** A day some days later, or earlier. @param day `2026-11-30` */
export function addDays(day: string, days: number): string {
  const time = new Date(`${day}T00:00:00Z`);
  time.setUTCDate(time.getUTCDate() + days);
  return time.toISOString().slice(0, 10);
}

const dateOf = (time: TZDate) => `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
