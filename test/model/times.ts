/** Few times, near the bounds that matter: the clock, quarters of an hour, hours and the days of a zone. */

import * as fc from "fast-check";
import { LANDED } from "./landed.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, type World } from "./world.ts";

const QUARTER_MS = 15 * MINUTE_MS;

export interface When {
  anchor: "now" | "quarter" | "hour" | "day";
  /** How long before the anchor. */
  back: number;
  ms: number;
}

/** A time at most a few days ago, and now and then a few minutes ahead, as from a fast clock. */
export const when: fc.Arbitrary<When> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      anchor: fc.constantFrom("now" as const, "quarter" as const, "hour" as const, "day" as const),
      back: fc.constantFrom(0, 0, QUARTER_MS, HOUR_MS, DAY_MS),
      ms: fc.constantFrom(0, -1, 1),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      anchor: fc.constant("now" as const),
      back: fc.constantFrom(-MINUTE_MS, -4 * MINUTE_MS, 0),
      ms: fc.constantFrom(0, 1),
    }),
  },
);

/** @returns epoch ms. */
export function resolve({ anchor, back, ms }: When, world: World): number {
  return anchored(anchor, world) - back + ms;
}

function anchored(anchor: When["anchor"], { now, zone }: World): number {
  if (anchor === "quarter") return now - (now % QUARTER_MS);
  if (anchor === "hour") return now - (now % HOUR_MS);
  if (anchor === "day") return startOfDay(zone, dayOf(zone, now));
  return now;
}

export const iso = (time: number): string => new Date(time).toISOString();

const formats = new Map<string, Intl.DateTimeFormat>();

/** The wall clock of a zone, as epoch ms of the same digits in UTC. */
function wallClock(zone: string, time: number): number {
  let format = formats.get(zone);
  if (format === undefined) {
    const digits = { year: "numeric", month: "numeric", day: "numeric" } as const;
    const clock = { hour: "numeric", minute: "numeric", second: "numeric", hourCycle: "h23" } as const;
    format = new Intl.DateTimeFormat("en-US", { timeZone: zone, ...digits, ...clock });
    formats.set(zone, format);
  }
  const part = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
  const at = (name: string) => part[name] ?? 0;
  return Date.UTC(at("year"), at("month") - 1, at("day"), at("hour"), at("minute"), at("second"));
}

/** The day of a zone in which a time is, `YYYY-MM-DD`. */
export function dayOf(zone: string, time: number): string {
  return iso(wallClock(zone, time)).slice(0, 10);
}

/** The first instant of a day in a zone: found by bisection, as a day's number never falls. */
export function startOfDay(zone: string, day: string): number {
  let before = Date.parse(day) - 2 * DAY_MS;
  let from = Date.parse(day) + 2 * DAY_MS;
  while (from - before > 1) {
    const middle = Math.floor((before + from) / 2);
    if (dayOf(zone, middle) < day) before = middle;
    else from = middle;
  }
  return from;
}

export function dayAfter(day: string): string {
  return iso(Date.parse(day) + DAY_MS).slice(0, 10);
}

/** A bound of a window as it is sent, with digits below the millisecond or without. */
export interface Bound {
  when: When;
  below: "" | "0001" | "9999" | "000";
}

export const bound: fc.Arbitrary<Bound> = fc.record({
  when,
  below: LANDED.belowMilliseconds
    ? fc.constantFrom("" as const, "" as const, "0001" as const, "9999" as const, "000" as const)
    : fc.constant("" as const),
});

/** A window `[start, end)` as sent, and as whole milliseconds, each bound rounded up. */
export interface Window {
  start: string;
  end: string;
  from: number;
  to: number;
}

/** The window between two bounds, none after now, in their order. */
export function windowOf(bounds: readonly [Bound, Bound], world: World): Window {
  const sent = bounds.map(({ when, below }) => {
    const ms = Math.min(resolve(when, world), world.now);
    // A bound just after the clock would be in the future.
    const digits = ms === world.now ? "" : below;
    return { ms: /[1-9]/.test(digits) ? ms + 1 : ms, text: iso(ms).replace("Z", `${digits}Z`) };
  });
  const [first, last] = sent.toSorted((a, b) => a.ms - b.ms || (a.text < b.text ? -1 : 1));
  if (first === undefined || last === undefined) throw new Error("a window has two bounds");
  if (first.ms === last.ms)
    return { start: iso(last.ms - HOUR_MS), end: last.text, from: last.ms - HOUR_MS, to: last.ms };
  return { start: first.text, end: last.text, from: first.ms, to: last.ms };
}
