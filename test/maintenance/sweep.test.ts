/** The sweep: a message for each task, slices within a budget, and no task that holds up another. */

import { createExecutionContext, createMessageBatch, createScheduledController, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MAX_EXPECTED_STATEMENTS } from "../../src/budget.ts";
import { D1Driver } from "../../src/db/core/d1-driver.ts";
import { Database, type Param } from "../../src/db/core/database.ts";
import { MAINTENANCE_TASKS, type MaintenanceTask } from "../../src/context.ts";
import worker from "../../src/index.ts";
import { runSlice, startSweep } from "../../src/maintenance/sweep.ts";
import { SPACE_NO } from "../../src/db/core/sequences.ts";
import { roomyService } from "../support/pipeline.ts";
import { type Service, type Space, START } from "../support/service.ts";
import { sweep } from "../support/sweep.ts";

const MINUTE = 60_000;

let service: Service;
let space: Space;

beforeEach(async () => {
  service = roomyService();
  space = await service.shop();
});
afterEach(() => vi.restoreAllMocks());

const count = async (sql: string) => (await env.CONTROL_DB.prepare(sql).bind(space.id).first<{ n: number }>())?.n ?? -1;

/** Copies of an export of the space, with another id each, and changed by `set`. */
async function copyExport(copies: number, set: string): Promise<void> {
  const id = await service.ask(space);
  service.queue.splice(0);
  const { results } = await env.CONTROL_DB.prepare("SELECT name FROM pragma_table_info('exports')").all<{
    name: string;
  }>();
  const columns = results.map(({ name }) => name).filter((name) => name !== "id" && name !== "number");
  await env.CONTROL_DB.prepare(
    `INSERT INTO exports (id, ${columns.join(", ")})
     SELECT e.id || '-' || value, ${columns.join(", ")} FROM exports e, json_each(?2) WHERE e.id = ?1`,
  )
    .bind(id, JSON.stringify(Array.from({ length: copies }, (_, n) => n)))
    .run();
  await env.CONTROL_DB.prepare(`UPDATE exports SET ${set} WHERE space_id = ?1`).bind(space.id).run();
}

/** Runs the slices of one task until it sends no further message. @returns the D1 queries of each slice. */
async function runTask(task: MaintenanceTask): Promise<number[]> {
  service.maintenance.push({ task, until: service.now + MINUTE, after: "" });
  const statements: number[] = [];
  for (let message = service.maintenance.shift(); message; message = service.maintenance.shift()) {
    service.budget.begin();
    await runSlice(service.context, message);
    statements.push(service.budget.used.statements);
  }
  return statements;
}

describe("the sweep", () => {
  it("sends one message for each task, and does no task itself; erasure, retention and purge come first", async () => {
    service.budget.begin();
    await startSweep(service.context);
    expect(service.maintenance.map(({ task }) => task)).toEqual([...MAINTENANCE_TASKS]);
    expect(MAINTENANCE_TASKS.slice(0, 3)).toEqual(["erase", "retain", "purgeSpaces"]);
    expect(service.budget.used.statements).toBe(0);
  });

  it("is begun by the cron, and its messages are consumed from the queue", async () => {
    vi.spyOn(console, "log").mockReturnValue();
    await worker.scheduled(createScheduledController(), env);
    const ids = MAINTENANCE_TASKS.map((task) => ({
      id: task,
      timestamp: new Date(0),
      attempts: 1,
      body: { task, until: 0 },
    }));
    const batch = createMessageBatch("spillway-maintenance", ids);
    const ctx = createExecutionContext();
    await worker.queue(batch, env, ctx);
    expect((await getQueueResult(batch, ctx)).explicitAcks).toEqual([...MAINTENANCE_TASKS]);
  });

  it("does the other tasks where one fails: a person is erased while exports cannot be read", async () => {
    const errors = vi.spyOn(console, "error").mockReturnValue();
    class Failing extends Database {
      override async all<Row>(sql: string, params: readonly Param[] = []): Promise<Row[]> {
        if (sql.includes("expires_at <= ?1")) throw new Error("the database is away");
        return super.all<Row>(sql, params);
      }
    }
    const failing = new Failing(new D1Driver(env.CONTROL_DB), service.budget);
    const context = { ...service.context, databases: { ...service.context.databases, control: failing } };
    const deletion = await service.json<{ id: string }>("DELETE", "/v1/profiles/p-1", 202, { key: space.key });
    service.now += MINUTE;
    await sweep(context);
    const path = `/v1/profile-deletions/${deletion.id}`;
    expect(await service.json("GET", path, 200, { key: space.key })).toMatchObject({ status: "completed" });
    expect(errors.mock.calls.map(([line]) => JSON.parse(String(line)) as unknown)).toMatchObject([
      { event: "sweep.failed", task: "expire" },
    ]);
  });
});

describe("a task with more work than an invocation may do goes on in further slices, each within its budget", () => {
  it("exports that are stuck are all sent again", async () => {
    await copyExport(1_000, `wake_at = ${START}`);
    const slices = await runTask("resend");
    expect(new Set(service.queue.map((message) => message.export_id)).size).toBe(1_001);
    expect([slices.length > 1, Math.max(...slices) <= MAX_EXPECTED_STATEMENTS]).toEqual([true, true]);
  });

  it("exports that expire do, and old records are deleted", async () => {
    await copyExport(300, `status = 'completed', expires_at = ${START}, completed_at = ${START}`);
    const slices = await runTask("expire");
    expect(await count("SELECT count(*) AS n FROM exports WHERE space_id = ? AND status = 'expired'")).toBe(301);
    expect([slices.length > 1, Math.max(...slices) <= MAX_EXPECTED_STATEMENTS]).toEqual([true, true]);
    await env.CONTROL_DB.prepare("UPDATE exports SET deleted_at = 1, cleanup_at = NULL WHERE space_id = ?")
      .bind(space.id)
      .run();
    const purges = await runTask("deleteRecords");
    expect(await count("SELECT count(*) AS n FROM exports WHERE space_id = ?")).toBe(0);
    expect([purges.length > 1, Math.max(...purges) <= MAX_EXPECTED_STATEMENTS]).toEqual([true, true]);
  });

  it("a deleted person with 100,000 rows is erased in one sweep, and a person behind it is not held up", async () => {
    await env.SPACE_DB.prepare(
      `INSERT INTO touchpoints (space_no, person_id, kind, occurred_at, id, seq, source, received_at)
       SELECT ${SPACE_NO}, 'p-1', a.value % 3, a.value * 100 + b.value, 't-' || a.value || '-' || b.value, 1, 'direct', 0
       FROM json_each(?2) a, json_each(?3) b`,
    )
      .bind(
        space.id,
        JSON.stringify(Array.from({ length: 1_000 }, (_, n) => n)),
        JSON.stringify(Array.from({ length: 100 }, (_, n) => n)),
      )
      .run();
    await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles: [{ person_id: "p-2" }] } });
    for (const person of ["p-1", "p-2"])
      await service.json("DELETE", `/v1/profiles/${person}`, 202, { key: space.key });
    service.now += MINUTE;
    const completed: string[] = [];
    vi.spyOn(console, "log").mockImplementation((line) => {
      const logged = JSON.parse(String(line)) as { event: string; rows: number };
      if (logged.event === "profile.erased") completed.push(logged.rows > 10 ? "p-1" : "p-2");
    });
    const slices = await runTask("erase");
    expect(completed).toEqual(["p-2", "p-1"]);
    expect([slices.length > 1, Math.max(...slices) <= MAX_EXPECTED_STATEMENTS]).toEqual([true, true]);
  });

  it("until the next sweep begins the task again", async () => {
    await copyExport(60, `wake_at = ${START}`);
    const until = service.now;
    service.budget.begin();
    await runSlice(service.context, { task: "resend", until, after: "" });
    expect(service.maintenance).toEqual([]);
  });
});
