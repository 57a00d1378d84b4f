/** Validation errors as sentences for the client. A schema's own message is kept as it is. */

import type * as z from "zod";

const KINDS: Record<string, string> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

const UNITS: Record<string, [one: string, many: string]> = {
  string: ["character", "characters"],
  array: ["item", "items"],
  record: ["member", "members"],
};

/**
 * The message for a value that fits no alternative; `validate` replaces it by the errors of the nearest alternative.
 */
export const NO_FORM_MATCHES = "does not match any allowed form.";

/** The zod error map of every request schema. @returns undefined to keep the schema's own message. */
export function toSentence(issue: z.core.$ZodRawIssue): string | undefined {
  const name = nameOf(issue.path);
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return `${name} is required.`;
      return `${name} must be ${KINDS[issue.expected] ?? `of the type ${issue.expected}`}.`;
    case "invalid_value":
      if (issue.input === undefined) return `${name} is required.`;
      return `${name} must be ${oneOf(issue.values)}.`;
    case "too_small":
      return `${name} must ${bound("at least", issue.minimum, issue.origin)}.`;
    case "too_big":
      return `${name} must ${bound("at most", issue.maximum, issue.origin)}.`;
    case "invalid_format":
      if (issue.format === "datetime")
        return `${name} must be a time in RFC 3339 format, such as 2026-01-31T09:30:00.000Z.`;
      if (issue.format === "date") return `${name} must be a calendar day, such as 2026-01-31.`;
      if (issue.format === "uuid") return `${name} must be a UUID, as the service's ids are.`;
      if (issue.format === "url") return `${name} must be a URL.`;
      return undefined;
    case "invalid_union":
      // A discriminated union: its discriminator is missing or unknown.
      if (!Array.isArray(issue.options)) return NO_FORM_MATCHES;
      return `${issue.discriminator} must be ${oneOf(issue.options)}.`;
    case "not_multiple_of":
    case "unrecognized_keys":
    case "invalid_key":
    case "invalid_element":
    case "custom":
      return undefined;
  }
}

const oneOf = (values: readonly unknown[]) => `${values.length === 1 ? "" : "one of "}${values.map(String).join(", ")}`;

function bound(limit: string, count: number | bigint, origin: string): string {
  const unit = UNITS[origin];
  return unit === undefined ? `be ${limit} ${count}` : `have ${limit} ${count} ${unit[count === 1 ? 0 : 1]}`;
}

/** The innermost name on the path to the value. */
export function nameOf(path: readonly PropertyKey[] | undefined): string {
  const last = path?.at(-1);
  if (last === undefined) return "The body";
  return typeof last === "number" ? `Item ${last}` : String(last);
}
