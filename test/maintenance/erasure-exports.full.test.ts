/**
 * Exports around the deletion of a person: earlier ones have all rows as of their snapshot, later ones have none of the
 * person's.
 */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { Budget } from "../../src/budget.ts";
import { D1Driver } from "../../src/db/core/d1-driver.ts";
import { Database, type Param } from "../../src/db/core/database.ts";
import { s3Error } from "../support/aws.ts";
import { throughLine } from "../support/bucket.ts";
import { ErasureShop, mixed } from "../support/erasure.ts";
import { deliver, eventIdsOf, take, textOf } from "../support/pipeline.ts";
import { orders, type Service, type Space } from "../support/service.ts";

let shop: ErasureShop;
let service: Service;
let space: Space;

beforeEach(async () => {
  shop = await ErasureShop.open();
  ({ service, space } = shop);
});

const ALL = ["e-0", "e-1", "e-2", "e-3", "e-4"];
const OTHERS = ["e-1", "e-3"];

describe("an export that was requested before", () => {
  it.each([
    ["queued", 0],
    ["planned", 1],
  ])("has all rows as of its snapshot, however long it is %s, and the erasure waits for it", async (_, steps) => {
    await service.send(space, mixed());
    const id = await service.ask(space, { layout: "files", file_rows: 2 });
    for (let n = 0; n < steps; n += 1) await deliver(service, take(service));
    const deletion = await shop.remove();
    for (let n = 0; n < 3; n += 1) await shop.sweepLater();
    expect(await shop.look(deletion)).toEqual(deletion);
    await service.pump();
    const done = await service.poll(space, id);
    expect([done.status, await eventIdsOf(service, done)]).toEqual(["completed", ALL]);
    await shop.sweepLater();
    expect(await shop.look(deletion)).toMatchObject({ status: "completed", deleted: { events: 3 } });
    expect(await eventIdsOf(service, await service.poll(space, id))).toEqual(ALL);
  });

  it("has the external id that the person had", async () => {
    await service.send(space, orders(1));
    const id = await service.ask(space, { columns: [{ path: "externalPersonId" }] });
    await shop.remove();
    await shop.sweepLater();
    await service.pump();
    expect(await textOf(service, await service.poll(space, id))).toBe('{"externalPersonId":"CRM-1"}\n');
  });

  it("but has failed delays nothing: retried, it is planned again, without the erased rows", async () => {
    await service.send(space, mixed());
    const id = await service.ask(space);
    await deliver(service, take(service));
    throughLine(service, async () => s3Error(503, "SlowDown"));
    await service.pump();
    throughLine(service);
    expect(await service.poll(space, id)).toMatchObject({ status: "failed", progress: { rows_total: 5 } });
    const deletion = await shop.remove();
    await shop.sweepLater();
    expect(await shop.look(deletion)).toMatchObject({ status: "completed" });
    await service.json("POST", `/v1/exports/${id}/retry`, 202, { key: space.key });
    await service.pump();
    const done = await service.poll(space, id);
    expect([done.status, await eventIdsOf(service, done)]).toEqual(["completed", OTHERS]);
  });

  it("in another space delays nothing", async () => {
    const other = await service.shop();
    await service.ask(other);
    const deletion = await shop.remove();
    await shop.sweepLater();
    expect(await shop.look(deletion)).toMatchObject({ status: "completed" });
  });
});

describe("an export that is requested after", () => {
  it.each([
    ["before any row is deleted", async () => {}],
    ["after that", () => shop.sweepLater()],
  ])("has no event of the person: asked %s", async (_, wait) => {
    await service.send(space, mixed());
    await shop.remove();
    await wait();
    const done = await service.export(space);
    expect([done.status, await eventIdsOf(service, done)]).toEqual(["completed", OTHERS]);
  });

  it.each([0, 1, 2])("completes with the same rows where they go after its step %i", async (steps) => {
    await service.send(space, mixed());
    const deletion = await shop.remove();
    const id = await service.ask(space, { layout: "files", file_rows: 1 });
    for (let n = 0; n < steps; n += 1) await deliver(service, take(service));
    await shop.sweepLater();
    expect(await shop.look(deletion)).toMatchObject({ status: "completed" });
    await service.pump();
    const done = await service.poll(space, id);
    expect([done.status, done.progress.rows_total, await eventIdsOf(service, done)]).toEqual(["completed", 2, OTHERS]);
  });

  it("has the events of a person who was created again, and no older ones", async () => {
    await service.send(space, mixed());
    await shop.remove();
    await shop.put({ person_id: "p-1", external_person_id: "CRM-NEW" });
    await service.send(space, [{ ...orders(1)[0], id: "new" }]);
    const done = await service.export(space);
    expect((await eventIdsOf(service, done)).map(String).toSorted()).toEqual([...OTHERS, "new"]);
  });

  it("has the columns of every definition that has had events: an erasure removes none", async () => {
    const definition = { id: "seen", name: "Seen", properties: [{ name: "page", type: "text" }] };
    await service.json("POST", "/v1/event-definitions", 201, { key: space.key, body: definition });
    await service.send(space, [
      ...mixed(),
      { ...orders(1)[0], id: "s", definition_id: "seen", properties: { page: "x" } },
    ]);
    await shop.remove();
    const done = await service.export(space, { format: "csv" });
    const [header = ""] = (await textOf(service, done)).split("\r\n");
    expect([header.includes("order_id"), header.includes("page")]).toEqual([true, true]);
  });
});

it("costs an export nothing where no deletion is pending", async () => {
  const texts: string[] = [];
  class Watched extends Database {
    override async all<Row>(sql: string, params: readonly Param[] = []): Promise<Row[]> {
      texts.push(sql);
      return super.all<Row>(sql, params);
    }
  }
  await service.send(space, mixed());
  await shop.remove();
  await shop.sweepLater();
  const watched = new Watched(new D1Driver(env.SPACE_DB), new Budget());
  service.context.databases = { ...service.context.databases, space: () => watched };
  const excluding = () => texts.filter((sql) => sql.includes("FROM events") && sql.includes("deletions")).length;
  await service.export(space);
  expect([texts.length > 0, excluding()]).toEqual([true, 0]);
  await service.json("DELETE", "/v1/profiles/p-2", 202, { key: space.key });
  await service.export(space);
  expect(excluding()).toBeGreaterThan(0);
});
