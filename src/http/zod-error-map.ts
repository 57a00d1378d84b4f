/**
 * Validation errors as sentences for the client, without the name of the value: `validate` puts it before them. A
 * schema's own message is kept as it is.
 */

import * as z from "zod";
import { didYouMean } from "../suggestion.ts";

const KINDS: ReadonlyMap<string, string> = new Map([
  ["string", "a text"],
  ["number", "a number"],
  ["int", "a whole number"],
  ["boolean", "true or false"],
  ["array", "a list"],
  ["object", "an object"],
  ["record", "an object"],
]);

const UNITS: ReadonlyMap<string, readonly [one: string, many: string]> = new Map([
  ["string", ["character", "characters"]],
  ["array", ["item", "items"]],
  ["record", ["member", "members"]],
]);

/**
 * The message for a value that fits no alternative; `validate` replaces it by the errors of the nearest alternative.
 */
export const NO_FORM_MATCHES = "does not match any allowed form.";

/** The zod error map of every request schema. @returns undefined to keep the schema's own message. */
export function toSentence(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return "is required.";
      return `must be ${KINDS.get(issue.expected) ?? `of the type ${issue.expected}`}.`;
    case "invalid_value":
      if (issue.input === undefined) return "is required.";
      return mustBeOneOf(issue.values, issue.input);
    case "too_small":
      return `must ${bound("at least", issue.minimum, issue.origin)}.`;
    case "too_big":
      return `must ${bound("at most", issue.maximum, issue.origin)}.`;
    case "invalid_format":
      if (issue.format === "datetime") return "must be a time in RFC 3339 format, such as 2026-01-31T09:30:00.000Z.";
      if (issue.format === "date") return "must be a calendar day, such as 2026-01-31.";
      if (issue.format === "uuid") return "must be a UUID, as the service's ids are.";
      if (issue.format === "url") return "must be a URL.";
      return undefined;
    case "invalid_union":
      // A discriminated union: its discriminator is missing or unknown.
      if (!Array.isArray(issue.options)) return NO_FORM_MATCHES;
      return mustBeOneOf(issue.options, discriminatorIn(issue));
    case "invalid_key":
      // What is wrong with the name, instead of "Invalid key in record"; a schema's own message is whole already.
      return aboutName(issue.issues[0]?.message);
    case "not_multiple_of":
    case "unrecognized_keys":
    case "invalid_element":
    case "custom":
      return undefined;
  }
}

function aboutName(message: string | undefined): string | undefined {
  return message !== undefined && /^[a-z]/.test(message) ? `The name ${message}` : message;
}

function discriminatorIn({ input, discriminator }: z.core.$ZodRawIssue): unknown {
  if (typeof input !== "object" || input === null || typeof discriminator !== "string") return undefined;
  return (input as Record<string, unknown>)[discriminator];
}

/** @param sent what was sent instead: a text may be a mistyped one of the values. */
function mustBeOneOf(values: readonly unknown[], sent: unknown): string {
  const texts = values.map(String);
  const sentence = `must be ${texts.length === 1 ? "" : "one of "}${texts.join(", ")}.`;
  return typeof sent === "string" ? sentence + didYouMean(sent, texts) : sentence;
}

function bound(limit: string, count: number | bigint, origin: string): string {
  const unit = UNITS.get(origin);
  return unit === undefined ? `be ${limit} ${count}` : `have ${limit} ${count} ${unit[count === 1 ? 0 : 1]}`;
}

/** The properties that an object with an unknown one may have. */
export function propertiesOf({ inst }: z.core.$ZodRawIssue): readonly string[] {
  return inst instanceof z.ZodObject ? Object.keys(inst.shape) : [];
}

/** The innermost name on the path to the value. */
export function nameOf(path: readonly PropertyKey[]): string {
  const last = path.at(-1);
  if (last === undefined) return "The body";
  if (typeof last !== "number") return String(last);
  const list = path.at(-2);
  return list === undefined ? `Item ${last}` : `Item ${last} of ${nameOf(path.slice(0, -1))}`;
}
