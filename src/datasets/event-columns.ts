/** The columns of an event's row, from the definitions as of the snapshot. */

import type { Property } from "../ingest/definition.ts";
import { FLAT_FIELDS, FLOW_ELEMENT, MOMENTS_FIELDS } from "../ingest/row-fields.ts";
import type { Column, ColumnType } from "./dataset.ts";

/** A definition as an export sees it. */
interface RowDefinition {
  id: string;
  properties: readonly Property[];
  /** No row has this definition: its columns are included only when named, and do not change the type of others. */
  unused: boolean;
}

const text = (...path: string[]): Column => ({ path, type: "text" });
const date = (...path: string[]): Column => ({ path, type: "date" });

/** The fields that an enriched row has of the flow that produced the event. */
const MOMENTS = MOMENTS_FIELDS.map((name) => (name === "campaignStart" ? date(name) : text(name)));

/**
 * Mandatory fields, then every property of every definition, each name once, at its first place.
 * @param clashes definition → its properties that a flat row renames.
 * @param enriched with the fields of flow-enrichment.ts after the mandatory ones.
 */
export function flatColumns(
  definitions: readonly RowDefinition[],
  clashes: Readonly<Record<string, readonly string[]>>,
  enriched: boolean,
): Column[] {
  const mandatory = FLAT_FIELDS.map((name): Column => {
    if (name === "eventId") return { ...text(name), edge: "id" };
    return name === "occuredTime" ? date(name) : text(name);
  });
  const named = definitions.flatMap(({ id, properties, unused }) =>
    properties.flatMap((property) => {
      // In an enriched row the text `flowElementId` is one of the row's own fields.
      if (enriched && property.name === FLOW_ELEMENT && property.type === "text") return [];
      const name = clashes[id]?.includes(property.name) === true ? `${id}_${property.name}` : property.name;
      return [columnOf([name], property, unused)];
    }),
  );
  return merge([...mandatory, ...(enriched ? MOMENTS : []), ...named]);
}

/** Mandatory fields and `properties` as a whole; each property within it only when named. */
export function nestedColumns(definitions: readonly RowDefinition[], enriched: boolean): Column[] {
  const own = columnsWithin(["properties"], definitions);
  const flowElement = own.find(({ path }) => path[1] === FLOW_ELEMENT)?.path;
  // An enriched row has the element's id twice: in its own fields and in `properties`.
  const twice = enriched && flowElement !== undefined;
  const moments = MOMENTS.map((each) =>
    twice && each.path[0] === FLOW_ELEMENT ? { ...each, alias: flowElement } : each,
  );
  const inner = own.map((each) => (twice && each.path === flowElement ? { ...each, alias: [FLOW_ELEMENT] } : each));
  return [
    text("definitionId"),
    text("personId"),
    text("externalPersonId"),
    { ...date("timestamp"), edge: "time" },
    ...(enriched ? moments : []),
    { path: ["properties"], type: "json" },
    ...inner.map((column) => ({ ...column, within: true })),
  ];
}

/** A column for every property of every definition, in an object at a path. */
export function columnsWithin(path: readonly string[], definitions: readonly RowDefinition[]): Column[] {
  return merge(
    definitions.flatMap(({ properties, unused }) =>
      properties.map((property) => columnOf([...path, property.name], property, unused)),
    ),
  );
}

function columnOf(path: string[], property: Property, unused: boolean): Column {
  const rest = unused ? { within: true } : {};
  if (property.type !== "list") return { path, type: property.type, ...rest };
  return { path, type: "json", fields: (property.fields ?? []).map((field) => field.name), ...rest };
}

/** One column for each path. A path with two types is text; unused definitions come last and change no type. */
function merge(columns: readonly Column[]): Column[] {
  const byPath = new Map<string, Column>();
  const isUnused = (column: Column) => column.within === true;
  for (const column of [...columns.filter((each) => !isUnused(each)), ...columns.filter(isUnused)]) {
    const key = column.path.join("\u0000");
    const before = byPath.get(key);
    if (before === undefined) byPath.set(key, column);
    else byPath.set(key, { ...before, type: commonType(before, column), ...mergedFields(before, column) });
  }
  return [...byPath.values()];
}

const commonType = (a: Column, b: Column): ColumnType =>
  a.type === b.type || (b.within === true && a.within !== true) ? a.type : "text";

function mergedFields(a: Column, b: Column): { fields?: readonly string[] } {
  const fields = new Set([...(a.fields ?? []), ...(b.fields ?? [])]);
  return fields.size === 0 ? {} : { fields: [...fields] };
}
