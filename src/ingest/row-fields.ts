/** The fixed fields of an export's rows, and the properties that are renamed because they have such a field's name. */

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

/** The fields of an enriched row about the flow that produced the event, in order. */
export const MOMENTS_FIELDS = ["campaignName", "elementName", "campaignStart", FLOW_ELEMENT] as const;

const CLASHES: ReadonlySet<string> = new Set(FLAT_FIELDS);
const ENRICHED_CLASHES: ReadonlySet<string> = new Set([...FLAT_FIELDS, ...MOMENTS_FIELDS]);

/** The properties that are renamed in a flat row. @param enriched whether the row has the fields of the flow too. */
export function clashingNames(propertyNames: readonly string[], enriched = false): string[] {
  const clashes = enriched ? ENRICHED_CLASHES : CLASHES;
  return propertyNames.filter((name) => clashes.has(name));
}
