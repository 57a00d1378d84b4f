/**
 * The switch of a space to its new home: who may still use the old one, what a write meets meanwhile, and what is left
 * when a mover stops at any point of it.
 */

import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Budget } from "../../../src/budget.ts";
import { HOME_TTL_MS, HomeCache } from "../../../src/db/core/home-cache.ts";
import { openDatabases } from "../../../src/db/core/shards.ts";
import { nextSequence } from "../../../src/db/core/sequences.ts";
import { statement } from "../../../src/db/core/database.ts";
import { MAX_INVOCATION_MS } from "../../../src/context.ts";
import { erase } from "../../../src/maintenance/erasure.ts";
import { moveSpaces, stepMove } from "../../../src/maintenance/moves.ts";
import { MAX_FREEZE_MS, SETTLE_MS } from "../../../src/maintenance/move-switching.ts";
import { askMove, leftIn, moveOf, moveUntil, rowsIn, spaceView, step } from "../../support/moves.ts";
import { roomyService, rowsOf } from "../../support/pipeline.ts";
import { ADMIN, orders, type Service, type Space, START } from "../../support/service.ts";
import { sweep } from "../../support/sweep.ts";

const D1 = "d1:SPACE_DB";

let service: Service;
let space: Space;

beforeEach(async () => {
  service = roomyService();
  space = await service.shop({ home: D1 });
  await service.send(space, orders(20));
});

const events = (count: number, from: number) => orders(count).map((event, n) => ({ ...event, id: `late-${from + n}` }));

const send = (count: number, from: number) =>
  service.call("POST", "/v1/events", { key: space.key, body: { events: events(count, from) } });

afterEach(() => vi.restoreAllMocks());

const doesNotAnswer = (): never => {
  throw new Error("the database does not answer");
};

/** Another isolate, with a memory of its own. */
const isolate = () => openDatabases(env, new Budget(), null, new HomeCache(() => service.now)).space(space.id);

const INSERT = "INSERT INTO sections (space_id, id, name) VALUES (?1, ?2, 'n')";
const insert = (id: string) => [nextSequence(space.id), statement(INSERT, [space.id, id])];

/** Moves on until the old home takes no writes. */
async function untilFrozen(home = "object"): Promise<void> {
  await askMove(service, space, home);
  await moveUntil(service, space, "switching");
  service.now += SETTLE_MS;
  const source = service.context.databases.spaceAt(D1, space.id);
  const isFrozen = () => source.first("SELECT 1 FROM moves_out WHERE space_id = ?1 AND state = 'frozen'", [space.id]);
  while ((await isFrozen()) === null) await step(service, space);
}

describe("a write", () => {
  it("is refused with 503 while the space takes none, has written nothing, and is taken afterwards", async () => {
    await untilFrozen();
    const refused = await send(3, 0);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "2"]);
    expect(await refused.json()).toMatchObject({
      code: "unavailable",
      detail: expect.stringContaining("being moved") as string,
    });
    await moveUntil(service, space, "cleaning");
    expect(await (await send(3, 0)).json()).toEqual({ accepted: 3, duplicates: 0 });
    expect((await rowsIn(service, space, "object"))["events"]).toHaveLength(23);
  });

  it("that another isolate sends to the old home is made in the new one", async () => {
    const db = isolate();
    await db.batch(insert("before"));
    await untilFrozen();
    // This isolate learnt the home in the middle of the switch.
    await db.first("SELECT 1 FROM sections WHERE space_id = ?1", [space.id]);
    await moveUntil(service, space, "cleaning");
    await db.batch(insert("after"));
    const { sections } = await rowsIn(service, space, "object");
    expect(sections).toContain('["after","n"]');
    expect((await rowsIn(service, space, D1))["sections"]).not.toContain('["after","n"]');
  });

  it("of the sweep is put off while the space takes none, and made afterwards", async () => {
    const { id } = await service.json<{ id: string }>("DELETE", "/v1/profiles/p-1", 202, { key: space.key });
    service.now += 120_000;
    await untilFrozen();
    const [lines, errors] = [vi.spyOn(console, "log"), vi.spyOn(console, "error")];
    await service.budget.invoke(() => erase(service.context));
    expect(errors).not.toHaveBeenCalled();
    expect(lines.mock.calls.map(([line]) => JSON.parse(String(line)) as unknown)).toContainEqual({
      event: "sweep.postponed",
      task: "erase",
      space_id: space.id,
    });
    await moveUntil(service, space, "completed");
    await sweep(service.context);
    const deletion = await service.json("GET", `/v1/profile-deletions/${id}`, 200, { key: space.key });
    expect(deletion).toMatchObject({ status: "completed", deleted: { events: 20 } });
  });

  it("that reaches the old home late fails there, and leaves nothing", async () => {
    const old = service.context.databases.spaceAt(D1, space.id);
    await untilFrozen();
    await moveUntil(service, space, "cleaning");
    await expect(old.batch(insert("late"))).rejects.toThrow("space_frozen");
    await moveUntil(service, space, "completed");
    expect(await leftIn(service, space, D1)).toBe(0);
  });

  it("counts its rows right while they are logged", async () => {
    await askMove(service, space, "object");
    await step(service, space);
    expect(await (await send(4, 0)).json()).toEqual({ accepted: 4, duplicates: 0 });
    expect(await (await send(6, 0)).json()).toEqual({ accepted: 2, duplicates: 4 });
    const touchpoints = [1, 2].map((n) => ({
      id: `t-${n}`,
      person_id: "p-1",
      occurred_at: new Date(START - 1_000).toISOString(),
      source: "direct",
    }));
    const answer = await service.json("POST", "/v1/touchpoints", 202, { key: space.key, body: { touchpoints } });
    expect(answer).toEqual({ accepted: 2, duplicates: 0 });
  });
});

describe("a home that an isolate remembers", () => {
  it("is not used when the space switches: that waits longer than any isolate remembers", async () => {
    await askMove(service, space, "object");
    while ((await moveOf(service, space)).state === "copying") await step(service, space);
    expect(SETTLE_MS).toBeGreaterThan(HOME_TTL_MS);
    const at = service.now;
    const next = await step(service, space);
    expect([next, (await moveOf(service, space)).state]).toEqual([at + SETTLE_MS, "switching"]);
    // No step has frozen the space before that time.
    expect((await send(1, 0)).status).toBe(202);
  });

  it("is read with each call while the space is about to switch", async () => {
    const budget = new Budget();
    const cache = new HomeCache(() => service.now);
    const db = openDatabases(env, budget, null, cache).space(space.id);
    const reads = async () => {
      const before = budget.used.statements;
      await db.first("SELECT 1 FROM sections WHERE space_id = ?1", [space.id]);
      return budget.used.statements - before;
    };
    expect([await reads(), await reads()]).toEqual([2, 1]);
    service.now += HOME_TTL_MS;
    expect([await reads(), await reads()]).toEqual([2, 1]);
    await askMove(service, space, "object");
    while ((await moveOf(service, space)).state === "copying") await step(service, space);
    service.now += HOME_TTL_MS;
    expect([await reads(), await reads()]).toEqual([2, 2]);
  });

  it("is that of the row, not of a key that was looked up before", async () => {
    const get = () => service.json("GET", "/v1/profiles/p-1", 200, { key: space.key });
    await get();
    service.now += HOME_TTL_MS - 1;
    await get();
    expect(service.context.databases).toBeDefined();
    service.now += 1;
    const before = service.meter.statements;
    await get();
    // The key is looked up again, and with it the home.
    expect(service.meter.statements - before).toBeGreaterThan(1);
  });
});

describe("a freeze", () => {
  it("that lasts too long is given up, and writes go on; then the move tries again", async () => {
    await untilFrozen();
    service.now += MAX_FREEZE_MS + 1;
    await step(service, space);
    expect([(await moveOf(service, space)).state, (await send(3, 0)).status]).toEqual(["copying", 202]);
    await moveUntil(service, space, "cleaning");
    expect(await rowsIn(service, space, "object")).toMatchObject({ events: expect.objectContaining({ length: 23 }) });
  });

  it("that is given up five times fails the move, and leaves the space as it was", async () => {
    const before = await rowsIn(service, space, D1);
    await untilFrozen();
    for (let n = 1; (await moveOf(service, space)).state !== "undoing"; n += 1) {
      expect(n).toBeLessThan(200);
      const { state } = await moveOf(service, space);
      service.now += state === "switching" ? MAX_FREEZE_MS + 1 : 0;
      await step(service, space);
    }
    await moveUntil(service, space, "failed");
    expect(await spaceView(service, space)).toMatchObject({
      home: D1,
      move: { state: "failed", error: expect.stringContaining("in 5 attempts") as string },
    });
    expect(await rowsIn(service, space, D1)).toEqual(before);
    expect((await send(1, 0)).status).toBe(202);
  });

  it("by a mover that was given up on has no effect", async () => {
    await untilFrozen();
    const stale = await moveOf(service, space);
    service.now += MAX_FREEZE_MS + 1;
    await step(service, space);
    // It wakes up, and does what it was about to do in its attempt.
    await stepMove(service.context, stale);
    await stepMove(service.context, stale);
    expect((await send(3, 0)).status).toBe(202);
    await moveUntil(service, space, "completed");
    expect((await rowsIn(service, space, "object"))["events"]).toHaveLength(23);
  });
});

describe("a mover that fails", () => {
  it("while the space takes no writes, is followed by another one before the freeze is given up", async () => {
    await untilFrozen();
    const { due_at: due } = await moveOf(service, space);
    service.now = Math.max(service.now, due ?? 0);
    const messages: number[] = [];
    const { databases } = service.context;
    await service.budget.invoke(() =>
      moveSpaces({
        ...service.context,
        databases: { ...databases, spaceAt: doesNotAnswer },
        sendMaintenance: async (_, delay = 0) => void messages.push(delay),
      }),
    );
    const again = (await moveOf(service, space)).due_at;
    expect(again).toBeLessThan(service.now + MAX_FREEZE_MS);
    // A message comes when it is due: the sweep would come too late.
    expect(messages.map((delay) => service.now + delay * 1_000)).toContain(again);
  });

  it("shows since when every step fails, until one does not", async () => {
    const { databases } = service.context;
    const failing = { ...service.context, databases: { ...databases, spaceAt: doesNotAnswer } };
    const failingSince = async () => (await spaceView(service, space)).move?.failing_since;
    await askMove(service, space, "object");
    const began = new Date(service.now).toISOString();
    for (let n = 0; n < 2; n += 1) {
      await service.budget.invoke(() => moveSpaces(failing));
      expect(await failingSince()).toBe(began);
      service.now += 60_000;
    }
    await service.budget.invoke(() => moveSpaces(service.context));
    expect(await failingSince()).toBeUndefined();
  });
});

describe("two movers", () => {
  it("at the same time move the space once", async () => {
    const before = await rowsIn(service, space, D1);
    await askMove(service, space, "object");
    for (let n = 0; (await moveOf(service, space)).state !== "completed"; n += 1) {
      expect(n).toBeLessThan(1_000);
      const row = await moveOf(service, space);
      const steps = await service.budget.invoke(() =>
        Promise.allSettled([stepMove(service.context, row, 7), stepMove(service.context, row, 5)]),
      );
      for (const each of steps)
        if (each.status === "rejected")
          expect(`${String(each.reason)} ${String((each.reason as Error).cause)}`).toContain("guard_changed");
        else if (typeof each.value === "number") service.now = Math.max(service.now, each.value);
    }
    expect(await rowsIn(service, space, "object")).toEqual(before);
    expect(await leftIn(service, space, D1)).toBe(0);
  });
});

describe("the old copy", () => {
  it("stays until every export that began before the switch has ended, and for as long as a call may run", async () => {
    const id = await service.ask(space);
    await askMove(service, space, "object");
    await moveUntil(service, space, "cleaning");
    service.now += MAX_INVOCATION_MS;
    await step(service, space);
    expect(await leftIn(service, space, D1)).toBeGreaterThan(20);
    await service.pump();
    expect(await rowsOf(service, await service.poll(space, id))).toHaveLength(20);
    await moveUntil(service, space, "completed");
    expect(await leftIn(service, space, D1)).toBe(0);
  });
});

describe("a space that is deleted while it moves", () => {
  it.each(["copying", "switching", "cleaning"] as const)("leaves nothing in either home: %s", async (state) => {
    if (state === "switching") await untilFrozen();
    else {
      await askMove(service, space, "object");
      for (let n = 0; n < 12; n += 1) await step(service, space);
      await moveUntil(service, space, state);
    }
    const stale = await moveOf(service, space);
    await service.json("DELETE", `/v1/spaces/${space.id}`, 202, { key: ADMIN });
    await sweep(service.context);
    // A mover that was under way writes nothing any more.
    await Promise.allSettled([stepMove(service.context, stale)]);
    service.now += MAX_INVOCATION_MS + 60_000;
    await sweep(service.context);
    expect(await leftIn(service, space, D1)).toBe(0);
    await expect(leftIn(service, space, "object")).rejects.toThrow("space_gone");
    const row = await env.CONTROL_DB.prepare("SELECT 1 FROM moves WHERE space_id = ?1").bind(space.id).first();
    expect(row).toBeNull();
  });
});

it("the sweep moves a space from beginning to end", async () => {
  const id = await service.ask(space);
  await askMove(service, space, "object");
  await sweep(service.context);
  expect(await spaceView(service, space)).toMatchObject({ move: { state: "switching", copied_rows: 24 } });
  service.now += SETTLE_MS;
  await sweep(service.context);
  expect(await spaceView(service, space)).toMatchObject({ home: "object", move: { state: "cleaning" } });
  await service.pump();
  service.now += MAX_INVOCATION_MS;
  await sweep(service.context);
  expect(await spaceView(service, space)).toMatchObject({ move: { state: "completed" } });
  expect(await leftIn(service, space, D1)).toBe(0);
  expect(await rowsOf(service, await service.poll(space, id))).toHaveLength(20);
});
