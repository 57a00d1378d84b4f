/** Derived events as rows: events that the service itself creates, at the time of the write that they follow from. */

import type { Database } from "../db/core/database.ts";
import type { NewEvent } from "../db/events/event-rows.ts";
import type { NewReachability } from "../db/events/reachability.ts";
import { type Definition, type DefinitionSpace, findDefinitions, type FoundDefinition } from "./definitions.ts";
import { DERIVED, type DerivedEvent, isDerived } from "./derived.ts";
import type { Person } from "./persons.ts";
import { type ReachabilityChange, reachabilityText } from "./reachability.ts";

/** The definitions of derived events that the space has enabled: for most spaces none. */
export async function enabledDerived(db: Database, space: DefinitionSpace): Promise<Map<string, FoundDefinition>> {
  const definitions = await findDefinitions(db, space, DERIVED);
  return new Map([...definitions].filter(([, each]) => each.enabled && isDerived(each)));
}

/**
 * @param definitions the enabled ones: events of other definitions are left out.
 * @param ids the rows' ids, in order.
 */
export function derivedRows(
  definitions: ReadonlyMap<string, Definition>,
  person: Person,
  events: readonly DerivedEvent[],
  now: number,
  ids: Iterator<string, never>,
): NewEvent[] {
  return events.flatMap((event) => {
    const definition = definitions.get(event.definition_id);
    if (definition === undefined || !isTracked(definition, event)) return [];
    return [
      {
        id: ids.next().value,
        definition_id: definition.id,
        definition_version: definition.version,
        person_id: person.person_id,
        company_id: person.company_id,
        session_id: null,
        occurred_at: now,
        properties: canonical(definition, event.properties),
      },
    ];
  });
}

/** Each list is made a set once in a call. */
const tracked = new WeakMap<readonly string[], ReadonlySet<string | null>>();

/** Whether the definition has events of the attribute whose change an event tells. */
function isTracked({ attributes }: Definition, { properties }: DerivedEvent): boolean {
  if (attributes === null) return true;
  const names = tracked.get(attributes) ?? new Set(attributes);
  tracked.set(attributes, names);
  return names.has(properties["attribute"] ?? null);
}

/** Keys in the definition's order. As of events that are sent, null is not stored. */
function canonical(definition: Definition, values: DerivedEvent["properties"]): string {
  const pairs = definition.properties.flatMap(({ name }) => {
    const value = Object.hasOwn(values, name) ? (values[name] ?? null) : null;
    return value === null ? [] : [`${JSON.stringify(name)}:${JSON.stringify(value)}`];
  });
  return `{${pairs.join()}}`;
}

/** @param ids the rows' ids, in order. */
export function derivedReachability(
  personId: string,
  changes: readonly ReachabilityChange[],
  now: number,
  ids: Iterator<string, never>,
): NewReachability[] {
  return changes.map(({ channel, installation_id, reasons, state }) => ({
    id: ids.next().value,
    person_id: personId,
    channel,
    installation_id,
    occurred_at: now,
    event: reachabilityText(channel, reasons, state),
  }));
}

/** The ids of a write's derived events, in order. @param write random, unique to the write. */
export function* derivedIds(write: string): Generator<string, never> {
  for (let n = 0; ; n += 1) yield `${write}-${String(n).padStart(5, "0")}`;
}

/**
 * The ids of a write's reachability events, in order: 32 hex characters each.
 * @param write a UUID, unique to the write.
 */
export function* reachabilityIds(write: string): Generator<string, never> {
  const prefix = write.replaceAll("-", "").slice(0, 24);
  for (let n = 0; ; n += 1) yield prefix + n.toString(16).padStart(8, "0");
}
