/** The columns of an event's row, from the definitions that stood at the snapshot. */

import { FLAT_FIELDS, FLOW_ELEMENT, MOMENTS_FIELDS } from "../ingest/row-fields.ts";
import type { Column, ColumnType } from "./dataset.ts";

interface Property {
  name: string;
  type: "text" | "boolean" | "date" | "number" | "list";
  fields?: readonly { name: string }[] | undefined;
}

/** A definition as an export sees it. */
export interface DefinitionOfRow {
  id: string;
  properties: readonly Property[];
  /** Which of its properties a flat row renames. */
  clashes: readonly string[];
  /** No row is of it: its columns are there for whoever names them, and say nothing of the types of others. */
  aside: boolean;
}

const text = (...path: string[]): Column => ({ path, type: "text" });
const date = (...path: string[]): Column => ({ path, type: "date" });

/** What an enriched row may say of the flow that produced the event. */
const MOMENTS = MOMENTS_FIELDS.map((name) => (name === "campaignStart" ? date(name) : text(name)));

/**
 * Mandatory fields, then every property of every definition, each name once: one that is there before stays first.
 * @param enriched with the fields of moments.ts after the mandatory ones.
 */
export function flatColumns(definitions: readonly DefinitionOfRow[], enriched: boolean): Column[] {
  const mandatory = FLAT_FIELDS.map((name): Column => {
    if (name === "eventId") return { ...text(name), edge: "id" };
    return name === "occuredTime" ? date(name) : text(name);
  });
  const named = definitions.flatMap(({ id, properties, clashes, aside }) =>
    properties.flatMap((property) => {
      // The text that names the flow's element is the row's own field then.
      if (enriched && property.name === FLOW_ELEMENT && property.type === "text") return [];
      const name = clashes.includes(property.name) ? `${id}_${property.name}` : property.name;
      return [columnOf([name], property, aside)];
    }),
  );
  return merged([...mandatory, ...(enriched ? MOMENTS : []), ...named]);
}

/** Mandatory fields and `properties` whole; each property within it for whoever names it. */
export function nestedColumns(definitions: readonly DefinitionOfRow[], enriched: boolean): Column[] {
  const own = columnsWithin(["properties"], definitions);
  const flowElement = own.find(({ path }) => path[1] === FLOW_ELEMENT)?.path;
  // The element's id stands in the row twice then.
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
export function columnsWithin(
  path: readonly string[],
  definitions: readonly Omit<DefinitionOfRow, "clashes">[],
): Column[] {
  return merged(
    definitions.flatMap(({ properties, aside }) =>
      properties.map((property) => columnOf([...path, property.name], property, aside)),
    ),
  );
}

function columnOf(path: string[], property: Property, aside: boolean): Column {
  const rest = aside ? { within: true } : {};
  if (property.type !== "list") return { path, type: property.type, ...rest };
  return { path, type: "json", fields: (property.fields ?? []).map((field) => field.name), ...rest };
}

/** One column a name. What two definitions type differently is text; those that no row is of come last, and have no say. */
function merged(columns: readonly Column[]): Column[] {
  const byName = new Map<string, Column>();
  const aside = (column: Column) => column.within === true;
  for (const column of [...columns.filter((each) => !aside(each)), ...columns.filter(aside)]) {
    const key = column.path.join("\u0000");
    const before = byName.get(key);
    if (before === undefined) byName.set(key, column);
    else byName.set(key, { ...before, type: common(before, column), ...fieldsOf(before, column) });
  }
  return [...byName.values()];
}

const common = (a: Column, b: Column): ColumnType =>
  a.type === b.type || (b.within === true && a.within !== true) ? a.type : "text";

function fieldsOf(a: Column, b: Column): { fields?: readonly string[] } {
  const fields = new Set([...(a.fields ?? []), ...(b.fields ?? [])]);
  return fields.size === 0 ? {} : { fields: [...fields] };
}
