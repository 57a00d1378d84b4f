/** Deletion of a space: its keys are rejected at once, then sweeps delete all of its rows and files, and no others. */

import { AwsClient } from "aws4fetch";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Message } from "../../../src/context.ts";
import { statement } from "../../../src/db/core/database.ts";
import { NUMBERED_TABLES, SPACE_NO } from "../../../src/db/core/sequences.ts";
import { runStep } from "../../../src/export/pipeline/run.ts";
import { sweep } from "../../support/sweep.ts";
import { KEYS } from "../../support/aws.ts";
import { ADMIN, orders, Service, type Space } from "../../support/service.ts";

const service = new Service({ CREATE_LIMIT: "10000", POLL_LIMIT: "10000" });

beforeEach(() => {
  service.queue.length = 0;
});

/** Is the space's own database gone, where it has one? */
const isGone = (space: Space): Promise<boolean> =>
  numberOf(space).then(
    () => false,
    (thrown: unknown) => String(thrown).includes("space_gone"),
  );

/**
 * How many rows each table has of a space; read from the schema, so that a new table is included. Rows with the number
 * of no space count too: they would be left for ever.
 */
async function rowsOf(space: Space): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const db of (await isGone(space)) ? [env.CONTROL_DB] : [env.CONTROL_DB, env.SPACE_DB]) {
    const tables = await db
      .prepare(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND (name = 'spaces' OR sql LIKE '%space_id TEXT%' OR sql LIKE '%space_no INTEGER%')",
      )
      .all<{ name: string }>();
    for (const { name } of tables.results) {
      const isNumbered = NUMBERED_TABLES.includes(name);
      const owner = isNumbered ? OWNER_OF_NUMBER : name === "spaces" ? "id" : "space_id";
      const query = db.prepare(`SELECT count(*) AS n FROM ${name} t WHERE ${owner} = ?1`);
      counts[name] = (await query.bind(space.id).first<{ n: number }>())?.n ?? -1;
    }
  }
  return counts;
}

const OWNER_OF_NUMBER = "ifnull((SELECT space_id FROM sequences s WHERE s.space_no = t.space_no), ?1)";

/** The number that large tables have in place of the space's id; null: none. */
const numberOf = async (space: Space) =>
  env.SPACE_DB.prepare(`SELECT ${SPACE_NO} AS n`).bind(space.id).first<number | null>("n");

/** The names of all objects in the bucket that are the space's. */
async function filesOf(space: Space): Promise<string[]> {
  const { endpoint, name, region, accessKeyId, secretAccessKey } = service.config.bucket;
  const client = new AwsClient({ accessKeyId, secretAccessKey, region, service: "s3", retries: 0 });
  const response = await client.fetch(`${endpoint}/${name}?list-type=2&prefix=spaces/${space.id}/`);
  if (!response.ok) throw new Error(`the bucket answered ${response.status}`);
  return [...(await response.text()).matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key = ""]) => key);
}

/** A sweep a minute, as the clock of the service has it. */
async function sweepUntilDeleted(space: Space): Promise<void> {
  for (let round = 0; round < 60; round += 1) {
    service.now += 60_000;
    service.budget.begin();
    await sweep(service.context);
    const left = Object.values(await rowsOf(space)).reduce((sum, rows) => sum + rows, 0);
    if (left === 0) return;
  }
}

/** Events of the hour before now, wherever the clock is. */
const recent = (count: number) => orders(count, service.now - 3_000_000);

const end = (space: Space) => service.json("DELETE", `/v1/spaces/${space.id}`, 202, { key: ADMIN });

/** A space with a row in each table, two exports that are done and one that waits. */
async function livedIn(events = 3): Promise<Space> {
  const space = await service.shop();
  await service.keyWith(space, ["events:read"]);
  const profiles = [
    { person_id: "p-1", attributes: { $phone_number: "+441632960001", tier: 1 } },
    { person_id: "p-2", external_person_id: "CRM-2" },
  ];
  await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles } });
  const merge = { from: "p-2", into: "p-1" };
  await service.json("POST", "/v1/profiles/merge", 200, { key: space.key, body: merge });
  const flows = [{ id: "flow-1", elements: [{ id: "flow-1-1" }] }];
  await service.json("PUT", "/v1/flows", 200, { key: space.key, body: { flows } });
  const at = new Date(service.now).toISOString();
  const touchpoints = [{ id: "tp-1", person_id: "p-1", occurred_at: at, source: "direct" }];
  await service.json("POST", "/v1/touchpoints", 202, { key: space.key, body: { touchpoints } });
  const accounts = [{ id: "act_1", name: "Account" }];
  await service.json("PUT", "/v1/ad-objects", 200, { key: space.key, body: { accounts } });
  const segment = { name: "Everyone", rule: { all: [] } };
  await service.json("PUT", "/v1/segments/everyone", 200, { key: space.key, body: segment });
  await service.json("PUT", "/v1/tags/vip", 200, { key: space.key, body: { name: "Very important" } });
  const spaceDb = service.context.databases.space(space.id);
  // A deletion that is already completed, so that the sweep ignores it.
  await spaceDb.run(
    `INSERT INTO profile_deletions (space_id, id, person_id, seq, requested_at, due_at, completed_at)
     VALUES (?1, 'd-1', 'gone', 1, 0, 0, 0)`,
    [space.id],
  );
  await service.send(space, recent(events));
  const { id } = await service.export(space);
  await service.json("POST", `/v1/exports/${id}/verify`, 200, { key: space.key });
  await service.export(space, { layout: "files", file_rows: 2 });
  await service.json("POST", "/v1/exports", 202, {
    key: space.key,
    headers: { "idempotency-key": "once" },
    body: {
      dataset: "activity_events",
      start: new Date(service.now - 3_600_000).toISOString(),
      end: new Date(service.now).toISOString(),
      callback_url: "https://hooks.example/spillway",
    },
  });
  await service.pump();
  await service.json("POST", "/v1/destinations", 201, {
    key: space.key,
    body: { name: "Bucket", bucket: "acme-exports", region: "eu-central-1", auth: { type: "keys", ...KEYS } },
  });
  // It is paused: a sweep makes no runs of its own for the space that stays.
  const schedule = await service.json<{ id: string }>("POST", "/v1/schedules", 201, {
    key: space.key,
    body: { name: "Nightly", cron: "0 3 * * *", timezone: "UTC", request: { dataset: "activity_events" } },
  });
  await service.json("PATCH", `/v1/schedules/${schedule.id}`, 200, { key: space.key, body: { paused: true } });
  // A receiver, and an attempt to reach it, without the network between.
  const { control } = service.context.databases;
  await control.run(
    `INSERT INTO webhook_endpoints (id, space_id, url, event_types, enabled, secret, created_at, updated_at)
     VALUES (?2, ?1, 'https://hooks.example/', '[]', 1, '', 0, 0)`,
    [space.id, crypto.randomUUID()],
  );
  // It has moved before, and a part of another move is left.
  await control.run(
    `INSERT INTO moves (space_id, number, from_home, to_home, state, started_at)
     VALUES (?1, 1, 'object', 'd1:SPACE_DB', 'completed', 0)`,
    [space.id],
  );
  await spaceDb.batch([
    statement("INSERT INTO moves_in (space_id, number, version, progress) VALUES (?1, 1, 1, '{}')", [space.id]),
    statement("INSERT INTO move_log (space_id, table_name, key) VALUES (?1, 'tags', '[]')", [space.id]),
    statement(
      `INSERT INTO moves_out (space_id, space_no, number, epoch, state)
       SELECT space_id, space_no, 2, 1, 'frozen' FROM sequences WHERE space_id = ?1`,
      [space.id],
    ),
  ]);
  await control.run(
    `INSERT INTO schedule_runs (space_id, schedule_id, scheduled_at, at, outcome) VALUES (?1, ?2, ?3, ?3, 'skipped')`,
    [space.id, schedule.id, service.now],
  );
  await control.run(
    `INSERT INTO webhook_deliveries (id, space_id, subject_type, subject_id, event_id, event_type, event_at, data, status, created_at)
     VALUES (?2, ?1, 'schedule', ?3, ?2, 'schedule.paused', ?4, '{}', 'delivered', ?4)`,
    [space.id, crypto.randomUUID(), schedule.id, service.now],
  );
  await control.run(
    `INSERT INTO export_upload_parts (space_id, export_id, upload_id, first_part, etags)
     SELECT space_id, id, 'upload', 1, '[]' FROM exports WHERE space_id = ?1 LIMIT 1`,
    [space.id],
  );
  await control.run(
    `INSERT INTO export_verification_problems (space_id, export_id, verification, file_n, status, detail)
     SELECT space_id, export_id, n, 0, 'missing', '' FROM export_verifications WHERE space_id = ?1`,
    [space.id],
  );
  await control.run(
    `INSERT INTO export_messages (space_id, export_id, step, n, generation)
     SELECT space_id, id, 'plan', 0, 0 FROM exports WHERE space_id = ?1 LIMIT 1`,
    [space.id],
  );
  await control.run(
    `INSERT INTO webhook_attempts (space_id, delivery_id, n, subject_id, at, duration_ms)
     SELECT space_id, id, 1, subject_id, 0, 0 FROM webhook_deliveries WHERE space_id = ?1`,
    [space.id],
  );
  await service.json("POST", "/v1/portal-links", 201, { key: space.key, body: { scopes: ["exports:read"] } });
  await control.run(
    "INSERT INTO daily_webhooks (space_id, day, attempts, delivered, failed) VALUES (?1, '2026-03-01', 1, 1, 0)",
    [space.id],
  );
  return space;
}

describe("a deleted space", () => {
  let deleted: Space;
  let kept: Space;
  let keptBefore: unknown;
  let statuses: number[];
  let deletedFiles: string[];
  let late: Message[];

  beforeAll(async () => {
    deleted = await livedIn();
    kept = await livedIn();
    await service.ask(deleted);
    late = [...service.queue];
    deletedFiles = await filesOf(deleted);
    keptBefore = [await rowsOf(kept), await filesOf(kept)];
    const full = await rowsOf(deleted);
    if (Object.values(full).includes(0)) throw new Error(`a table has no row to lose: ${JSON.stringify(full)}`);
    await end(deleted);
    const asked = [
      service.call("GET", "/v1/space", { key: deleted.key }),
      service.call("GET", `/v1/spaces/${deleted.id}`, { key: ADMIN }),
      service.call("PATCH", `/v1/spaces/${deleted.id}`, { key: ADMIN, body: { status: "active" } }),
      service.call("DELETE", `/v1/spaces/${deleted.id}`, { key: ADMIN }),
    ];
    statuses = (await Promise.all(asked)).map((response) => response.status);
    await sweepUntilDeleted(deleted);
  }, 30_000);

  it("is unknown to its keys and to the operator before the sweep deletes anything", () => {
    expect(statuses).toEqual([401, 404, 404, 404]);
  });

  it("leaves no row in any table", async () => {
    const left = await rowsOf(deleted);
    expect(Object.keys(left).length).toBeGreaterThan(8);
    expect(Object.values(left)).toEqual(Object.keys(left).map(() => 0));
  });

  it("leaves no file in the bucket", async () => {
    expect(deletedFiles.length).toBeGreaterThanOrEqual(5);
    expect(await filesOf(deleted)).toEqual([]);
  });

  it("deletes nothing of another space", async () => {
    expect([await rowsOf(kept), await filesOf(kept)]).toEqual(keptBefore);
  });

  it("is in no list any more", async () => {
    const { data } = await service.json<{ data: Space[] }>("GET", "/v1/spaces", 200, { key: ADMIN });
    expect(data.map((space) => space.id)).not.toContain(deleted.id);
  });

  it("is not brought back by messages of its exports that come late", async () => {
    expect(late.length).toBeGreaterThan(0);
    service.queue.push(...late);
    await service.pump();
    expect([Object.values(await rowsOf(deleted)).every((rows) => rows === 0), await filesOf(deleted)]).toEqual([
      true,
      [],
    ]);
  });
});

it("is deleted completely with more rows than one sweep deletes, and with parts of a file that is not assembled yet", async () => {
  const space = await service.shop();
  await service.send(space, recent(50_001));
  await service.ask(space);
  const assemble = [];
  for (let message = service.queue.shift(); message !== undefined; message = service.queue.shift()) {
    if (message.step === "assemble") assemble.push(message);
    else await runOne(message);
  }
  expect(assemble.length).toBeGreaterThan(0);
  expect(await filesOf(space)).toContainEqual(expect.stringContaining("/segments/"));
  const number = (await numberOf(space)) ?? 0;
  await end(space);
  await sweepUntilDeleted(space);
  expect([Object.values(await rowsOf(space)).every((rows) => rows === 0), await filesOf(space)]).toEqual([true, []]);
  // The next space of the database does not get the number, though no space has a higher one.
  const next = await service.shop();
  const isShared = env.DEFAULT_HOME !== "object";
  expect([await numberOf(space), await numberOf(next)]).toEqual([null, isShared ? number + 1 : number]);
});

it("leaves no file behind when a step of its export ends after the files were swept", async () => {
  const space = await service.shop();
  await service.send(space, recent(3));
  await service.ask(space);
  const plan = service.queue.shift();
  if (plan !== undefined) await runOne(plan);
  const chunk = service.queue.shift();
  if (chunk === undefined) throw new Error("the plan woke no chunk");
  // The files are deleted while the chunk is being written: its PUT waits until the sweep has finished.
  const put = service.context.bucket.putOnce.bind(service.context.bucket);
  service.context.bucket.putOnce = async (...object) => {
    await end(space);
    await sweepUntilDeleted(space);
    await put(...object);
  };
  await runOne(chunk);
  service.context.bucket.putOnce = put;
  await service.pump();
  await sweepUntilDeleted(space);
  expect([Object.values(await rowsOf(space)).every((rows) => rows === 0), await filesOf(space)]).toEqual([true, []]);
});

it("leaves no row behind of a call that was still being received", async () => {
  const space = await service.shop();
  const body = JSON.stringify({ profiles: [{ person_id: "late" }] });
  let received = () => {};
  const raw = new ReadableStream({
    start(controller) {
      received = () => {
        controller.enqueue(new TextEncoder().encode(body));
        controller.close();
      };
    },
  });
  const headers = { "content-type": "application/json" };
  const late = service.call("PUT", "/v1/profiles", { key: space.key, raw, headers });
  // The call has passed authentication: its key was valid then.
  await service.json("GET", "/v1/space", 200, { key: space.key });
  await end(space);
  service.now += 60_000;
  await sweep(service.context);
  received();
  expect((await late).status).toBeLessThan(500);
  await sweepUntilDeleted(space);
  expect(Object.values(await rowsOf(space)).every((rows) => rows === 0)).toBe(true);
});

async function runOne(message: Message): Promise<void> {
  const verdict = await runStep(service.context, message, 1);
  if (verdict !== "ack") throw new Error(`${message.step} failed`);
}
