/** The fields that a row of an export has of its own, and the properties that give way to them. */

/** The fields that every flat row has, in order. `occuredTime` is spelled with one r. */
export const FLAT_FIELDS = [
  "definitionId",
  "eventId",
  "sessionId",
  "personId",
  "externalPersonId",
  "occuredTime",
] as const;

/** The property that names an event's flow element. */
export const FLOW_ELEMENT = "flowElementId";

/** What an enriched row may say of the flow that produced the event, in order. */
export const MOMENTS_FIELDS = ["campaignName", "elementName", "campaignStart", FLOW_ELEMENT] as const;

const CLASHES: ReadonlySet<string> = new Set(FLAT_FIELDS);
const ENRICHED_CLASHES: ReadonlySet<string> = new Set([...FLAT_FIELDS, ...MOMENTS_FIELDS]);

/** The properties of a definition that give way to a flat row's own fields. @param enriched with those of the flow. */
export function clashingNames(propertyNames: readonly string[], enriched = false): string[] {
  const clashes = enriched ? ENRICHED_CLASHES : CLASHES;
  return propertyNames.filter((name) => clashes.has(name));
}
