/** Schemas that several resources share. */

import * as z from "zod";
import { isTimeZone } from "../time/days.ts";
import { iso } from "../time/names.ts";
import { isId, isOneLine, isVisible, NOT_AN_ID, NOT_ONE_LINE } from "../names.ts";

export const Time = z.iso
  .datetime()
  .meta({ description: "RFC 3339, UTC, with milliseconds.", example: "2026-01-15T10:23:45.123Z" });

/** When a resource was created and last changed, as answers have it. */
export const times = { created_at: Time, updated_at: Time };

export const timesOf = (row: { created_at: number; updated_at: number }) => ({
  created_at: iso(row.created_at),
  updated_at: iso(row.updated_at),
});

/** UTF-8 cannot encode half of a surrogate pair. */
const wellFormed = (text: string) => text.isWellFormed();
const HALF = "must be valid Unicode: it contains half of a surrogate pair.";

/** A name for people, trimmed. */
export const Name = z
  .string()
  .refine(isOneLine, NOT_ONE_LINE)
  .trim()
  .min(1)
  .max(200)
  .refine((name) => name === "" || isVisible(name), "must have a character that can be seen.");

/** A name of at most `max` characters. */
export const nameOf = (max: number) => z.string().min(1).max(max).refine(isOneLine, NOT_ONE_LINE);

/** The address of something outside. A URL's parser would drop line breaks without a word. */
export const Url = (max: number) => z.url().max(max).refine(isOneLine, NOT_ONE_LINE);

/** Text without a length limit. */
export const WholeText = z.string().refine(wellFormed, HALF);

/** Text of at most `max` characters. */
export const textOf = (max: number) => z.string().max(max).refine(wellFormed, HALF);

/** A section's id. A definition that names a new section creates it. */
export const SectionId = z
  .string()
  .regex(
    /^(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}$/,
    "A section's id has 1 to 100 letters, digits, underscores, dots and hyphens, and is neither . nor ..",
  );

/** A region/city name or UTC, not an offset: an offset has no daylight saving. */
export const TimeZone = z
  .string()
  .max(100)
  .refine(isTimeZone, "must be an IANA time zone, such as Europe/London.")
  .meta({ example: "Europe/London" });

/** An id that the customer chose: opaque text. */
export const Id = z.string().min(1).refine(isId, NOT_AN_ID);

/** How many there are of something. */
export const Count = z.int().min(0);

export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** The parameter of a path. */
export const IdInPath = z.object({ id: z.string() });

/** A place in a request, and what is to say about it. */
export const Finding = z
  .object({
    pointer: z.string().meta({
      description: "A JSON pointer into the body, or `#query/<name>`, or `#path/<name>`.",
      example: "/start",
    }),
    detail: z.string(),
  })
  .meta({ id: "Finding" });

/** The outcome of a list of records, each of which is stored once per id. */
export const Accepted = z.object({ accepted: Count, duplicates: Count }).meta({ id: "Accepted" });
