/** Today in a zone, for what asks with every call: the day is computed once, and then only compared with the time. */

import { dayOf, dayWindow, type DayWindow } from "./days.ts";

/** Zones are names of the runtime's zone data, of which there are some hundreds. */
const days = new Map<string, DayWindow & { day: string }>();

/** The day of an instant, as `dayOf`. @param now epoch ms. */
export function currentDay(now: number, timeZone: string): string {
  const known = days.get(timeZone);
  if (known !== undefined && known.start <= now && now < known.end) return known.day;
  const day = dayOf(now, timeZone);
  days.set(timeZone, { day, ...dayWindow(day, timeZone) });
  return day;
}
