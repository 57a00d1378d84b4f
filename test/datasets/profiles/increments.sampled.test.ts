/** A chain of exports, each with `since` the one before: together they have the rows of a single export. */

import { describe, expect, it } from "vitest";
import { roomyService, type Row, rowsOf } from "../../support/pipeline.ts";
import { between, dice, pick } from "../../support/random.ts";
import { seeds } from "../../support/seeds.ts";
import { orders, type ProblemView, START, type Service, type Space } from "../../support/service.ts";

const MINUTE_MS = 60_000;
const at = (time: number) => new Date(time).toISOString();
const PERSONS = ["p-1", "p-2", "p-3"];
const FROM = at(START - 60 * MINUTE_MS);

/** The requests of each dataset. */
const WINDOWED: Record<string, (now: number) => Record<string, unknown>> = {
  activity_events: (now) => ({ start: FROM, end: at(now) }),
  conversion_events: () => ({ start: undefined, end: undefined, date: FROM.slice(0, 10), fields: ["order_name"] }),
  profile_events: () => ({ start: undefined, end: undefined, from: FROM, identifiers: ["custom_id"] }),
  reachability_events: () => ({ start: undefined, end: undefined, from: FROM }),
};
const ATTRIBUTES = {
  dataset: "profile_attributes",
  start: undefined,
  end: undefined,
  attributes: ["tier"],
  identifiers: ["custom_id"],
  include_deletions: true,
};

/** The time of a recent event, or of one up to five minutes ahead, as from a fast clock. */
const moment = (roll: () => number, now: number) => at(now + between(roll, -30 * MINUTE_MS, 5 * MINUTE_MS));

const post = (service: Service, space: Space, path: string, body: unknown) =>
  service.json("POST", path, 202, { key: space.key, body });
const put = (service: Service, space: Space, profiles: readonly object[]) =>
  service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles } });

async function happen(service: Service, space: Space, roll: () => number, round: number): Promise<void> {
  const some = (kind: string, make: (id: string) => object) =>
    Array.from({ length: between(roll, 0, 6) }, (_, n) => make(`${kind}-${round}-${n}-${between(roll, 0, 999)}`));
  const events = ["order_placed", "purchase"].flatMap((definition_id) =>
    some(definition_id, (id) => ({
      id,
      definition_id,
      person_id: pick(roll, PERSONS),
      occurred_at: moment(roll, service.now),
      properties: definition_id === "purchase" ? { order_name: id } : { order_id: id },
    })),
  );
  if (events.length > 0) await post(service, space, "/v1/events", { events });
  const changes = some("reach", (id) => ({
    id: Buffer.from(id).toString("hex").padEnd(32, "0").slice(0, 40),
    person_id: pick(roll, PERSONS),
    channel: "SMS",
    timestamp: moment(roll, service.now),
    reasons: ["PHONE_NUMBER_ADDED"],
  }));
  if (changes.length > 0) await post(service, space, "/v1/reachability-events", { events: changes });
}

const textsOf = (rows: readonly Row[]) => rows.map((row) => JSON.stringify(row)).toSorted();

describe("a chain", () => {
  it("gives each event once, and every one", async () => {
    const service = roomyService();
    const roll = dice(7);
    const space = await service.shop();
    await put(
      service,
      space,
      PERSONS.map((person_id) => ({ person_id, identifiers: { custom_id: `c-${person_id}` } })),
    );
    const chains = new Map(Object.keys(WINDOWED).map((dataset) => [dataset, { rows: [] as Row[], last: "" }]));
    const rounds = 4;
    for (let round = 1; round <= rounds; round += 1) {
      await happen(service, space, roll, round);
      // In the last round, every event ahead of the clock comes due.
      service.now += round === rounds ? 6 * MINUTE_MS : between(roll, 0, 2 * MINUTE_MS);
      for (const [dataset, chain] of chains) {
        const since = chain.last === "" ? undefined : chain.last;
        chain.last = await service.ask(space, { dataset, ...WINDOWED[dataset]?.(service.now), since });
        if (round < rounds && roll() < 0.5) await happen(service, space, roll, 100 + round);
        await service.pump();
        chain.rows.push(...(await rowsOf(service, await service.poll(space, chain.last))));
      }
    }
    for (const [dataset, { rows }] of chains) {
      const ask = { dataset, ...WINDOWED[dataset]?.(service.now) };
      const whole = await rowsOf(service, await service.export(space, ask));
      expect(whole.length, dataset).toBeGreaterThan(5);
      expect(textsOf(rows), dataset).toEqual(textsOf(whole));
    }
  });

  it.each(seeds({ first: 1, few: 2, full: 4, all: 20 }))(
    "gives the state of the profiles, when it is replayed with what was deleted (%i)",
    async (seed) => {
      const service = roomyService();
      const roll = dice(seed);
      const space = await service.space();
      const state = new Map<string, string>();
      let since: string | undefined;
      for (let round = 0; round < 4; round += 1) {
        for (let n = between(roll, 0, 8); n > 0; n -= 1) {
          const person_id = pick(roll, ["a", "b", "c", "d", "e"]);
          if (roll() < 0.35) await service.call("DELETE", `/v1/profiles/${person_id}`, { key: space.key });
          else
            await put(service, space, [
              {
                person_id,
                attributes: { tier: between(roll, 0, 3) },
                identifiers: { custom_id: `${person_id}${round}` },
              },
            ]);
        }
        const done = await service.export(space, { ...ATTRIBUTES, since });
        for (const row of await rowsOf(service, done)) {
          const deleted = row["deleted"] as { profile_id: string } | undefined;
          if (deleted !== undefined) state.delete(deleted.profile_id);
          else state.set((row["identifiers"] as { profile_id: string }).profile_id, JSON.stringify(row));
        }
        since = done.id;
      }
      const whole = await rowsOf(service, await service.export(space, { ...ATTRIBUTES, include_deletions: false }));
      expect(whole.length).toBeGreaterThan(0);
      expect([...state.values()].toSorted()).toEqual(textsOf(whole));
    },
  );
});

describe("an increment", () => {
  it("has nothing where nothing was written", async () => {
    const service = roomyService();
    const space = await service.shop();
    const first = await service.export(space, ATTRIBUTES);
    const again = await service.export(space, { ...ATTRIBUTES, since: first.id });
    expect([first.message, again.message, again.files[0]?.rows]).toEqual([null, "0 profiles found.", 0]);
  });

  it("of a segment has those in it that were written to", async () => {
    const service = roomyService();
    const space = await service.space();
    const key = { key: space.key };
    await service.json("PUT", "/v1/segments/gold", 200, {
      ...key,
      body: { name: "Gold", rule: { attribute: "tier", op: "eq", value: "gold" } },
    });
    const tier = (person_id: string, tier: string) => ({ person_id, attributes: { tier } });
    await put(service, space, [tier("a", "gold"), tier("b", "gold"), tier("c", "basic")]);
    const request = { ...ATTRIBUTES, segment: "gold" };
    const first = await service.export(space, request);
    await put(service, space, [tier("b", "gold"), tier("c", "gold"), tier("d", "basic")]);
    const rows = await rowsOf(service, await service.export(space, { ...request, since: first.id }));
    expect(rows.map((row) => (row["identifiers"] as Row)["profile_id"])).toEqual(["b", "c"]);
  });
});

describe("since", () => {
  const ask = (service: Service, space: Space, request: Record<string, unknown>) =>
    service.json<ProblemView>("POST", "/v1/exports", 422, { key: space.key, body: request });

  it("must be an export of the dataset that the space has and that was completed", async () => {
    const service = roomyService();
    const [space, other] = [await service.shop(), await service.shop()];
    const theirs = await service.export(other, ATTRIBUTES);
    const { dataset, attributes } = ATTRIBUTES;
    for (const since of [theirs.id, crypto.randomUUID()]) {
      const { errors } = await ask(service, space, { dataset, attributes, since });
      expect(errors).toEqual([{ pointer: "/since", detail: "since must be the id of an export of this space." }]);
    }
    const events = await service.export(space);
    const another = await ask(service, space, { dataset, attributes, since: events.id });
    expect(another.errors?.[0]?.detail).toMatch(/must be an export of profile_attributes/);
    const waiting = await service.ask(space, ATTRIBUTES);
    expect((await ask(service, space, { dataset, attributes, since: waiting })).errors?.[0]?.detail).toMatch(/queued/);
    await service.pump();
  });

  it("must not be an export that failed", async () => {
    const service = roomyService();
    const space = await service.shop();
    await service.send(space, orders(20));
    const small = roomyService({ MAX_EXPORT_BYTES: "1000" });
    const request = { dataset: "profile_events", from: FROM };
    const failed = await small.export(space, { ...request, start: undefined, end: undefined });
    expect(failed.status).toBe("failed");
    const { errors } = await ask(service, space, { ...request, since: failed.id });
    expect(errors).toEqual([{ pointer: "/since", detail: "since must be a completed export. This one is failed." }]);
  });
});
