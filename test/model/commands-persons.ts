/** Commands of events whose people the space need not know, and of dry runs. */

import * as fc from "fast-check";
import { flatRow } from "./activity-rows.ts";
import { PERSONS } from "./commands-data.ts";
import { command, expectSame, expectStatus, nth } from "./command.ts";
import { iso, resolve, when } from "./times.ts";
import { ingest, type SentEvent } from "./writes.ts";

const nat = fc.nat({ max: 59 });

/** Ids of people: no two kinds name one person. */
const IDS = { person_id: PERSONS, external_person_id: ["n-1", "n-2"], custom_id: ["m-1", "m-2"] } as const;

/** Events that create the people whom they name. A dry run before tells what the call does, and does nothing. */
export const createPeople = command(
  "send with create_profiles",
  fc.array(
    fc.record({
      definition: nat,
      kind: fc.constantFrom("person_id" as const, "external_person_id" as const, "custom_id" as const),
      person: nat,
      when,
      again: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  async (args, world, stage) => {
    const known = [...world.data.definitions.values()];
    const events = args.map(({ definition, kind, person, when: at, again }, n): SentEvent => ({
      id: `e-${again && n > 0 ? world.sent : (world.sent += 1)}`,
      definition_id: nth(known, definition).id,
      [kind]: nth(IDS[kind], person),
      occurred_at: iso(resolve(at, world)),
      properties: {},
    }));
    const before = world.data;
    const dry = await stage.call("POST", "/v1/events?dry_run=true&create_profiles=true", { events });
    await ingest(world, stage, events, "create_profiles");
    if (dry.status === 422) return expectSame("the data after a refused dry run", world.data.seq, before.seq);
    expectStatus(dry, 200);
    const fresh = world.data.events.slice(before.events.length);
    expectSame(
      "the profiles that a dry run counts",
      dry.body["created_profiles"],
      world.data.people.size - before.people.size,
    );
    // A person who is created by another id than theirs has another person_id in a dry run.
    const shown = (row: Record<string, unknown>) =>
      before.people.has(String(row["personId"])) ? row : { ...row, personId: null };
    const rows = dry.body["data"] as Record<string, unknown>[];
    const isNew = (row: Record<string, unknown>) => !before.people.has(String(row["personId"]));
    expectSame(
      "the rows of a dry run",
      rows.map(shown),
      fresh.map((event) => shown(flatRow(world.data, event))),
    );
    expectSame(
      "the people of a dry run",
      rows.map(isNew),
      fresh.map((event) => !before.people.has(event.person)),
    );
  },
  (world) => world.data.definitions.size > 0,
);
