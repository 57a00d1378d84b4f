/** Lists in which no item may occur twice. */

import type * as z from "zod";
import { folded } from "../db/events/definitions.ts";

/** Adds the check to a schema of a list: a fault at each repeated item. */
export function distinct<Item extends z.ZodType<string>>(list: z.ZodArray<Item>) {
  return list
    .superRefine((items, context) => {
      const seen = new Set<string>();
      for (const [index, each] of items.entries()) {
        if (seen.has(each))
          context.addIssue({ code: "custom", path: [index], message: `${each} is already in this list: remove it.` });
        seen.add(each);
      }
    })
    .meta({ uniqueItems: true });
}

/** As `distinct`, for names that become columns or members beside each other: also in any case of letters. */
export function distinctNames<Item extends z.ZodType<string>>(list: z.ZodArray<Item>) {
  return distinct(list).superRefine((items, context) => {
    const first = new Map<string, string>();
    for (const [index, name] of items.entries()) {
      const other = first.get(folded(name)) ?? name;
      first.set(folded(name), other);
      if (other !== name)
        context.addIssue({
          code: "custom",
          path: [index],
          message: `${name} differs in letter case alone from ${other}, which many readers take for the same name: remove one.`,
        });
    }
  });
}
