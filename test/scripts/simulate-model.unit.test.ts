import { describe, expect, it } from "vitest";
import { Clock } from "../../scripts/simulate/clock.ts";
import { D1Server } from "../../scripts/simulate/d1-server.ts";
import { Invocation, outside } from "../../scripts/simulate/invocation.ts";
import { SIMULATED_READ } from "../../scripts/simulate/d1.ts";
import { SimulatedObjects } from "../../scripts/simulate/objects.ts";
import { type Batch, SimulatedQueue } from "../../scripts/simulate/queue.ts";
import { seededRandom } from "../../scripts/simulate/random.ts";
import { readWrangler } from "../../scripts/simulate/wrangler.ts";

/** No tails: each wait is its minimum. */
const still = () => 0;

describe("the simulation's clock", () => {
  it("jumps to what is due next, in the order of time", async () => {
    const clock = new Clock(1_000);
    const seen: string[] = [];
    const note = (name: string) => () => void seen.push(`${name} ${clock.now}`);
    clock.after(500, note("late"));
    clock.after(10, note("first"));
    clock.after(10, note("second"));
    clock.cancel(clock.after(20, note("cancelled")));
    await clock.runUntil(clock.wait(3_600_000));
    expect(seen).toEqual(["first 1010", "second 1010", "late 1500"]);
    expect(clock.now).toBe(3_601_000);
  });

  it("lets all promises go on before time goes on", async () => {
    const clock = new Clock(0);
    const seen: number[] = [];
    async function steps() {
      for (let step = 0; step < 50; step += 1) await Promise.resolve();
      seen.push(clock.now);
    }
    clock.after(1, () => void steps());
    await clock.runUntil(clock.wait(2));
    expect(seen).toEqual([1]);
  });

  it("fails where nothing is due and the work still waits", async () => {
    await expect(new Clock(0).runUntil(new Promise(() => {}))).rejects.toThrow("nothing is due");
  });
});

describe("the simulation's D1", () => {
  const read = { result: null, costs: [{ rowsRead: 100_000, rowsWritten: 0, returned: 0 }] };

  it("serves one statement at a time, those of all invocations", async () => {
    const clock = new Clock(0);
    const server = new D1Server(clock, still);
    const ends: number[] = [];
    const calls = Array.from({ length: 5 }, async () => {
      await server.call(() => read);
      ends.push(clock.now);
    });
    await clock.runUntil(Promise.all(calls));
    const gaps = ends.slice(1).map((end, index) => end - (ends[index] ?? 0));
    for (const gap of gaps) expect(gap).toBeCloseTo(server.spent.busyMs / 5);
    expect(server.spent).toMatchObject({ queries: 5, rowsRead: 500_000, longestQueue: 4 });
  });

  it("refuses what waited too long, and goes on with the rest", async () => {
    const clock = new Clock(0);
    const server = new D1Server(clock, still);
    server.slowdown = 100;
    const calls = Array.from({ length: 4 }, () => server.call(() => read));
    const outcomes = await clock.runUntil(Promise.allSettled(calls));
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "rejected"]);
    expect(server.spent.overloaded).toBe(3);
    await expect(clock.runUntil(server.call(() => read))).resolves.toBeNull();
  });
});

describe("the simulation's objects", () => {
  const MIGRATIONS = new URL("../../src/db/migrations/space", import.meta.url).pathname;
  const read = [{ sql: SIMULATED_READ, params: [1_000_000, 0] }];

  /** Reads of these objects at once. @returns when each ended. */
  async function endsOf(names: readonly string[]): Promise<{ ends: number[]; objects: SimulatedObjects }> {
    const clock = new Clock(0);
    const objects = new SimulatedObjects(clock, still, MIGRATIONS);
    const ends: number[] = [];
    const calls = names.map(async (name) => {
      await objects.get(objects.idFromName(name)).execute(read);
      ends.push(clock.now);
    });
    await clock.runUntil(Promise.all(calls));
    return { ends, objects };
  }

  it("serve beside each other, and each one call at a time", async () => {
    const [apart, together] = [await endsOf(["a", "b"]), await endsOf(["a", "a"])];
    expect(apart.ends[1]).toBe(apart.ends[0]);
    expect(together.ends[1]).toBeGreaterThan(1.9 * (together.ends[0] ?? 0));
  });

  it("answer a statement that fails with its error, and undo what was before it", async () => {
    const clock = new Clock(0);
    const object = new SimulatedObjects(clock, still, MIGRATIONS).get("a");
    const insert = { sql: "INSERT INTO sequences (space_id, seq) VALUES (?1, 1)", params: ["s"] };
    const answer = await clock.runUntil(object.execute([insert, { sql: "SELECT n FROM nowhere", params: [] }]));
    expect(answer).toEqual({ error: expect.stringContaining("no such table: nowhere") });
    const count = { sql: "SELECT count(*) AS n FROM sequences", params: [] };
    expect(await clock.runUntil(object.execute([count]))).toMatchObject({
      results: [{ columns: ["n"], rows: [[0]] }],
    });
  });

  it("sleep ten seconds after a call, and take time to wake up", async () => {
    const clock = new Clock(0);
    const objects = new SimulatedObjects(clock, still, MIGRATIONS);
    const timed = async () => {
      const begin = clock.now;
      await objects.get("a").execute(read);
      return clock.now - begin;
    };
    const took = await clock.runUntil(
      (async () => {
        const times = [await timed(), await timed()];
        await clock.wait(60_000);
        return [...times, await timed()];
      })(),
    );
    expect(took[1]).toBeLessThan(took[0] ?? 0);
    expect(took[2]).toBeCloseTo(took[0] ?? 0);
    expect(objects.spent).toMatchObject({ requests: 3, wakes: 2 });
    // Twice: ten seconds after the last call, and the calls themselves.
    expect(objects.spent.awakeMs).toBeCloseTo(20_000 + took.reduce((sum, each) => sum + each, 0));
  });
});

describe("the simulation's queues", () => {
  const settings = {
    queue: "work",
    maxBatchSize: 1,
    maxBatchTimeoutMs: 0,
    maxRetries: 2,
    deadLetterQueue: null,
    maxConcurrency: 3,
  };

  function queueOf(clock: Clock, consume: (batch: Batch) => Promise<void>, dead: unknown[] = []) {
    const deadLetter = (body: unknown) => void dead.push(body);
    return new SimulatedQueue({ clock, random: still, settings, consume, deadLetter });
  }

  it("adds an invocation when a batch ends and messages wait, up to max_concurrency", async () => {
    const clock = new Clock(0);
    const begun: number[] = [];
    const queue = queueOf(clock, async () => {
      begun.push(clock.now);
      await clock.wait(100);
    });
    for (let number = 0; number < 9; number += 1) queue.send(number);
    await clock.runUntil(clock.wait(10_000));
    expect(begun.map((at) => Math.floor((at - (begun[0] ?? 0)) / 100))).toEqual([0, 1, 1, 2, 2, 2, 3, 3, 3]);
    expect(queue.spent).toMatchObject({ mostInvocations: 3, longest: 8, deliveries: 9 });
  });

  it("delivers again with the delay that the consumer asks for, and gives up after max_retries", async () => {
    const clock = new Clock(0);
    const attempts: [number, number][] = [];
    const dead: unknown[] = [];
    const queue = queueOf(
      clock,
      async ({ messages: [message] }) => {
        attempts.push([message?.attempts ?? 0, Math.floor(clock.now / 1_000)]);
        message?.retry({ delaySeconds: 60 });
      },
      dead,
    );
    queue.send({ id: "a" });
    await clock.runUntil(clock.wait(1_000_000));
    expect(attempts).toEqual([
      [1, 0],
      [2, 60],
      [3, 120],
    ]);
    expect(dead).toEqual([{ id: "a" }]);
  });

  it("delivers the messages of an invocation that failed again, but not those that were acknowledged", async () => {
    const clock = new Clock(0);
    let calls = 0;
    const queue = queueOf(clock, async ({ messages: [message] }) => {
      calls += 1;
      if (message?.body === "acknowledged") message.ack();
      throw new Error("the isolate died");
    });
    queue.send("acknowledged");
    queue.send("not");
    await clock.runUntil(clock.wait(60_000));
    expect(calls).toBe(1 + 3);
  });
});

describe("the simulation's isolates", () => {
  it("a call of an isolate that died reaches its server, and its answer is lost", async () => {
    const clock = new Clock(0);
    const server = new D1Server(clock, still);
    const invocation = new Invocation(clock);
    const seen: string[] = [];
    const call = async () => {
      await outside(() => server.call(() => ({ result: seen.push("served"), costs: [] })));
      seen.push("answered");
    };
    void invocation.run(call);
    clock.after(1, () => invocation.die());
    await clock.runUntil(clock.wait(60_000));
    expect(seen).toEqual(["served"]);
  });

  it("an answer waits while the isolate's thread is busy", async () => {
    const clock = new Clock(0);
    const invocation = new Invocation(clock);
    const answered = invocation.run(async () => {
      const call = outside(() => clock.wait(10));
      invocation.charge(50);
      await call;
      return clock.now;
    });
    await expect(clock.runUntil(answered)).resolves.toBe(50);
  });
});

it("the simulation's randomness is the same for the same seed", () => {
  const take = (seed: number) => Array.from({ length: 3 }, seededRandom(seed));
  expect(take(1)).toEqual(take(1));
  expect(take(1)).not.toEqual(take(2));
});

it("the simulation reads every queue's limits from wrangler.toml", () => {
  const { producers, consumers, databases } = readWrangler(new URL("../../wrangler.toml", import.meta.url).pathname);
  const consumed = new Set(consumers.map(({ queue }) => queue));
  expect(producers.filter(({ queue }) => !consumed.has(queue))).toEqual([]);
  for (const { maxConcurrency } of consumers) expect(maxConcurrency).toBeLessThan(250);
  expect(databases.map(({ binding }) => binding)).toContain("CONTROL_DB");
});
