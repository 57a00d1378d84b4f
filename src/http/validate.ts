/** Input through its schema: what is wrong comes back with a pointer to it. */

import type * as z from "zod";
import { type Fault, invalid, pointerTo } from "../errors.ts";
import { nameOf, NOTHING_FITS, sentence } from "./zod-error-map.ts";

const MAX_FAULTS = 100;

/** @param place makes the pointer of a path. */
export function validate<Output>(
  schema: z.ZodType<Output>,
  value: unknown,
  place: (path: readonly PropertyKey[]) => string,
): Output {
  const read = schema.safeParse(value, { error: sentence });
  if (read.success) return read.data;
  throw invalid(
    ...withoutEchoes(read.error.issues)
      .flatMap((issue) => faultsOf(issue, place))
      .slice(0, MAX_FAULTS),
  );
}

/** Of a value of another type its length is nobody's business: a text where a list belongs is not too long a text. */
function withoutEchoes(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  const mistaken = new Set(issues.flatMap(({ code, path }) => (code === "invalid_type" ? [path.join("/")] : [])));
  return issues.filter(
    ({ code, path }) => (code !== "too_big" && code !== "too_small") || !mistaken.has(path.join("/")),
  );
}

export const inBody = pointerTo;

export const inQuery = (path: readonly PropertyKey[]): string => `#query/${String(path[0] ?? "")}`;

function faultsOf(issue: z.core.$ZodIssue, place: (path: readonly PropertyKey[]) => string): Fault[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({
      pointer: place([...issue.path, key]),
      detail: `There is no property ${key} here.`,
    }));
  if (issue.code === "invalid_union" && issue.message === NOTHING_FITS) {
    // The alternative that knows most of the names is the one that was meant; of several, the one that went furthest.
    const alternatives = issue.errors.filter((issues) => issues.length > 0);
    const best = alternatives.toSorted((a, b) => strangers(a) - strangers(b) || depth(b) - depth(a))[0];
    if (best !== undefined)
      return best.flatMap((inner) => faultsOf({ ...inner, path: [...issue.path, ...inner.path] }, place));
  }
  // What a schema says of a value begins without its name: "must be …".
  const [name, said] = [nameOf(issue.path), issue.message];
  const detail = /^[a-z]/.test(said) && !said.startsWith(`${name} `) ? `${name} ${said}` : said;
  return [{ pointer: place(issue.path), detail }];
}

const strangers = (issues: readonly z.core.$ZodIssue[]) =>
  issues.reduce((sum, issue) => sum + (issue.code === "unrecognized_keys" ? issue.keys.length : 0), 0);

const depth = (issues: readonly z.core.$ZodIssue[]) => Math.max(...issues.map((issue) => issue.path.length));
