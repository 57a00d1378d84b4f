/** Finds what a client sent and a schema does not name. */

import * as z from "zod";
import { pointerTo } from "../../errors.ts";
import { withoutWrappers } from "../query.ts";

/** More are not looked for: the log cuts long texts. */
const MAX_FOUND = 20;

/** What a name of a member or parameter looks like. Other texts in its place may be addresses of people, or keys. */
const NAME = /^[^\s@]{1,40}$/;

/**
 * @param schema of loose objects, which keep members that they do not name.
 * @param value what the schema accepted.
 * @returns JSON pointers to the first members that no object of the schema names. Items of lists are not looked into.
 * The pointers are for the log: a text that is no name is `…` in them.
 */
export function ignoredMembers(schema: z.core.$ZodType, value: unknown, path: readonly string[] = []): string[] {
  const inner = alternativeOf(withoutWrappers(schema), value);
  if (!(inner instanceof z.ZodObject) || typeof value !== "object" || value === null) return [];
  const shape = new Map<string, z.core.$ZodType>(Object.entries(inner.shape));
  return Object.entries(value)
    .flatMap(([name, member]) => {
      const known = shape.get(name);
      return known === undefined
        ? [pointerTo([...path, NAME.test(name) ? name : "…"])]
        : ignoredMembers(known, member, [...path, name]);
    })
    .slice(0, MAX_FOUND);
}

/** Of a union, the alternative that accepts the value. */
function alternativeOf(schema: z.core.$ZodType, value: unknown): z.core.$ZodType {
  if (!(schema instanceof z.ZodUnion)) return schema;
  return schema.options.find((option) => z.safeParse(option, value).success) ?? schema;
}
