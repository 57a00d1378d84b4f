/**
 * The properties of events as rows show them: every property of the event's definition as of the snapshot, null where
 * the event has none. Only what was sent is stored; this is the one place where rows are filled.
 */

import { definitionsAt } from "../ingest/definitions.ts";
import { type ObjectShape, shapeOf } from "../ingest/object-shape.ts";
import type { AsOf } from "./dataset.ts";
import { fillNulls } from "./fill-nulls.ts";
import { boundedGroups } from "./groups.ts";
import { SnapshotCache } from "./snapshot-cache.ts";

const MAX_DEFINITIONS = 500;

/** definition → the shape of its properties. */
const shapes = new SnapshotCache<ObjectShape>(MAX_DEFINITIONS, async ({ db, spaceId, seq }, ids) => {
  const definitions = await definitionsAt(db, spaceId, seq, ids);
  return definitions.map(({ id, properties }) => [id, shapeOf(properties)]);
});

interface WithProperties {
  definitionId: string;
  properties: string;
}

/** @returns a function that fills an event's properties. @param definitionIds the definitions of the events. */
export async function propertyFiller(
  asOf: AsOf,
  definitionIds: Iterable<string>,
): Promise<(event: WithProperties) => string> {
  const known = await shapes.look(asOf, definitionIds);
  return ({ definitionId, properties }) => {
    const shape = known.get(definitionId) ?? null;
    return shape === null ? properties : fillNulls(shape, properties);
  };
}

/** A page's events with filled properties, in groups of bounded size. */
export async function* filledGroups<Event extends WithProperties>(
  asOf: AsOf,
  events: readonly Event[],
): AsyncGenerator<Event[]> {
  const fill = await propertyFiller(
    asOf,
    events.map((event) => event.definitionId),
  );
  yield* boundedGroups(
    events,
    (event) => ({ ...event, properties: fill(event) }),
    ({ properties }) => properties.length,
  );
}

/** Pages of events with filled properties, in groups of bounded size. */
export async function* filledEvents<Event extends WithProperties>(
  asOf: AsOf,
  pages: AsyncIterable<readonly Event[]>,
): AsyncGenerator<Event[]> {
  for await (const events of pages) yield* filledGroups(asOf, events);
}
