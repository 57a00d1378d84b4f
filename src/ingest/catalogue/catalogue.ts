/**
 * The catalogue: the built-in definitions, which every space has without rows. A new definition is a line in its group.
 */

import type { BuiltIn } from "./built-in.ts";
import { CHANNEL } from "./channel.ts";
import { CONVERSION } from "./conversion.ts";
import { PEOPLE } from "./people.ts";
import { PRODUCT } from "./product.ts";
import { TEMPLATE } from "./template.ts";

/** By id. The ids are ASCII, so that SQLite sorts them in the same order. */
export const BUILT_INS: readonly BuiltIn[] = [...TEMPLATE, ...PEOPLE, ...CHANNEL, ...PRODUCT, ...CONVERSION].toSorted(
  (a, b) => (a.id < b.id ? -1 : 1),
);

const BY_ID: ReadonlyMap<string, BuiltIn> = new Map(BUILT_INS.map((each) => [each.id, each]));

export function builtIn(id: string): BuiltIn | undefined {
  return BY_ID.get(id);
}
