/** Erasure removes all rows of deleted people and no others, in slices, each counted once. */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { Budget } from "../../src/budget.ts";
import { D1Driver } from "../../src/db/core/d1-driver.ts";
import { Database, type Rows, type Statement } from "../../src/db/core/database.ts";
import { pendingDeletions } from "../../src/db/profiles/deletions.ts";
import { eraseSlice } from "../../src/db/profiles/erasure.ts";
import { inSpace, SPACE_NO } from "../../src/db/core/sequences.ts";
import { ErasureShop, mixed } from "../support/erasure.ts";
import { orders, type Service, type Space, START } from "../support/service.ts";

let shop: ErasureShop;
let service: Service;
let space: Space;

beforeEach(async () => {
  shop = await ErasureShop.open();
  ({ service, space } = shop);
});

async function rowsOf(table: string, of: Space, personId = "p-1"): Promise<number> {
  const query = env.SPACE_DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${inSpace(table)} AND person_id = ?`);
  return (await query.bind(of.id, personId).first<{ n: number }>())?.n ?? -1;
}
const left = async (of = space, personId?: string) =>
  Promise.all(["events", "touchpoints", "profiles"].map((table) => rowsOf(table, of, personId)));

async function touch(of: Space, count: number, personId = "p-1", seq = 1): Promise<void> {
  await env.SPACE_DB.prepare(
    `INSERT INTO touchpoints (space_no, person_id, kind, occurred_at, id, seq, source, received_at)
     SELECT ${SPACE_NO}, ?2, value % 3, value, ?2 || '-' || ?4 || '-' || value, ?4, 'direct', 0 FROM json_each(?3)`,
  )
    .bind(of.id, personId, JSON.stringify(Array.from({ length: count }, (_, n) => n)), seq)
    .run();
}

describe("a deleted person's rows", () => {
  it("are erased a minute later, in each table, and counted", async () => {
    await service.send(space, mixed());
    await touch(space, 4);
    await shop.put({ person_id: "p-1", type: "Lead" });
    const deletion = await shop.remove();
    await shop.sweepLater(59_999);
    expect([await left(), await shop.look(deletion)]).toEqual([[3, 4, 2], deletion]);
    await shop.sweepLater(1);
    expect(await left()).toEqual([0, 0, 0]);
    expect(await shop.look(deletion)).toEqual({
      ...deletion,
      status: "completed",
      completed_at: new Date(service.now).toISOString(),
      deleted: { events: 3, touchpoints: 4, reachability_events: 0, profile_versions: 2 },
    });
  });

  it("are erased without another person's, or those of another space's person with the same id", async () => {
    const other = await service.shop();
    for (const of of [space, other]) {
      await service.send(of, orders(2));
      await touch(of, 2);
    }
    await touch(space, 3, "p-2");
    await shop.remove();
    await shop.sweepLater();
    expect([await left(space, "p-2"), await left(other)]).toEqual([
      [0, 3, 1],
      [2, 2, 1],
    ]);
  });

  it("do not include later rows under the same id: those stay", async () => {
    await service.send(space, mixed());
    const deletion = await shop.remove();
    await shop.put({ person_id: "p-1", type: "anew" });
    await service.send(space, mixed(START - 2_000_000, "new"));
    await touch(space, 2, "p-1", 1_000);
    await shop.sweepLater();
    expect(await left()).toEqual([3, 2, 1]);
    expect(await shop.look(deletion)).toMatchObject({
      status: "completed",
      deleted: { events: 3, profile_versions: 1 },
    });
    expect(await service.json("GET", "/v1/profiles/p-1", 200, { key: space.key })).toMatchObject({ type: "anew" });
  });

  it("are erased of both deletions, where a person was deleted, created again and deleted again", async () => {
    await service.send(space, mixed());
    const first = await shop.remove();
    await shop.put({ person_id: "p-1" });
    await service.send(
      space,
      orders(4, START - 2_000_000).map((event, n) => ({ ...event, id: `new-${n}` })),
    );
    const second = await shop.remove();
    await shop.sweepLater();
    expect(await left()).toEqual([0, 0, 0]);
    const both = await Promise.all([first, second].map((each) => shop.look(each)));
    expect(both.map((each) => each.status)).toEqual(["completed", "completed"]);
    expect(both.reduce((sum, each) => sum + (each.deleted["events"] ?? 0), 0)).toBe(7);
  });

  it("include those of the people who are merged into the person, whose former ids then name somebody new", async () => {
    const other = await service.shop();
    await service.send(space, mixed());
    await touch(space, 3, "p-2");
    await shop.put({ person_id: "p-3", external_person_id: "CRM-3" });
    for (const [from, into] of [
      ["p-2", "p-3"],
      ["p-3", "p-1"],
    ])
      await service.json("POST", "/v1/profiles/merge", 200, { key: space.key, body: { from, into } });
    const deletion = await shop.remove("p-2");
    expect(deletion).toMatchObject({ person_id: "p-1" });
    const { data } = await service.json<{ data: { person_id: string }[] }>("GET", "/v1/profile-deletions", 200, {
      key: space.key,
    });
    expect(data.map((each) => each.person_id).toSorted()).toEqual(["p-1", "p-2", "p-3"]);
    await shop.put({ person_id: "p-2", external_person_id: "CRM-2", type: "anew" });
    await shop.sweepLater();
    const people = await Promise.all(["p-1", "p-2", "p-3"].map((id) => left(space, id)));
    expect([people, await left(other)]).toEqual([
      [
        [0, 0, 0],
        [0, 0, 1],
        [0, 0, 0],
      ],
      [0, 0, 1],
    ]);
    expect(await service.json("GET", "/v1/profiles/p-2", 200, { key: space.key })).toMatchObject({ type: "anew" });
    const kept = await env.SPACE_DB.prepare("SELECT count(*) AS n FROM merged_ids WHERE space_id = ?")
      .bind(space.id)
      .first();
    expect(kept).toEqual({ n: 0 });
  });

  it("frees the ids of events", async () => {
    await service.send(space, orders(1));
    await shop.remove();
    await shop.put({ person_id: "p-1" });
    const send = () => service.json("POST", "/v1/events", 202, { key: space.key, body: { events: orders(1) } });
    expect(await send()).toEqual({ accepted: 0, duplicates: 1 });
    await shop.sweepLater();
    expect(await send()).toEqual({ accepted: 1, duplicates: 0 });
  });
});

/** The spaces' database; a batch that removes events may fail. */
class Failing extends Database {
  readonly #fails: (nth: number) => "before" | "after" | null;
  #removals = 0;

  constructor(fails: (nth: number) => "before" | "after" | null) {
    super(new D1Driver(env.SPACE_DB), new Budget());
    this.#fails = fails;
  }

  override async batch<Row>(statements: readonly Statement[]): Promise<Rows<Row>[]> {
    if (!statements.some(({ sql }) => sql.includes("DELETE FROM events"))) return super.batch<Row>(statements);
    const how = this.#fails((this.#removals += 1));
    if (how === "before") throw new Error("the database is away");
    const rows = await super.batch<Row>(statements);
    if (how === "after") throw new Error("the answer is lost");
    return rows;
  }
}

describe("slices", () => {
  /** 2,500 events: three slices. Inserted directly into the database: that is faster. */
  const fill = (person = "p-1") =>
    env.SPACE_DB.prepare(
      `INSERT INTO events (space_no, occurred_at, id, seq, definition_id, definition_version, person_id, received_at, properties)
       SELECT ${SPACE_NO}, ?2 + value, 'e-' || value, 1, 'order_placed', 1, ?4, 0, '{}' FROM json_each(?3)`,
    )
      .bind(space.id, START - 3_000_000, JSON.stringify(Array.from({ length: 2_500 }, (_, n) => n)), person)
      .run();

  it.each(["before", "after"] as const)(
    "may be interrupted %s they are written: nothing is counted twice or lost",
    async (how) => {
      await fill();
      const deletion = await shop.remove();
      const db = new Failing((nth) => (nth % 2 === 0 ? how : null));
      service.context.databases = { ...service.context.databases, space: () => db };
      for (let sweeps = 0; sweeps < 4; sweeps += 1) await shop.sweepLater();
      expect(await left()).toEqual([0, 0, 0]);
      expect(await shop.look(deletion)).toMatchObject({
        status: "completed",
        deleted: { events: 2_500, profile_versions: 1 },
      });
    },
  );

  it("may be erased by several sweeps at once, and again when all is done", async () => {
    await fill();
    const { id } = await shop.remove();
    const db = service.context.databases.space(space.id);
    const row = { space_id: space.id, id, person_id: "p-1", seq: 1_000 };
    await Promise.all(Array.from({ length: 4 }, () => eraseSlice(db, row, 1_000, START)));
    const done = await shop.look({ id });
    expect(done).toMatchObject({ status: "completed", deleted: { events: 2_500 } });
    expect(await eraseSlice(db, row, 1_000, START + 5)).toEqual({ rows: 0, completed: false });
    expect(await shop.look({ id })).toEqual(done);
  });

  it("read the person's rows and no others, and who is asked whether any are pending reads the pending ones", async () => {
    await fill("p-2");
    const { id } = await shop.remove();
    await env.SPACE_DB.prepare(
      `INSERT INTO profile_deletions (space_id, id, person_id, seq, requested_at, due_at, completed_at)
       SELECT ?1, value, value, 1, 0, 0, 0 FROM json_each(?2)`,
    )
      .bind(space.id, JSON.stringify(Array.from({ length: 500 }, (_, n) => `d-${n}`)))
      .run();
    const budget = new Budget();
    const db = new Database(new D1Driver(env.SPACE_DB), budget);
    expect(await pendingDeletions(db, space.id, 1_000)).toBe(true);
    await eraseSlice(db, { space_id: space.id, id, person_id: "p-1", seq: 1_000 }, 1_000, START);
    expect(await pendingDeletions(db, space.id, 1_000)).toBe(false);
    expect(budget.used.rowsRead).toBeLessThan(100);
  });

  it("leave the deletion pending as long as rows are left", async () => {
    await fill();
    const { id } = await shop.remove();
    const row = { space_id: space.id, id, person_id: "p-1", seq: 1_000 };
    const slice = await eraseSlice(service.context.databases.space(space.id), row, 1_000, START);
    expect([slice, await shop.look({ id })]).toMatchObject([
      { rows: 1_001, completed: false },
      { status: "pending", deleted: { events: 1_000 } },
    ]);
  });
});
