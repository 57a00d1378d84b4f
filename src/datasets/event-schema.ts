/**
 * The schema of events' rows: it only grows, whatever the rows of a window hold. Properties are in the order in which
 * the space got them, so a new column is always the last; retention and erasure remove none. A name has the type of the
 * first property with it. The values of a later property that differs in type, or in letter case alone, are a column of
 * their own, `<definitionId>_<name>`.
 */

import type { Property } from "../ingest/definition.ts";
import { definitionsAt } from "../ingest/definitions.ts";
import { folded } from "../db/events/definitions.ts";
import { firstEventsAt } from "../db/events/first-events.ts";
import type { Column } from "./column.ts";
import type { AsOf } from "./dataset.ts";
import type { EventQuery } from "./event-source.ts";

/** A property of a definition as of the snapshot. */
export interface SchemaProperty {
  definitionId: string;
  property: Property;
  /** The write from which on the schema has it. */
  since: number;
  /** The write that defined it. */
  definedAt: number;
  /** The space never had an event of its definition: the column is included only when named. */
  unused: boolean;
}

/**
 * The properties of the definitions that a query asks for, in the order of the schema: by the write that defined them.
 * Without `event_names`, of all definitions: those that the space ever had events of, each from its first event on or,
 * when it was added later, from that change on; then those of the others.
 */
export async function schemaOf(query: EventQuery, { db, spaceId, seq }: AsOf): Promise<SchemaProperty[]> {
  const ids = query.definition_ids;
  const wanted = ids === null ? null : new Set(ids);
  const [definitions, firstEvents] = await Promise.all([
    definitionsAt(db, spaceId, seq),
    ids === null ? firstEventsAt(db, spaceId, seq) : new Map<string, number>(),
  ]);
  return definitions
    .filter(({ id }) => wanted?.has(id) ?? true)
    .flatMap(({ id, properties, property_seqs: seqs }) =>
      properties.map((property, index): SchemaProperty => {
        const definedAt = seqs[index] ?? 0;
        const first = ids === null ? firstEvents.get(id) : definedAt;
        const unused = first === undefined;
        return { definitionId: id, property, since: Math.max(first ?? 0, definedAt), definedAt, unused };
      }),
    )
    .toSorted((a, b) => Number(a.unused) - Number(b.unused) || a.since - b.since || a.definedAt - b.definedAt);
}

/** How rows have their properties. */
export interface PropertyPlace {
  /** The path of the object that has them. */
  within: readonly string[];
  /** The name that a row gives a property; null: the row has it nowhere of its own. */
  nameOf(definitionId: string, property: Property): string | null;
  /** The path of the value that says which definition a row has. */
  definitionAt: readonly string[];
  /** Names of other columns beside the properties. */
  taken: readonly string[];
}

/** A column that is being collected. */
interface Entry {
  name: string;
  column: Column;
  /** Definitions whose values the row has under this column's path, and which are columns of their own. */
  others: string[];
}

/** A column for each property, one for all properties with the same name and type. */
export function propertyColumns(properties: readonly SchemaProperty[], place: PropertyPlace): Column[] {
  const taken = new Set(place.taken.map(folded));
  const entries: Entry[] = [];
  const byName = new Map<string, Entry>();
  const add = (name: string, column: Column) => {
    const entry = { name, column, others: [] };
    entries.push(entry);
    taken.add(folded(name));
    return entry;
  };
  for (const { definitionId: id, property, unused } of properties) {
    const rowName = place.nameOf(id, property);
    if (rowName === null) continue;
    const column = columnOf([...place.within, rowName], property, unused);
    const entry = byName.get(rowName);
    if (entry !== undefined && entry.column.type === column.type) {
      entry.column = withFields(entry.column, column.fields);
      continue;
    }
    if (!taken.has(folded(rowName))) {
      byName.set(rowName, add(rowName, column));
      continue;
    }
    entry?.others.push(id);
    const own = freeName(`${id}_${rowName}`, taken);
    const rows = { at: place.definitionAt, only: [id] };
    add(own, { ...column, name: [...place.within, own].join("."), rows });
  }
  return entries.map(({ column, others }) =>
    others.length === 0 ? column : { ...column, rows: { at: place.definitionAt, except: others } },
  );
}

function columnOf(path: string[], property: Property, unused: boolean): Column {
  const rest = unused ? { within: true, unused: true } : {};
  if (property.type !== "list") return { path, type: property.type, ...rest };
  return { path, type: "json", fields: (property.fields ?? []).map((field) => field.name), ...rest };
}

function withFields(column: Column, more: readonly string[] = []): Column {
  if (more.length === 0) return column;
  return { ...column, fields: [...new Set([...(column.fields ?? []), ...more])] };
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  for (let n = 1; ; n += 1) {
    const candidate = n === 1 ? name : `${name}_${n}`;
    if (!taken.has(folded(candidate))) return candidate;
  }
}
