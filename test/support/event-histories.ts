/**
 * Random histories of a space's events, for tests of stores: writes, deletions of people, and the moments at which old
 * events are sealed. They are played into a store of either kind.
 */

import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { Budget } from "../../src/budget.ts";
import { D1Driver } from "../../src/db/core/d1-driver.ts";
import { Database, statement } from "../../src/db/core/database.ts";
import { nextSequence } from "../../src/db/core/sequences.ts";
import { compareKeys } from "../../src/db/events/event-range.ts";
import { insertRows } from "../../src/db/events/event-rows.ts";
import type { EventStore } from "../../src/db/events/event-store.ts";
import { eventStoreIn } from "../../src/db/events/sql-event-store.ts";
import { DAY_MS } from "../../src/time/durations.ts";
import { keyOf, type PendingDeletion, SealedEventStore, type StoredEvent } from "./sealed-events.ts";
import { START } from "./service.ts";

export const PEOPLE = ["ann", "bob", "eve"] as const;
export const TYPES = ["seen", "bought"] as const;
export const FIRST_DAY = 20_000 * DAY_MS;

// All histories are read by one invocation: each of its queries is bounded, their sum is not.
const db = new Database(
  new D1Driver(env.SPACE_DB),
  new Budget(() => 0, { statements: Infinity, rowsRead: Infinity, subrequests: Infinity }),
);

/** What happened to a space, in its order. */
type Step = { write: readonly Sent[] } | { delete: string } | { seal: true };

type Sent = Pick<StoredEvent, "occurredAt" | "personId" | "definitionId"> & { name: string; bytes: number };

/** Few times, so that many events share one; names that sort by bytes in another way than by UTF-16; a large event. */
const sent: fc.Arbitrary<Sent> = fc.record({
  occurredAt: fc.integer({ min: -2, max: 9 }).map((n) => FIRST_DAY + n * (DAY_MS / 4)),
  personId: fc.constantFrom(...PEOPLE),
  definitionId: fc.constantFrom(...TYPES),
  name: fc.constantFrom("a", "Z", "\uffee", "\u{1f6d2}"),
  bytes: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 1, max: 300 }) },
    { weight: 1, arbitrary: fc.constant(5_000) },
  ),
});

export const history: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ write: fc.array(sent, { maxLength: 12 }) }) },
    { weight: 1, arbitrary: fc.record({ delete: fc.constantFrom(...PEOPLE) }) },
    { weight: 2, arbitrary: fc.constant({ seal: true } as const) },
  ),
  { minLength: 4, maxLength: 12 },
);

/** A space with a history, in a store. */
export interface World {
  spaceId: string;
  store: EventStore;
  /** What the history wrote. */
  events: readonly StoredEvent[];
  deletions: readonly (PendingDeletion & { id: string })[];
  seq: number;
}

export type Play = (steps: readonly Step[]) => Promise<World>;

/** Plays a history. @param keep has the events of a write. @param seal is called where the history seals. */
async function play(
  steps: readonly Step[],
  keep: (spaceId: string, events: readonly StoredEvent[]) => Promise<unknown>,
  seal = () => {},
): Promise<Omit<World, "store">> {
  const spaceId = crypto.randomUUID();
  const events: StoredEvent[] = [];
  const deletions: World["deletions"][number][] = [];
  let seq = 0;
  for (const step of steps)
    if ("write" in step) {
      seq += 1;
      const written = step.write.map(({ name, bytes, ...event }, n) => ({
        ...event,
        id: `${name}-${seq}-${n}`,
        seq,
        definitionVersion: 1,
        sessionId: null,
        companyId: null,
        receivedAt: START,
        properties: `{"note":"${"x".repeat(bytes)}"}`,
      }));
      await keep(spaceId, written);
      events.push(...written);
    } else if ("delete" in step) {
      seq += 1;
      const deletion = { id: `d-${seq}`, personId: step.delete, seq };
      await db.batch([
        nextSequence(spaceId),
        statement(
          "INSERT INTO profile_deletions (space_id, id, person_id, seq, requested_at, due_at) VALUES (?1, ?2, ?3, ?4, 0, 0)",
          [spaceId, deletion.id, deletion.personId, seq],
        ),
      ]);
      deletions.push(deletion);
    } else seal();
  return { spaceId, events, deletions, seq };
}

export const asRows: Play = async (steps) => ({
  ...(await play(steps, (spaceId, events) =>
    db.batch([
      nextSequence(spaceId),
      ...insertRows(
        spaceId,
        events.map((event) => ({
          id: event.id,
          definition_id: event.definitionId,
          definition_version: event.definitionVersion,
          person_id: event.personId,
          company_id: null,
          session_id: null,
          occurred_at: event.occurredAt,
          properties: event.properties,
        })),
        START,
      ),
    ]),
  )),
  store: eventStoreIn(db),
});

export const inTiers: Play = async (steps) => {
  const pending: PendingDeletion[] = [];
  const store = new SealedEventStore(eventStoreIn(db), async () => pending);
  const world = await play(
    steps,
    async (spaceId, events) => {
      await db.batch([nextSequence(spaceId)]);
      store.add(events);
    },
    () => store.seal(),
  );
  pending.push(...world.deletions);
  return { ...world, store };
};

export const byKey = (a: StoredEvent, b: StoredEvent) => compareKeys(keyOf(a), keyOf(b));
