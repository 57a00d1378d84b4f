/** The Durable Object: exact under concurrency, across evictions, and when its clock goes back. */

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { LimiterObject } from "../../src/limiter/limiter.ts";
import type { Policy } from "../../src/limiter/policies.ts";
import { START } from "../support/service.ts";

const DAY = "2026-03-01";

/** A limiter for one test only, with a clock that the test sets. */
async function limiter() {
  const namespace = env.LIMITER as DurableObjectNamespace<LimiterObject>;
  const stub = namespace.get(namespace.idFromName(crypto.randomUUID()));
  const clock = { now: START };
  const wind = () => runInDurableObject(stub, (object) => void Object.assign(object, { now: () => clock.now }));
  await wind();
  const take = async (count: number, policy: Policy = "create", limit = 5, day = DAY) => {
    const answers = await Promise.all(Array.from({ length: count }, () => stub.admit(policy, limit, day)));
    return answers.filter((answer) => answer.allowed).length;
  };
  const evict = async () => {
    await evictDurableObject(stub);
    await wind();
  };
  return { stub, clock, take, evict };
}

it("lets exactly 5 of 200 calls at once through", async () => {
  const { take } = await limiter();
  expect(await take(200)).toBe(5);
});

it("lets the next call through exactly 60 seconds after the first", async () => {
  const { take, clock } = await limiter();
  await take(5);
  clock.now += 59_999;
  const early = await take(1);
  clock.now += 1;
  expect([early, await take(1)]).toEqual([0, 1]);
});

it("forgets nothing when it is evicted", async () => {
  const { take, evict } = await limiter();
  await take(3);
  await evict();
  expect(await take(200)).toBe(2);
});

it("keeps the times of the calls across an eviction, not only their number", async () => {
  const { take, evict, clock } = await limiter();
  await take(2);
  clock.now += 30_000;
  await take(3);
  await evict();
  clock.now += 30_000;
  expect(await take(200)).toBe(2);
});

it("does not count refused calls, before or after an eviction", async () => {
  const { take, evict, clock } = await limiter();
  await take(50);
  clock.now += 59_000;
  await take(50);
  await evict();
  clock.now += 1_000;
  expect(await take(50)).toBe(5);
});

it("lets no more through when the clock goes back", async () => {
  const { take, clock } = await limiter();
  await take(5);
  clock.now -= 3_600_000;
  expect(await take(200)).toBe(0);
});

it("lets no more through when the clock goes back after an eviction", async () => {
  const { take, evict, clock } = await limiter();
  await take(4);
  await evict();
  clock.now -= 3_600_000;
  expect(await take(200)).toBe(1);
});

it("counts a call on a clock that went back at the latest time it knows", async () => {
  const { take, clock } = await limiter();
  await take(1);
  clock.now -= 30_000;
  await take(4);
  clock.now = START + 59_999;
  expect(await take(200)).toBe(0);
});

it("counts each policy apart", async () => {
  const { take } = await limiter();
  await take(200, "create");
  expect(await take(200, "poll", 30)).toBe(30);
});

it("holds to a limit that was lowered meanwhile", async () => {
  const { take, clock } = await limiter();
  await take(5);
  clock.now += 30_000;
  expect(await take(200, "create", 2)).toBe(0);
});

it("uses a limit that was raised meanwhile", async () => {
  const { take } = await limiter();
  await take(5);
  expect(await take(200, "create", 8)).toBe(3);
});

it("says at which time of its clock one more call passes", async () => {
  const { take, clock, stub } = await limiter();
  await take(5);
  clock.now += 12_345;
  expect(await stub.admit("create", 5, DAY)).toMatchObject({
    allowed: false,
    resetMs: 47_655,
    resetAt: START + 60_000,
  });
});

it("counts the policy api in memory alone: exactly, until an eviction forgets it", async () => {
  const { take, evict } = await limiter();
  expect(await take(200, "api", 100)).toBe(100);
  await evict();
  expect(await take(200, "api", 100)).toBe(100);
});

describe("the use of limits", () => {
  const use = (refused: number, highest: number, policy = "create", day = DAY) => ({ day, policy, refused, highest });

  it("is, for each policy, the calls that were refused and the most that counted at a time", async () => {
    const { stub, take, clock } = await limiter();
    await take(200);
    await take(7, "poll", 30);
    clock.now += 60_000;
    await take(2);
    await take(9, "poll", 30);
    expect(await stub.use(DAY, DAY)).toEqual([use(195, 5), use(0, 9, "poll")]);
  });

  it("counts on the day that the call names, and is read by days", async () => {
    const { stub, take, clock } = await limiter();
    await take(6);
    clock.now += 60_000;
    await take(8, "create", 5, "2026-03-02");
    expect(await stub.use(DAY, "2026-03-02")).toEqual([use(1, 5), use(3, 5, "create", "2026-03-02")]);
    expect(await stub.use("2026-03-02", "2026-03-31")).toEqual([use(3, 5, "create", "2026-03-02")]);
    expect(await stub.use("2026-02-01", "2026-02-28")).toEqual([]);
  });

  it("of a flood is written once, by the alarm", async () => {
    const { stub, take, clock, evict } = await limiter();
    // Later than the machine's clock, so that the alarm rings when the test says so.
    clock.now = Date.parse("2100-01-01T00:00:00Z");
    const stored = () =>
      runInDurableObject(stub, (_, state) =>
        state.storage.sql.exec("SELECT day, policy, refused, highest FROM uses").toArray(),
      );
    await take(500);
    expect(await stored()).toEqual([]);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await stored()).toEqual([use(495, 5)]);
    await evict();
    await take(100);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await stored()).toEqual([use(595, 5)]);
    clock.now += 60_000;
    await take(5);
    expect(await runDurableObjectAlarm(stub)).toBe(false);
  });
});

it("leaves nothing in its storage after forget", async () => {
  const { stub, take } = await limiter();
  await take(5);
  await stub.clear();
  const stored = await runInDurableObject(stub, (_, state) =>
    state.storage.sql.exec<{ name: string }>("SELECT name FROM sqlite_master").toArray(),
  );
  expect(stored.filter((table) => !table.name.startsWith("_cf_"))).toEqual([]);
});

it("still answers a call that was in flight at forget", async () => {
  const { stub, take } = await limiter();
  await take(5);
  await stub.clear();
  expect(await take(6)).toBe(5);
});
