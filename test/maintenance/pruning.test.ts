/** Superseded versions: an export reads those of its snapshot while it may run, and afterwards they are pruned. */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { Budget } from "../../src/budget.ts";
import { D1Driver } from "../../src/db/core/d1-driver.ts";
import { Database } from "../../src/db/core/database.ts";
import { KEPT_MS, pruneVersions } from "../../src/maintenance/pruning.ts";
import { bytesOf, deliver, roomyService, rowsOf, take } from "../support/pipeline.ts";
import { failAll } from "../support/schedules.ts";
import { orders, type Service, type Space } from "../support/service.ts";
import { sweep } from "../support/sweep.ts";

const TABLES = ["profiles", "definitions", "profile_definitions", "segments", "flows", "flow_elements", "ad_objects"];

let service: Service;
let space: Space;

beforeEach(async () => {
  service = roomyService({ DOWNLOAD_TTL_DAYS: "30" });
  space = await service.shop();
});

const put = (path: string, body: unknown) => service.json("PUT", path, 200, { key: space.key, body });
const rename = (type: string) => put("/v1/profiles", { profiles: [{ person_id: "p-1", type }] });

/** How many superseded versions each table has. */
async function superseded(): Promise<Record<string, number>> {
  const counts = TABLES.map(async (table) => {
    const query = env.SPACE_DB.prepare(
      `SELECT count(*) AS n FROM ${table} WHERE space_id = ? AND seq_to IS NOT NULL`,
    ).bind(space.id);
    return [table, (await query.first<{ n: number }>())?.n ?? -1] as const;
  });
  return Object.fromEntries(await Promise.all(counts));
}

/** Two sweeps: the first reads the sequence number up to which the second, a day and an hour later, prunes. */
async function pruneLater(): Promise<void> {
  for (let n = 0; n < 2; n += 1) {
    await sweep(service.context);
    service.now += KEPT_MS;
  }
  await sweep(service.context);
}

/** Of everything that has versions, two more. */
async function change(): Promise<void> {
  for (const name of ["First", "Second"]) {
    await rename(name);
    await service.json("PATCH", "/v1/event-definitions/order_placed", 200, { key: space.key, body: { name } });
    await put("/v1/tags/vip", { name });
    await put("/v1/segments/vip", { name, rule: { all: [{ tag: "vip" }] } });
    await put("/v1/flows", { flows: [{ id: "f-1", campaign_name: name, elements: [{ id: "e-1", name }] }] });
    await put("/v1/ad-objects", { ads: [{ id: "a-1", name }] });
  }
}

describe("superseded versions are pruned", () => {
  it("a day and an hour after their end at the earliest, and current versions stay", async () => {
    await change();
    expect(await superseded()).toEqual({
      ...Object.fromEntries(TABLES.map((table) => [table, 1])),
      profiles: 2,
      definitions: 2,
    });
    await sweep(service.context);
    service.now += KEPT_MS - 1;
    await rename("Third");
    await sweep(service.context);
    expect((await superseded())["profiles"]).toBe(3);
    service.now += 1;
    await sweep(service.context);
    // The third's predecessor ended after the sequence number was read; versions of event definitions stay readable.
    expect(await superseded()).toEqual({
      ...Object.fromEntries(TABLES.map((table) => [table, 0])),
      profiles: 1,
      definitions: 2,
    });
    expect(await service.json("GET", "/v1/profiles/p-1", 200, { key: space.key })).toMatchObject({ type: "Third" });
  });

  it("of event definitions only when they are deleted", async () => {
    const body = { id: "mistaken", name: "First" };
    await service.json("POST", "/v1/event-definitions", 201, { key: space.key, body });
    await service.json("PATCH", "/v1/event-definitions/mistaken", 200, { key: space.key, body: { name: "Second" } });
    await pruneLater();
    expect((await superseded())["definitions"]).toBe(1);
    await service.call("DELETE", "/v1/event-definitions/mistaken", { key: space.key });
    expect((await superseded())["definitions"]).toBe(2);
    await pruneLater();
    expect((await superseded())["definitions"]).toBe(0);
  });

  it("only when no export with an older snapshot is running: it has the same bytes as without the change", async () => {
    await service.send(space, orders(2));
    const expected = bytesOf(await service.export(space));
    const id = await service.ask(space);
    await deliver(service, take(service, "plan"));
    await put("/v1/profiles", { profiles: [{ person_id: "p-1", external_person_id: "CRM-OTHER" }] });
    const messages = service.queue.splice(0);
    await pruneLater();
    expect((await superseded())["profiles"]).toBe(1);
    service.queue.splice(0, service.queue.length, ...messages);
    await service.pump();
    const done = await service.poll(space, id);
    expect(done.status).toBe("completed");
    expect(bytesOf(done)).toEqual(expected);
    await pruneLater();
    expect((await superseded())["profiles"]).toBe(0);
  });

  it("only when a failed export can no longer be retried", async () => {
    await service.send(space, orders(2));
    const id = await service.ask(space);
    await failAll(service);
    await put("/v1/profiles", { profiles: [{ person_id: "p-1", external_person_id: "CRM-OTHER" }] });
    await pruneLater();
    await service.json("POST", `/v1/exports/${id}/retry`, 202, { key: space.key });
    await service.pump();
    const rows = await rowsOf(service, await service.poll(space, id));
    expect(rows.map((row) => row["externalPersonId"])).toEqual(["CRM-1", "CRM-1"]);
  });

  it("in steps, each of which scans few rows; a space with more goes on at once", async () => {
    await env.SPACE_DB.prepare(
      `INSERT INTO profiles (space_id, person_id, seq_from, seq_to, identifiers, attributes, created_at, updated_at)
       SELECT ?1, 'old-' || value, 1, 2, '{}', '{}', 0, 0 FROM json_each(?2)`,
    )
      .bind(space.id, JSON.stringify(Array.from({ length: 100 }, (_, n) => n)))
      .run();
    await rename("now");
    await sweep(service.context);
    service.now += KEPT_MS;
    const read: number[] = [];
    class Watched extends Budget {
      override countRows(rows: number, written: number, results: readonly unknown[]): void {
        read.push(rows);
        super.countRows(rows, written, results);
      }
    }
    const db = new Database(new D1Driver(env.SPACE_DB), new Watched());
    const context = { ...service.context, databases: { ...service.context.databases, space: () => db } };
    service.budget.begin();
    expect(await pruneVersions(context, 2)).toBe(false);
    expect((await superseded())["profiles"]).toBe(0);
    expect(Math.max(...read)).toBeLessThan(20);
  });
});

it("links of merged people that a further merge has replaced are pruned, and the current ones stay", async () => {
  await put("/v1/profiles", { profiles: ["a", "b", "c"].map((id) => ({ person_id: id })) });
  for (const [from, into] of [
    ["a", "b"],
    ["b", "c"],
  ])
    await service.json("POST", "/v1/profiles/merge", 200, { key: space.key, body: { from, into } });
  const links = async () =>
    (
      await env.SPACE_DB.prepare(
        "SELECT person_id, into_id, seq_to IS NULL AS is_current FROM merges WHERE space_id = ? ORDER BY person_id, seq_from",
      )
        .bind(space.id)
        .raw()
    ).map((row) => row.join(" "));
  expect(await links()).toEqual(["a b 0", "a c 1", "b c 1"]);
  await pruneLater();
  expect(await links()).toEqual(["a c 1", "b c 1"]);
});

it("versions of another space stay", async () => {
  const other = await service.shop();
  await rename("First");
  await service.json("PUT", "/v1/profiles", 200, {
    key: other.key,
    body: { profiles: [{ person_id: "p-1", type: "First" }] },
  });
  await env.CONTROL_DB.prepare("UPDATE spaces SET pruning_due_at = 9e15 WHERE id = ?").bind(other.id).run();
  await pruneLater();
  expect((await superseded())["profiles"]).toBe(0);
  space = other;
  expect((await superseded())["profiles"]).toBe(1);
});
