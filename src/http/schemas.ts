/** Shapes that many calls share. */

import * as z from "zod";
import { invalid } from "../errors.ts";
import type { Position } from "../db/core/pagination.ts";
import { isTimeZone } from "../time/days.ts";
import type { Call } from "./route.ts";
import { json } from "./route.ts";

export const Time = z.iso
  .datetime()
  .meta({ description: "RFC 3339, UTC, with milliseconds.", example: "2026-01-15T10:23:45.123Z" });

const MAX_ID_BYTES = 200;
// oxlint-disable-next-line no-control-regex -- control characters are what this finds
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Half a surrogate pair is no character: UTF-8 cannot write it. */
const wellFormed = (text: string) => text.isWellFormed();
const HALF = "must be whole characters: it has half of a surrogate pair.";

/** Text for people, trimmed. */
export const Name = z.string().trim().min(1).max(200).refine(wellFormed, HALF);

/** Text of any length. */
export const WholeText = z.string().refine(wellFormed, HALF);

/** Text for people of that many characters at most. */
export const textOf = (most: number) => z.string().max(most).refine(wellFormed, HALF);

/** A section's id. One that is new is made by being named. */
export const SectionId = z
  .string()
  .regex(
    /^[A-Za-z0-9_.-]{1,100}$/,
    "A section's id has letters, digits, underscores, dots and hyphens: 100 characters at most.",
  );

/** A region/city name or UTC, not an offset: an offset has no daylight saving. */
export const TimeZone = z
  .string()
  .max(100)
  .refine(isTimeZone, "must be an IANA time zone, such as Europe/London.")
  .meta({ example: "Europe/London" });

/** A customer's own id: opaque text. */
export const Id = z
  .string()
  .min(1)
  .refine(
    (id) => Buffer.byteLength(id) <= MAX_ID_BYTES && !CONTROL.test(id) && id.isWellFormed(),
    `An id has at most ${MAX_ID_BYTES} bytes of UTF-8 and no control characters.`,
  );

export const Problem = z
  .object({
    type: z.string().meta({ example: "/problems/invalid_request" }),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string().meta({ example: "invalid_request" }),
    errors: z
      .array(
        z.object({
          pointer: z.string().meta({
            description: "A JSON pointer into the body, or `#query/<name>`, or `#path/<name>`.",
            example: "/start",
          }),
          detail: z.string(),
        }),
      )
      .optional(),
    request_id: z.string(),
  })
  .meta({ id: "Problem", description: "An error as RFC 9457 describes them." });

/** What became of a list of things that are written once each. */
export const Accepted = z.object({ accepted: z.number().int(), duplicates: z.number().int() }).meta({ id: "Accepted" });

export const listQuery = {
  limit: z.coerce.number().int().min(1).max(200).default(50).meta({ description: "Items a page." }),
  cursor: z.string().max(1000).optional().meta({ description: "`next_cursor` of the page before." }),
};

export const listOf = (item: z.ZodType) => z.object({ data: z.array(item), next_cursor: z.string().nullable() });

/** @throws invalid_request for a cursor that this service did not make. */
export function readCursor(cursor: string | undefined): Position | null {
  if (cursor === undefined) return null;
  try {
    const [time, id] = JSON.parse(Buffer.from(cursor, "base64url").toString()) as unknown[];
    if (Number.isSafeInteger(time) && typeof id === "string") return { time: Number(time), id };
  } catch {
    // falls through to the refusal
  }
  throw invalid({ pointer: "#query/cursor", detail: "This cursor did not come from this service." });
}

/**
 * A page of a list, from one item more than the page has.
 * @param positionOf where an item stands, so that the next page can go on after it.
 */
export function page<Item>(
  call: Call,
  items: readonly Item[],
  limit: number,
  positionOf: (item: Item) => Position,
  show: (item: Item) => unknown,
): Response {
  const shown = items.slice(0, limit);
  const last = items.length > limit ? shown.at(-1) : undefined;
  const position = last === undefined ? null : positionOf(last);
  const cursor =
    position === null ? null : Buffer.from(JSON.stringify([position.time, position.id])).toString("base64url");
  return json({ data: shown.map(show), next_cursor: cursor }, 200, linkTo(call, cursor));
}

/** The header that leads to the next page: this call's address with another cursor. */
export function linkTo(call: Call, cursor: string | null): Record<string, string> {
  if (cursor === null) return {};
  const next = new URL(call.url);
  next.searchParams.set("cursor", cursor);
  return { link: `<${next.href}>; rel="next"` };
}
