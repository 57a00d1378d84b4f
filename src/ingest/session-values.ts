/**
 * The values of session events' properties: ids of sessions, and times as `DD/MM/YYYY HH:MM:ss` on the clocks of the
 * space's zone.
 */

import { isId } from "../names.ts";
import { instantsOf, type LocalTime, readLocalTime, showLocalTime } from "../time/local-times.ts";

const FORM = /^(\d{2})\/(\d{2})\/(\d{4}) (\d{2}:\d{2}:\d{2})$/;

/** Whether a value may be the id of a session. */
export const isSessionId = (value: unknown): value is string =>
  typeof value === "string" && value !== "" && isId(value);

/** @returns null for a value that is no such time of a real day in the years 0001 to 9999. */
export function readSessionTime(value: unknown): LocalTime | null {
  const found = typeof value === "string" ? FORM.exec(value) : null;
  if (found === null) return null;
  const [, day, month, year, time] = found;
  return readLocalTime(`${year}-${month}-${day} ${time}`);
}

/** When a session began or ended. */
export interface SessionMoment {
  /** Of the event, epoch ms. */
  occurredAt: number;
  /** Of the event's property. */
  shown: LocalTime | null;
}

/**
 * The whole seconds from a session's beginning to its end, never less than 0: between the times that its events show,
 * or, where one shows none, between the times at which they occurred. Of a time that the zone's clocks show twice, the
 * one counts that makes the session shorter.
 */
export function sessionSeconds(start: SessionMoment, end: SessionMoment, timeZone: string): number {
  if (start.shown === null || end.shown === null) return secondsOf(end.occurredAt - start.occurredAt);
  const starts = instantsOf(start.shown, timeZone);
  const lengths = instantsOf(end.shown, timeZone).flatMap((to) => starts.map((from) => to - from));
  return secondsOf(Math.min(...lengths.filter((length) => length >= 0), Math.max(...lengths, 0)));
}

const secondsOf = (ms: number) => Math.max(0, Math.round(ms / 1000));

/** A time as session events show it. @param time epoch ms. */
export const showSessionTime = (time: number, timeZone: string): string =>
  showLocalTime(time, timeZone).replace(/(\d+)-(\d+)-(\d+)/, "$3/$2/$1");
