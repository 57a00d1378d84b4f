/** Commands of reachability events: they are loaded and exported. */

import * as fc from "fast-check";
import { ask, earlier } from "./asking.ts";
import { command, expectSame, expectStatus, nth } from "./command.ts";
import { KINDS } from "./reachability-rows.ts";
import { bound, iso, resolve, when, windowOf } from "./times.ts";
import { workAll } from "./work.ts";
import { DAY_MS, named, namesOf, type Reached, type World } from "./world.ts";

const nat = fc.nat({ max: 59 });

export const loadReachability = command(
  "load reachability events",
  fc.array(
    fc.record({
      person: nat,
      when,
      kind: fc.constantFrom(0 as const, 1 as const, 2 as const),
      again: fc.option(nat, { freq: 5 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  async (sent, world, stage) => {
    const seq = world.data.seq + 1;
    const { reached } = world.data;
    const known = reached.filter(({ occurredAt }) => occurredAt >= world.goneBefore);
    const all = sent.map(({ person, when, kind, again }): Reached => ({
      id: again === null || known.length === 0 ? `r-${(world.sent += 1)}` : nth(known, again).id,
      seq,
      person: named(world.data, nth(namesOf(world.data), person)),
      // Older ones are refused.
      occurredAt: Math.max(resolve(when, world), world.now - world.retentionDays * DAY_MS),
      kind,
    }));
    const events = all.map(({ id, person, occurredAt, kind }) => ({
      id,
      person_id: person,
      timestamp: iso(occurredAt),
      ...KINDS[kind],
    }));
    const answer = await stage.call("POST", "/v1/reachability-events", { events });
    expectStatus(answer, 202);
    const fresh = all.filter(
      ({ id }, n) => !reached.some((each) => each.id === id) && all.findIndex((each) => each.id === id) === n,
    );
    expectSame("the answer", answer.body, { accepted: fresh.length, duplicates: all.length - fresh.length });
    world.write((data) => ({ reached: [...data.reached, ...fresh] }));
  },
  (world: Readonly<World>) => world.data.people.size > 0,
);

export const exportReachability = command(
  "export reachability_events",
  fc.record({
    bounds: fc.tuple(bound, bound),
    channels: fc.constantFrom(undefined, ["SMS"], ["EMAIL", "SMS"]),
    files: fc.boolean(),
    since: fc.option(nat, { freq: 3 }),
    atOnce: fc.boolean(),
  }),
  async ({ bounds, channels, files, since, atOnce }, world, stage) => {
    const window = windowOf(bounds, world);
    const request = {
      from: window.start,
      to: window.end,
      channels,
      layout: files ? "files" : "single",
      file_rows: files ? 1 : undefined,
    };
    const found = earlier(world, "reachability_events");
    const continued = since === null || found.length === 0 ? null : nth(found, since);
    await ask(world, stage, { dataset: "reachability_events", request, from: window.from, since: continued });
    if (atOnce) await workAll(world, stage);
  },
);
