/** Lists in which no item may occur twice. */

import type * as z from "zod";

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
