/**
 * Times and days as clients send them. RFC 3339 allows more than other systems read: Parquet, Python and most
 * databases have no year 0, and PostgreSQL no offset of 16 hours.
 */

import * as z from "zod";

const MAX_OFFSET_HOURS = 15;
const OFFSET_HOURS = /[+-](\d{2}):\d{2}$/;
const YEARS = "in the years 0001 to 9999";

/** @param text an RFC 3339 time. @returns whether its year, also in UTC, and its offset are within the limits. */
export function isInstant(text: string): boolean {
  // Without an offset, the year is that of the text.
  if (text.endsWith("Z")) return hasYear(text);
  const year = new Date(text).getUTCFullYear();
  const hours = Number(OFFSET_HOURS.exec(text)?.[1] ?? 0);
  return hasYear(text) && year >= 1 && year <= 9999 && hours <= MAX_OFFSET_HOURS;
}

const hasYear = (text: string): boolean => !text.startsWith("0000");

/** An RFC 3339 time with an offset, kept as it was sent. */
export const Instant = z.iso
  .datetime({ offset: true, abort: true })
  .refine(
    isInstant,
    `must be a time ${YEARS}, with an offset from -${MAX_OFFSET_HOURS}:59 to +${MAX_OFFSET_HOURS}:59.`,
  );

/** A calendar day: `2026-01-31`. */
export const Day = z.iso.date({ abort: true }).refine(hasYear, `must be a day ${YEARS}.`);

const DATETIME = z.regexes.datetime({ offset: true });

/** Whether `Instant` or `Day` accepts a text, without what a schema costs. */
export const isInstantOrDay = (text: string): boolean =>
  DATETIME.test(text) ? isInstant(text) : z.regexes.date.test(text) && hasYear(text);
