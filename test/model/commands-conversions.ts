/** Commands of conversions: touchpoints, purchases, and exports of days with and without credit. */

import * as fc from "fast-check";
import { ask, earlier } from "./asking.ts";
import { command, expectSame, expectStatus, nth } from "./command.ts";
import { CONVERSIONS, daysWindow } from "./conversion-rows.ts";
import { dayOf, iso, resolve, when } from "./times.ts";
import { workAll } from "./work.ts";
import { ingest } from "./writes.ts";
import { DAY_MS, named, namesOf, type Touchpoint, type World } from "./world.ts";

const nat = fc.nat({ max: 59 });
const SOURCES = ["google_ads", "facebook_ads", "direct", "email"] as const;
const AMOUNTS = [100, 0.1, 33.335, 7, -5.5] as const;

const hasPeople = (world: Readonly<World>) => world.data.people.size > 0;

export const convert = command(
  "send conversions",
  fc.array(fc.record({ person: nat, definition: nat, when, amount: fc.option(nat, { freq: 4 }) }), {
    minLength: 1,
    maxLength: 4,
  }),
  (sent, world, stage) =>
    ingest(
      world,
      stage,
      sent.map(({ person, definition, when, amount }) => ({
        id: `e-${(world.sent += 1)}`,
        definition_id: nth(CONVERSIONS, definition),
        person_id: nth(namesOf(world.data), person),
        occurred_at: iso(resolve(when, world)),
        properties: amount === null ? {} : { amount: nth(AMOUNTS, amount), order_id: `o-${amount}` },
      })),
    ),
  hasPeople,
);

export const touch = command(
  "send touchpoints",
  fc.array(fc.record({ person: nat, source: nat, when, again: fc.option(nat, { freq: 5 }) }), {
    minLength: 1,
    maxLength: 4,
  }),
  async (sent, world, stage) => {
    const { touchpoints } = world.data;
    const touches = sent.map(({ person, source, when, again }): Touchpoint => ({
      id: again === null || touchpoints.length === 0 ? `t-${(world.sent += 1)}` : nth(touchpoints, again).id,
      person: named(world.data, nth(namesOf(world.data), person)),
      source: nth(SOURCES, source),
      occurredAt: Math.min(resolve(when, world), world.now),
    }));
    const body = {
      touchpoints: touches.map(({ id, person, occurredAt, source }) => ({
        id,
        person_id: person,
        occurred_at: iso(occurredAt),
        source,
      })),
    };
    const answer = await stage.call("POST", "/v1/touchpoints", body);
    expectStatus(answer, 202);
    const fresh = touches.filter(
      ({ id }, n) => !touchpoints.some((each) => each.id === id) && touches.findIndex((each) => each.id === id) === n,
    );
    expectSame("the answer", answer.body, { accepted: fresh.length, duplicates: touches.length - fresh.length });
    world.write((data) => ({ touchpoints: [...data.touchpoints, ...fresh] }));
  },
  hasPeople,
);

const MODELS = [
  "first_touch",
  "last_touch",
  "linear",
  "first_platform_touch",
  "last_platform_touch",
  "linear_paid",
  "u_shaped",
  "last_non_direct_touch",
] as const;

export const exportConversions = command(
  "export conversion_events",
  fc.record({
    daysAgo: fc.constantFrom(0, 0, 1, 2),
    days: fc.constantFrom(1, 1, 2),
    names: fc.constantFrom(undefined, ["purchase"]),
    credit: fc.option(
      fc.record({
        attribution_model: fc.constantFrom(...MODELS),
        attribution_window: fc.constantFrom(0, 1, 7),
        sources: fc.subarray([...SOURCES], { minLength: 1 }),
        level: fc.constantFrom("profile" as const, "company" as const),
      }),
      { freq: 2 },
    ),
    files: fc.boolean(),
    since: fc.option(nat, { freq: 3 }),
    atOnce: fc.boolean(),
  }),
  async ({ daysAgo, days, names, credit, files, since, atOnce }, world, stage) => {
    const { now, zone } = world;
    const last = dayOf(zone, now - daysAgo * DAY_MS);
    const first = days === 1 ? last : dayOf(zone, now - (daysAgo + 1) * DAY_MS);
    const request = {
      ...(first === last ? { date: last } : { start_date: first, end_date: last }),
      event_names: names,
      fields: credit === null ? ["profile_id", "event_name", "amount", "order_id", "company_id"] : ["source", "amount"],
      layout: files ? "files" : "single",
      file_rows: files ? 2 : undefined,
      ...credit,
    };
    const { from } = daysWindow(zone, first, first);
    // The retention is not asked of the part of a day that is past it.
    if (from < now - world.retentionDays * DAY_MS) return;
    const found = earlier(world, "conversion_events").filter((each) => each.zone === zone);
    const continued = since === null || found.length === 0 ? null : nth(found, since);
    await ask(world, stage, { dataset: "conversion_events", request, from: null, since: continued });
    if (atOnce) await workAll(world, stage);
  },
);
