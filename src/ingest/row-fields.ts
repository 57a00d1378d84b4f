/** The fixed fields of an export's rows, and the properties that are renamed because they have such a field's name. */

import { folded } from "../db/events/definitions.ts";

/** When the event occurred; the field of a flat row that the seeds' rows do not have. */
export const OCCURRED_AT = "occurredAt";

/** The fields that a flat row has without extra fields, in order. `occuredTime` is spelled with one r. */
export const SEED_FIELDS = [
  "definitionId",
  "eventId",
  "sessionId",
  "personId",
  "externalPersonId",
  "occuredTime",
] as const;

/** The fields that a flat row has, in order. */
export const FLAT_FIELDS = [...SEED_FIELDS, OCCURRED_AT] as const;

/** The property that names an event's flow element. */
export const FLOW_ELEMENT = "flowElementId";

/** The fields of an enriched row about the flow that produced the event, in order. */
export const MOMENTS_FIELDS = ["campaignName", "elementName", "campaignStart", FLOW_ELEMENT] as const;

/** Which fields a flat row has beside the properties. */
export interface FlatFields {
  /** The fields of the flow that produced the event too. */
  enriched: boolean;
  /** `occurredAt` too; without it, only a property with exactly the name of a field is renamed. */
  extra: boolean;
}

/** The fields of a flat row beside the properties, in order. */
export const flatFields = ({ enriched, extra }: FlatFields): string[] => [
  ...(extra ? FLAT_FIELDS : SEED_FIELDS),
  ...(enriched ? MOMENTS_FIELDS : []),
];

/** The definitions with properties that a flat row renames, and these properties. */
export function clashesOf(
  definitions: readonly { id: string; properties: readonly { name: string }[] }[],
  fields: FlatFields,
): (readonly [definitionId: string, names: readonly string[]])[] {
  const clashes = definitions.map(({ id, properties }) => {
    const names = properties.map(({ name }) => name);
    return [id, clashingNames(names, fields)] as const;
  });
  return clashes.filter(([, clashing]) => clashing.length > 0);
}

/**
 * The properties that a flat row renames to `<definitionId>_<name>`: they are named like another field of the row. In
 * any case of letters, because many readers do not tell such names apart.
 */
export function clashingNames(propertyNames: readonly string[], fields: FlatFields): string[] {
  const form = (name: string) => (fields.extra ? folded(name) : name);
  const clashes = new Set(flatFields(fields).map(form));
  return propertyNames.filter((name) => clashes.has(form(name)));
}
