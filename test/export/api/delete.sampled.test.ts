/** Deletion of an export's record, by a call or by retention: its files are deleted, and no other export's files. */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { sweep } from "../../support/sweep.ts";
import { s3Error } from "../../support/aws.ts";
import { objectsOf, throughLine } from "../../support/bucket.ts";
import { deliver, eventIdsOf, roomyService, take } from "../../support/pipeline.ts";
import { orders, type ProblemView, type Service, type Space, START } from "../../support/service.ts";
import { everyNth } from "../../support/seeds.ts";

const DAY_MS = 86_400_000;
const SETTLED_MS = 15 * 60_000;
const FILES = { layout: "files", file_rows: 4 };
const CALLBACK = { callback_url: "https://hooks.example/spillway" };

let service: Service;
let space: Space;

beforeEach(async () => {
  service = roomyService();
  throughLine(service);
  space = await service.shop();
  await service.send(space, orders(10));
});

const call = (method: string, id: string, rest = "") =>
  service.call(method, `/v1/exports/${id}${rest}`, { key: space.key });

const remove = (id: string) => call("DELETE", id);

const listed = async () => {
  const { data } = await service.json<{ data: { id: string }[] }>("GET", "/v1/exports", 200, { key: space.key });
  return data.map((each) => each.id);
};

/**
 * How many rows each table of the control database has of an export; tables are asked for, so that a new one is seen.
 */
async function recordOf(id: string): Promise<Record<string, number>> {
  const sql = `SELECT name, CASE WHEN name = 'exports' THEN 'id' WHEN sql LIKE '% export_id TEXT%' THEN 'export_id' ELSE 'subject_id' END AS column
    FROM sqlite_master WHERE type = 'table' AND (name = 'exports' OR sql LIKE '% export_id TEXT%' OR sql LIKE '% subject_id TEXT%')`;
  const tables = await env.CONTROL_DB.prepare(sql).all<{ name: string; column: string }>();
  const counts: Record<string, number> = {};
  for (const { name, column } of tables.results) {
    const query = `SELECT count(*) AS n FROM ${name} WHERE ${column} = ?`;
    counts[name] = (await env.CONTROL_DB.prepare(query).bind(id).first<{ n: number }>())?.n ?? -1;
  }
  return counts;
}

/** Like cron: one sweep at once, and one after every running step must have ended. */
async function sweepLate(): Promise<void> {
  for (const wait of [0, SETTLED_MS, 60_000]) {
    service.now += wait;
    await sweep(service.context);
  }
}

/** Delivers every pending webhook: an export is kept until its deliveries have ended. */
async function deliverWebhooks(id: string): Promise<void> {
  const { control } = service.context.databases;
  await control.run(
    `INSERT INTO webhook_attempts (space_id, delivery_id, n, subject_id, at, duration_ms)
     SELECT space_id, id, 99, subject_id, 0, 0 FROM webhook_deliveries WHERE space_id = ?1 AND subject_id = ?2`,
    [space.id, id],
  );
  await control.run("UPDATE webhook_deliveries SET status = 'delivered' WHERE space_id = ?1 AND subject_id = ?2", [
    space.id,
    id,
  ]);
}

/** Exports by the status that they have when they are deleted. */
const MAKE: Record<string, () => Promise<string>> = {
  completed: async () => (await service.export(space, { ...FILES, ...CALLBACK })).id,
  canceled: async () => {
    const id = await service.ask(space, { ...FILES, ...CALLBACK });
    await deliver(service, take(service, "plan"));
    await deliver(service, take(service, "chunk"));
    await call("POST", id, "/cancel");
    return id;
  },
  failed: async () => {
    const id = await service.ask(space, { ...FILES, ...CALLBACK });
    await deliver(service, take(service, "plan"));
    await deliver(service, take(service, "chunk"));
    throughLine(service, async () => s3Error(503, "SlowDown"));
    await service.pump();
    throughLine(service);
    return id;
  },
  expired: async () => {
    const { id } = await service.export(space, { ...FILES, ...CALLBACK });
    service.now += 7 * DAY_MS;
    await sweep(service.context);
    return id;
  },
};

describe.each(everyNth(Object.keys(MAKE), 4, 0))("an export that is %s and deleted", (status) => {
  let id: string;

  beforeEach(async () => {
    id = (await MAKE[status]?.()) ?? "";
    expect((await service.poll(space, id)).status).toBe(status);
    service.queue.length = 0;
  });

  it("is unknown to every call from then on", async () => {
    const answer = await remove(id);
    expect([answer.status, await answer.text()]).toEqual([204, ""]);
    const statuses: Record<string, number> = {};
    for (const rest of ["", "/content", "/manifest", "/events", "/files/x"])
      statuses[`GET ${rest}`] = (await call("GET", id, rest)).status;
    for (const rest of ["/cancel", "/retry"]) statuses[`POST ${rest}`] = (await call("POST", id, rest)).status;
    statuses["DELETE"] = (await remove(id)).status;
    const unknown = { "GET ": 404, "GET /content": 410, "GET /manifest": 404, "GET /events": 404, "GET /files/x": 404 };
    expect(statuses).toEqual({ ...unknown, "POST /cancel": 404, "POST /retry": 404, DELETE: 404 });
    expect(await listed()).not.toContain(id);
    expect(service.queue).toEqual([]);
  });

  it("leaves no object in the bucket and no row in any table", async () => {
    await deliverWebhooks(id);
    const before = await recordOf(id);
    expect(Object.values(before).filter((rows) => rows > 0).length).toBeGreaterThanOrEqual(6);
    await remove(id);
    await sweepLate();
    expect(await objectsOf(service, space, id)).toEqual([]);
    expect(await recordOf(id)).toEqual(Object.fromEntries(Object.keys(before).map((name) => [name, 0])));
  });

  it("is not brought back by delayed messages", async () => {
    await remove(id);
    for (const step of ["plan", "chunk", "assemble", "finish"] as const)
      expect(
        await deliver(service, { space_id: space.id, export_id: id, step, n: 1, generation: 0, request_id: "" }),
      ).toBe("ack");
    await sweepLate();
    expect([await objectsOf(service, space, id), service.queue]).toEqual([[], []]);
  });

  it("deletes nothing of another export", async () => {
    const other = await service.export(space, { start: new Date(START - 3_600_000).toISOString() });
    const before = [await objectsOf(service, space, other.id), await recordOf(other.id)];
    await remove(id);
    await sweepLate();
    expect([await objectsOf(service, space, other.id), await recordOf(other.id)]).toEqual(before);
    expect(await eventIdsOf(service, await service.poll(space, other.id))).toHaveLength(10);
    expect(await listed()).toEqual([other.id]);
  });
});

describe("DELETE of an export that is in progress", () => {
  it.each(["queued", "processing"])("(%s) cancels it, and a second one removes it", async (status) => {
    const id = await service.ask(space, FILES);
    if (status === "processing") await deliver(service, take(service, "plan"));
    expect((await service.poll(space, id)).status).toBe(status);
    const answer = await remove(id);
    expect(answer.status).toBe(202);
    expect(await answer.json()).toMatchObject({ id, status: "canceled" });
    expect(await listed()).toContain(id);
    expect((await remove(id)).status).toBe(204);
    expect(await listed()).not.toContain(id);
  });

  it("leaves no object when a step was running", async () => {
    const id = await service.ask(space, FILES);
    await deliver(service, take(service, "plan"));
    const [first, ...others] = service.queue.splice(0);
    throughLine(service, async (sent, pass) => {
      if (sent.method === "PUT" && first !== undefined) {
        await remove(id);
        await remove(id);
      }
      return pass();
    });
    for (const message of [first, ...others])
      if (message !== undefined) expect(await deliver(service, message)).toBe("ack");
    await sweepLate();
    expect(await objectsOf(service, space, id)).toEqual([]);
    expect(Object.values(await recordOf(id)).every((rows) => rows === 0)).toBe(true);
  });
});

it("cannot be deleted by another space, to which it is unknown", async () => {
  const { id } = await service.export(space, FILES);
  const stranger = await service.space();
  const problem = await service.json<ProblemView>("DELETE", `/v1/exports/${id}`, 404, { key: stranger.key });
  expect(problem.code).toBe("not_found");
  expect(await eventIdsOf(service, await service.poll(space, id))).toHaveLength(10);
});

describe("a record", () => {
  it.each(["expired", "canceled", "failed"])("of an export that is %s is forgotten after 90 days", async (status) => {
    const id = (await MAKE[status]?.()) ?? "";
    const ended = service.now;
    await deliverWebhooks(id);
    await sweepLate();
    service.now = ended + 90 * DAY_MS - 1;
    await sweep(service.context);
    expect((await service.poll(space, id)).status).toBe(status);
    service.now += 1;
    await sweep(service.context);
    expect((await call("GET", id)).status).toBe(404);
    await sweepLate();
    expect(Object.values(await recordOf(id)).every((rows) => rows === 0)).toBe(true);
  });

  it("of a deleted export is kept until its webhook deliveries have ended", async () => {
    const id = (await MAKE["completed"]?.()) ?? "";
    await remove(id);
    await sweepLate();
    const { exports, webhook_deliveries } = await recordOf(id);
    expect({ exports, webhook_deliveries }).toEqual({ exports: 1, webhook_deliveries: 1 });
    await deliverWebhooks(id);
    await sweep(service.context);
    expect(Object.values(await recordOf(id)).every((rows) => rows === 0)).toBe(true);
  });
});
