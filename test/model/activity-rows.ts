/** The rows of `activity_events` and of `profile_events`, by the contract (sections 6 and 8). */

import { LANDED } from "./landed.ts";
import { iso } from "./times.ts";
import { byTime, type Data, type Definition, type Property, type StoredEvent } from "./world.ts";

export type Row = Record<string, unknown>;

const MANDATORY = [
  "definitionId",
  "eventId",
  "sessionId",
  "personId",
  "externalPersonId",
  "occuredTime",
  ...(LANDED.occurredAt ? ["occurredAt"] : []),
];
const RESERVED = new Set(MANDATORY.map((name) => name.toLowerCase()));

/** Does one of the patterns, in which `*` stands for any text, name this definition? Without patterns all are named. */
export function isNamed(id: string, patterns: readonly string[] | undefined): boolean {
  if (patterns === undefined) return true;
  return patterns.some((pattern) => {
    const pieces = pattern.split("*").map((piece) => piece.replaceAll(/[^\w]/g, String.raw`\$&`));
    return new RegExp(`^${pieces.join(".*")}$`).test(id);
  });
}

/** The events of a window that the patterns name, in the order of an export. */
export function eventsIn(
  data: Data,
  { from, to }: { from: number; to: number },
  patterns?: readonly string[],
): StoredEvent[] {
  return data.events
    .filter((event) => event.occurredAt >= from && event.occurredAt < to && isNamed(event.definition, patterns))
    .toSorted(byTime);
}

/** Every property of the event's definition as of the snapshot, null where the event has none. */
export function propertiesOf(data: Data, event: StoredEvent): Row {
  const definition = data.definitions.get(event.definition);
  const had = ({ seq }: { seq: number }) => LANDED.everyProperty || seq < event.seq;
  return Object.fromEntries(
    (definition?.properties ?? [])
      .filter(had)
      .map((property) => [property.name, valueOf(property, event.properties[property.name] ?? null)]),
  );
}

function valueOf(property: Property, value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((item: Row) =>
    Object.fromEntries((property.fields ?? []).map(({ name }) => [name, item[name] ?? null])),
  );
}

/** What a property is called beside the mandatory fields. */
const flatName = (definition: string, name: string) =>
  RESERVED.has(name.toLowerCase()) ? `${definition}_${name}` : name;

function mandatoryOf(data: Data, event: StoredEvent): Row {
  return {
    definitionId: event.definition,
    eventId: event.id,
    sessionId: event.session,
    personId: event.person,
    externalPersonId: data.people.get(event.person)?.external ?? null,
    occuredTime: iso(event.receivedAt).replace("Z", "+0000"),
    ...(LANDED.occurredAt ? { occurredAt: iso(event.occurredAt) } : {}),
  };
}

export function flatRow(data: Data, event: StoredEvent): Row {
  const properties = Object.entries(propertiesOf(data, event));
  const named = properties.map(([name, value]) => [flatName(event.definition, name), value] as const);
  return { ...mandatoryOf(data, event), ...Object.fromEntries(named) };
}

export function nestedRow(data: Data, event: StoredEvent): Row {
  const { definitionId, eventId, personId, externalPersonId } = mandatoryOf(data, event);
  const properties = propertiesOf(data, event);
  return {
    definitionId,
    ...(LANDED.nestedEventId ? { eventId } : {}),
    personId,
    externalPersonId,
    timestamp: iso(event.occurredAt),
    properties,
  };
}

export function profileEventRow(data: Data, event: StoredEvent, identifiers: readonly string[]): Row {
  const custom = data.people.get(event.person)?.custom ?? null;
  return {
    event: {
      id: event.id,
      name: event.definition,
      timestamp: iso(event.occurredAt),
      attributes: propertiesOf(data, event),
    },
    identifiers: { profile_id: event.person, ...(identifiers.includes("custom_id") ? { custom_id: custom } : {}) },
  };
}

/**
 * The columns of a table of flat rows: those of the definitions that are asked for, or of all that ever had events,
 * each where it was defined, so that a new one is the last. A name has one type for ever.
 */
export function flatColumns(data: Data, patterns: readonly string[] | undefined): Column[] {
  const asked = [...data.definitions.values()].filter(({ id, firstEvent }) =>
    patterns === undefined ? firstEvent !== null : isNamed(id, patterns),
  );
  const begins = ({ firstEvent }: Definition) => (patterns === undefined ? (firstEvent ?? 0) : 0);
  const properties = asked
    .flatMap((definition) =>
      definition.properties.map((property, n) => ({
        definition,
        property,
        n,
        at: Math.max(property.seq, begins(definition)),
      })),
    )
    .toSorted(
      (a, b) =>
        a.at - b.at || a.property.seq - b.property.seq || compare(a.definition.id, b.definition.id) || a.n - b.n,
    );
  const columns: Column[] = MANDATORY.map((name) => ({ name, of: null, property: name }));
  for (const { definition, property } of properties) {
    const name = flatName(definition.id, property.name);
    const same = columns.find((column) => column.name === name);
    if (same === undefined) columns.push({ name, of: [definition.id], property: name, type: property.type });
    else if (same.type === property.type) same.of?.push(definition.id);
    else columns.push({ name: `${definition.id}_${name}`, of: [definition.id], property: name, type: property.type });
  }
  return columns;
}

const compare = (a: string, b: string) => Number(a > b) - Number(a < b);

export interface Column {
  name: string;
  /** The definitions whose events have a value in it; null: all. */
  of: string[] | null;
  /** The member of the flat row. */
  property: string;
  type?: string;
}

/** The row as the cells of a CSV line; null is an empty field. */
export function cellsOf(columns: readonly Column[], row: Row): (string | null)[] {
  return columns.map(({ of, property }) => {
    if (of !== null && !of.includes(String(row["definitionId"]))) return null;
    const value = row[property] ?? null;
    if (value === null || typeof value === "string") return value;
    return JSON.stringify(value);
  });
}
