/** The Durable Object: exact under concurrency, across evictions, and when its clock goes back. */

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import type { LimiterObject } from "../../src/limiter/limiter.ts";
import type { Policy } from "../../src/limiter/policies.ts";
import { START } from "../support/service.ts";

/** A limiter for one test only, with a clock that the test sets. */
async function limiter() {
  const namespace = env.LIMITER as DurableObjectNamespace<LimiterObject>;
  const stub = namespace.get(namespace.idFromName(crypto.randomUUID()));
  const clock = { now: START };
  const wind = () => runInDurableObject(stub, (object) => void Object.assign(object, { now: () => clock.now }));
  await wind();
  const take = async (count: number, policy: Policy = "create", limit = 5) => {
    const answers = await Promise.all(Array.from({ length: count }, () => stub.admit(policy, limit)));
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
  expect(await stub.admit("create", 5)).toMatchObject({ allowed: false, resetMs: 47_655, resetAt: START + 60_000 });
});

it("counts the policy api in memory alone: exactly, until an eviction forgets it", async () => {
  const { take, evict } = await limiter();
  expect(await take(200, "api", 100)).toBe(100);
  await evict();
  expect(await take(200, "api", 100)).toBe(100);
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
