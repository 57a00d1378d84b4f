/** The days of the overview, as its address has them: `?days=7`, or `?from=2026-11-01&to=2026-11-30`. Pure. */

import { addDays } from "../../ui/zoned.ts";

/** Both days are included. */
export interface Span {
  from: string;
  to: string;
  /** The choice that the days are; null: days of one's own. */
  days: number | null;
}

/** How many days can be chosen with one click. */
export const CHOICES = [7, 30, 90] as const;
const DEFAULT_DAYS = 30;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** @param today the day that it is in the space's time zone. */
export function spanOf(query: URLSearchParams, today: string): Span {
  const [from, to] = [query.get("from"), query.get("to")];
  if (from !== null && to !== null && DAY.test(from) && DAY.test(to)) return { from, to, days: null };
  const asked = Number(query.get("days"));
  const days = CHOICES.find((choice) => choice === asked) ?? DEFAULT_DAYS;
  return { from: addDays(today, 1 - days), to: today, days };
}

/** The query that gives these days again. */
export const queryOf = ({ from, to, days }: Span): Record<string, string> =>
  days === null ? { from, to } : { days: String(days) };
