/** What a schema finds wrong, in words for whoever sent it. What a schema says itself stays as it is. */

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

/** Said of a value that no alternative takes, where the schema has no words for it: what is wrong with the alternative that was meant says more. */
export const NOTHING_FITS = "must be something else.";

/** The error map of every schema at the door. */
export function sentence(issue: z.core.$ZodRawIssue): string | undefined {
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
      if (issue.format === "datetime") return `${name} must be a time as RFC 3339 writes it: 2026-01-31T09:30:00.000Z.`;
      if (issue.format === "date") return `${name} must be a day that there is, written as 2026-01-31.`;
      if (issue.format === "uuid") return `${name} must be an id as this service makes them: a UUID.`;
      if (issue.format === "url") return `${name} must be a URL.`;
      return undefined;
    case "invalid_union":
      // The member that says which alternative is meant.
      if (!Array.isArray(issue.options)) return NOTHING_FITS;
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

/** The innermost name on the way to the value. */
export function nameOf(path: readonly PropertyKey[] | undefined): string {
  const last = path?.at(-1);
  if (last === undefined) return "The body";
  return typeof last === "number" ? `Item ${last}` : String(last);
}
