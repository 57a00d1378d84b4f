/** Schemas that are composed of others, as readers of the document and generators of types want them. */

import * as z from "zod";

/**
 * An object of several parts, which has no member beyond theirs.
 * @param id its name in the document. @param first the first part: each is an `openObject`, or a union of such.
 */
export function composed(id: string, first: z.ZodType, ...others: readonly z.ZodType[]): z.ZodType {
  return others
    .reduce((left, right) => z.intersection(left, right), first)
    .meta({ id, unevaluatedProperties: false } as z.core.GlobalMeta);
}

/**
 * One of several objects, which the value of a member tells apart.
 * @param id its name in the document. @param tag the member's name.
 * @param members by the member's value; each has an id.
 */
export function taggedUnion(id: string, tag: string, members: Readonly<Record<string, z.ZodType>>): z.ZodType {
  const values = Object.keys(members);
  return z.union(Object.values(members)).meta({
    id,
    override({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }) {
      const oneOf = jsonSchema.anyOf ?? [];
      delete jsonSchema.anyOf;
      const mapping = Object.fromEntries(values.map((value, n) => [value, oneOf[n]?.$ref]));
      Object.assign(jsonSchema, { oneOf, discriminator: { propertyName: tag, mapping } });
    },
  });
}
