/** Validates input against its schema. Each fault has a pointer to the value that is wrong. */

import type * as z from "zod";
import { type Fault, invalid, MAX_FAULTS, pointerTo } from "../errors.ts";
import { didYouMean } from "../suggestion.ts";
import { nameOf, NO_FORM_MATCHES, propertiesOf, toSentence } from "./zod-error-map.ts";

type Path = readonly PropertyKey[];
/** What an input consists of: properties of a body, parameters of a query. */
type Part = "property" | "parameter";

/**
 * @param place turns a path inside the value into a pointer.
 * @throws invalid_request with at most 100 faults.
 */
export function validate<Output>(
  schema: z.ZodType<Output>,
  value: unknown,
  place: (path: Path) => string,
  part: Part = "property",
): Output {
  const { data, faults } = check(schema, value, place, part);
  if (faults.length > 0) throw invalid(...faults);
  return data as Output;
}

/**
 * @param base the path of the value, where it is part of an input.
 * @returns at most 100 faults; `data` is not valid where there are any.
 */
export function check(
  schema: z.ZodType,
  value: unknown,
  place: (path: Path) => string,
  part: Part = "property",
  base: Path = [],
): { data: unknown; faults: Fault[] } {
  const known = new Map<unknown, readonly string[]>();
  const read = schema.safeParse(value, {
    error(issue) {
      if (issue.code === "unrecognized_keys") known.set(issue.keys, propertiesOf(issue));
      return toSentence(issue);
    },
  });
  const faults: Fault[] = [];
  const locate = (issue: z.core.$ZodIssue): void => {
    if (faults.length >= MAX_FAULTS) return;
    if (issue.code === "unrecognized_keys") {
      const names = known.get(issue.keys) ?? [];
      for (const key of issue.keys.slice(0, MAX_FAULTS - faults.length))
        faults.push({
          pointer: place([...issue.path, key]),
          detail: `The ${part} ${key} is unknown here. Remove it or correct its name.${didYouMean(key, names)}`,
        });
      return;
    }
    const best =
      issue.code === "invalid_union" && issue.message === NO_FORM_MATCHES
        ? nearestAlternative(issue.errors)
        : undefined;
    if (best !== undefined) {
      for (const inner of best) locate({ ...inner, path: [...issue.path, ...inner.path] });
      return;
    }
    // A message without the value's name: "must be …".
    const { path, message } = issue;
    faults.push({ pointer: place(path), detail: /^[a-z]/.test(message) ? named(message, nameOf(path)) : message });
  };
  for (const issue of withoutWiderBounds(withoutLengthOfWrongType(read.error?.issues ?? [])))
    locate({ ...issue, path: [...base, ...issue.path] });
  return { data: read.data, faults };
}

const named = (message: string, name: string) => (message.startsWith(`${name} `) ? message : `${name} ${message}`);

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

/** Drops the bounds of all integers that a number passes, where it passes those of its schema too. */
function withoutWiderBounds(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  const bounded = issues.filter(
    (issue) => !isIntegersBound(issue) && (issue.code === "too_big" || issue.code === "too_small"),
  );
  const paths = new Set(bounded.map(({ path }) => path.join("/")));
  return issues.filter((issue) => !isIntegersBound(issue) || !paths.has(issue.path.join("/")));
}

const isIntegersBound = (issue: z.core.$ZodIssue) =>
  (issue.code === "too_big" && issue.maximum === Number.MAX_SAFE_INTEGER) ||
  (issue.code === "too_small" && issue.minimum === Number.MIN_SAFE_INTEGER);

export const inBody = pointerTo;

export const inQuery = (path: Path): string => `#query/${String(path[0] ?? "")}`;

/** The client meant the alternative with the fewest unknown properties; of several, the one that failed deepest. */
function nearestAlternative(alternatives: readonly z.core.$ZodIssue[][]): z.core.$ZodIssue[] | undefined {
  const failed = alternatives.filter((issues) => issues.length > 0);
  return failed.toSorted((a, b) => unknownKeys(a) - unknownKeys(b) || depth(b) - depth(a))[0];
}

const unknownKeys = (issues: readonly z.core.$ZodIssue[]) =>
  issues.reduce((sum, issue) => sum + (issue.code === "unrecognized_keys" ? issue.keys.length : 0), 0);

const depth = (issues: readonly z.core.$ZodIssue[]) =>
  issues.reduce((deepest, { path }) => Math.max(deepest, path.length), 0);
