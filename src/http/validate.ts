/** Validates input against its schema. Each fault has a pointer to the value that is wrong. */

import type * as z from "zod";
import { type Fault, invalid, pointerTo } from "../errors.ts";
import { nameOf, NO_FORM_MATCHES, toSentence } from "./zod-error-map.ts";

const MAX_FAULTS = 100;

/**
 * @param place turns a path inside the value into a pointer.
 * @throws invalid_request with at most 100 faults.
 */
export function validate<Output>(
  schema: z.ZodType<Output>,
  value: unknown,
  place: (path: readonly PropertyKey[]) => string,
): Output {
  const read = schema.safeParse(value, { error: toSentence });
  if (read.success) return read.data;
  throw invalid(
    ...withoutLengthOfWrongType(read.error.issues)
      .flatMap((issue) => locationFaults(issue, place))
      .slice(0, MAX_FAULTS),
  );
}

/**
 * Drops complaints about the length of a value that has the wrong type: a string instead of a list is not also too
 * long.
 */
function withoutLengthOfWrongType(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  const wrongType = new Set(issues.flatMap(({ code, path }) => (code === "invalid_type" ? [path.join("/")] : [])));
  return issues.filter(
    ({ code, path }) => (code !== "too_big" && code !== "too_small") || !wrongType.has(path.join("/")),
  );
}

export const inBody = pointerTo;

export const inQuery = (path: readonly PropertyKey[]): string => `#query/${String(path[0] ?? "")}`;

function locationFaults(issue: z.core.$ZodIssue, place: (path: readonly PropertyKey[]) => string): Fault[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({
      pointer: place([...issue.path, key]),
      detail: `The property ${key} is unknown here. Remove it or correct its name.`,
    }));
  if (issue.code === "invalid_union" && issue.message === NO_FORM_MATCHES) {
    // The client meant the alternative with the fewest unknown properties; of several, the one that failed deepest.
    const alternatives = issue.errors.filter((issues) => issues.length > 0);
    const best = alternatives.toSorted((a, b) => unknownKeys(a) - unknownKeys(b) || depth(b) - depth(a))[0];
    if (best !== undefined)
      return best.flatMap((inner) => locationFaults({ ...inner, path: [...issue.path, ...inner.path] }, place));
  }
  // A schema's own message omits the name: "must be …".
  const [name, message] = [nameOf(issue.path), issue.message];
  const detail = /^[a-z]/.test(message) && !message.startsWith(`${name} `) ? `${name} ${message}` : message;
  return [{ pointer: place(issue.path), detail }];
}

const unknownKeys = (issues: readonly z.core.$ZodIssue[]) =>
  issues.reduce((sum, issue) => sum + (issue.code === "unrecognized_keys" ? issue.keys.length : 0), 0);

const depth = (issues: readonly z.core.$ZodIssue[]) => Math.max(...issues.map((issue) => issue.path.length));
