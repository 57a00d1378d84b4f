/** One JSON line per event. Fields are ids, counts and codes: never a secret, a token, a URL or a customer's data. */

import { shownUrl } from "./outbound/shown-url.ts";

export type LogFields = Record<string, string | number | boolean | null | undefined>;

/** Characters of a text: what foreign servers and clients send may be of any length. */
const MAX_TEXT = 500;
/** Control characters, line and paragraph separators, and marks that change the direction of a text. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;
const ADDRESS = /\bhttps?:\/\/[^\s"'<>]+/gi;

export function log(event: string, fields: LogFields = {}): void {
  console.log(lineOf({ event, ...fields }));
}

/** Logs an unexpected failure, with the message of its cause. Clients get the code `internal` without it. */
export function logFailure(event: string, thrown: unknown, fields: LogFields = {}): void {
  const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
  const error = cause instanceof Error ? `${cause.name}: ${cause.message}` : typeof cause;
  console.error(lineOf({ event, ...fields, error }));
}

function lineOf(fields: LogFields): string {
  const cleaned = Object.entries(fields).map(([name, value]) => [
    name,
    typeof value === "string" ? clean(value) : value,
  ]);
  return JSON.stringify(Object.fromEntries(cleaned));
}

/** A text without what does not belong into a log: it is cut, its addresses too, and unprintable characters are `�`. */
function clean(text: string): string {
  // The end is cut twice, so that no long text is searched.
  const start = text
    .slice(0, 2 * MAX_TEXT)
    .replaceAll(ADDRESS, shownUrl)
    .replaceAll(UNPRINTABLE, "\ufffd");
  return start.length > MAX_TEXT || text.length > 2 * MAX_TEXT ? `${start.slice(0, MAX_TEXT)}…` : start;
}
