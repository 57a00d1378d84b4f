/** The columns of an event's row, from the definitions as of the snapshot. */

import type { Property } from "../ingest/definition.ts";
import { type FlatFields, FLOW_ELEMENT, flatFields, MOMENTS_FIELDS, OCCURRED_AT } from "../ingest/row-fields.ts";
import type { Column } from "./column.ts";
import { propertyColumns, type SchemaProperty } from "./event-schema.ts";

type Schema = readonly SchemaProperty[];

const text = (...path: string[]): Column => ({ path, type: "text" });
const date = (...path: string[]): Column => ({ path, type: "date" });

/** The columns of the fixed fields, by name. */
const FIXED: ReadonlyMap<string, Column> = new Map(
  [
    { ...text("definitionId"), required: true as const },
    { ...text("eventId"), required: true as const, edge: "id" as const },
    text("sessionId"),
    { ...text("personId"), required: true as const },
    text("externalPersonId"),
    { ...date("occuredTime"), required: true as const },
    { ...date(OCCURRED_AT), required: true as const, edge: "time" as const },
    { ...date("timestamp"), required: true as const, edge: "time" as const },
    ...MOMENTS_FIELDS.map((name) => (name === "campaignStart" ? date(name) : text(name))),
  ].map((column) => [column.path.join("."), column]),
);

const fixed = (names: readonly string[]): Column[] => names.flatMap((name) => FIXED.get(name) ?? []);

/**
 * Mandatory fields, then the properties, side by side.
 * @param clashes definition → its properties that a flat row renames.
 */
export function flatColumns(
  schema: Schema,
  clashes: ReadonlyMap<string, readonly string[]>,
  fields: FlatFields,
): Column[] {
  const taken = flatFields(fields);
  const properties = propertyColumns(schema, {
    within: [],
    nameOf(definitionId, { name, type }: Property) {
      // In an enriched row the text `flowElementId` is one of the row's own fields.
      if (fields.enriched && name === FLOW_ELEMENT && type === "text") return null;
      return clashes.get(definitionId)?.includes(name) === true ? `${definitionId}_${name}` : name;
    },
    definitionAt: ["definitionId"],
    taken,
  });
  return [...fixed(taken), ...properties];
}

/** Mandatory fields and `properties` as a whole; each property within it only when named. */
export function nestedColumns(schema: Schema, { enriched, extra }: FlatFields): Column[] {
  const own = columnsWithin(["properties"], schema, ["definitionId"]);
  const flowElement = own.find(({ path }) => path[1] === FLOW_ELEMENT)?.path;
  // An enriched row has the element's id twice: in its own fields and in `properties`.
  const twice = enriched && flowElement !== undefined;
  const moments = fixed(MOMENTS_FIELDS).map((each) =>
    twice && each.path[0] === FLOW_ELEMENT ? { ...each, alias: flowElement } : each,
  );
  const inner = own.map((each) => (twice && each.path[1] === FLOW_ELEMENT ? { ...each, alias: [FLOW_ELEMENT] } : each));
  return [
    ...fixed(["definitionId", ...(extra ? ["eventId"] : []), "personId", "externalPersonId", "timestamp"]),
    ...(enriched ? moments : []),
    { path: ["properties"], type: "json", required: true },
    ...inner,
  ];
}

/** A column for every property, in an object at a path, each included only when named. */
export function columnsWithin(path: readonly string[], schema: Schema, definitionAt: readonly string[]): Column[] {
  const nameOf = (_id: string, { name }: Property) => name;
  return propertyColumns(schema, { within: path, nameOf, definitionAt, taken: [] }).map((column) => ({
    ...column,
    within: true,
  }));
}
