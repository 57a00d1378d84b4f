/** The properties that events of any definition may have: what a path of a request may lead to, whatever it selects. */

import { isPropertyName } from "../ingest/definition.ts";
import { definitionsAt } from "../ingest/definitions.ts";
import type { AsOf, OpenObject } from "./dataset.ts";

/** The object that has an event's properties, with those of all definitions: `amount`, of a list also `items.sku`. */
export async function propertiesAt(path: readonly string[], { db, spaceId, seq }: AsOf): Promise<OpenObject> {
  const definitions = await definitionsAt(db, spaceId, seq);
  const members = definitions.flatMap(({ properties }) =>
    properties.flatMap(({ name, fields = [] }) => [name, ...fields.map((field) => `${name}.${field.name}`)]),
  );
  return { path, members: new Set(members), admits: isPropertyName };
}
