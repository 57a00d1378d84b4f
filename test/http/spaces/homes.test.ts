/** Homes over HTTP: where a new space's data goes, and that everything that finds spaces finds those of each home. */

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { HomeCache } from "../../../src/db/core/home-cache.ts";
import { openDatabases } from "../../../src/db/core/shards.ts";
import { rowsOf } from "../../support/pipeline.ts";
import { ADMIN, orders, Service, type Space, START } from "../../support/service.ts";
import { sweep } from "../../support/sweep.ts";

const service = new Service();

interface HomeView {
  name: string;
  kind: string;
  spaces: number;
  bytes: number;
  largest?: { space_id: string; bytes: number };
}

const homes = async () =>
  (await service.json<{ data: HomeView[] }>("GET", "/v1/homes", 200, { key: ADMIN })).data.map((home) => [
    home.name,
    home,
  ]);

const shown = (space: Space) => service.json<{ home: string }>("GET", `/v1/spaces/${space.id}`, 200, { key: ADMIN });

/** Events in the object with this space's name, which is made if it is not there. */
const inObject = (space: Space) =>
  runInDurableObject(env.SPACE_HOME.get(env.SPACE_HOME.idFromName(space.id)), (_, { storage }) => {
    const [table] = storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'events'").toArray();
    return table === undefined ? null : storage.sql.exec<{ n: number }>("SELECT count(*) AS n FROM events").one().n;
  });

const inD1 = () => env.SPACE_DB.prepare("SELECT count(*) AS n FROM events").first<number>("n");

describe("a home", () => {
  it("is listed with its kind, its spaces and the size of what they share, or of what each has", async () => {
    const before = Object.fromEntries(await homes()) as Record<string, HomeView>;
    const space = await service.space({ home: "object" });
    await sweep(service.context);
    const after = Object.fromEntries(await homes()) as Record<string, HomeView>;
    expect(Object.keys(after)).toEqual(["d1:SPACE_DB", "object"]);
    expect(after).toMatchObject({
      "d1:SPACE_DB": { kind: "d1", bytes: expect.any(Number) as number },
      object: { kind: "object", spaces: (before["object"]?.spaces ?? 0) + 1 },
    });
    expect([before["object"]?.bytes, before["object"]?.largest]).toEqual([0, undefined]);
    const { bytes, largest } = after["object"] as HomeView;
    expect(bytes).toBeGreaterThan(10_000);
    expect(largest).toEqual({ space_id: space.id, bytes });
    expect(after["d1:SPACE_DB"]).not.toHaveProperty("largest");
  });

  it("is the only D1 for a space that names none, or the one of the setting", async () => {
    expect(await shown(await service.space())).toMatchObject({ home: env.DEFAULT_HOME || "d1:SPACE_DB" });
    const other = new Service({ DEFAULT_HOME: "object" });
    expect(await shown(await other.space())).toMatchObject({ home: "object" });
  });

  it.each(["d1:CONTROL_DB", "d1:NOWHERE", "object:mars", "", "d1"])(
    "must be one of those here, not %j",
    async (home) => {
      const problem = await service.json("POST", "/v1/spaces", 422, {
        key: ADMIN,
        body: { name: "Shop", timezone: "UTC", home },
      });
      expect(problem).toMatchObject({
        errors: [{ pointer: "/home", detail: expect.stringContaining("Use one of: d1:SPACE_DB, object.") as string }],
      });
    },
  );

  it("cannot be changed by a space", async () => {
    const space = await service.space({ home: "object" });
    expect(await service.faults("PATCH", "/v1/space", { key: space.key, body: { home: "d1:SPACE_DB" } })).toEqual([
      "/home",
    ]);
  });
});

describe("a space in an object", () => {
  it("has its data there alone, and exports the rows of a space in D1", async () => {
    const stored = await inD1();
    const own = await service.shop({ home: "object" });
    await service.send(own, orders(30));
    expect([await inObject(own), await inD1()]).toEqual([30, stored]);
    const shared = await service.shop({ home: "d1:SPACE_DB" });
    await service.send(shared, orders(30));
    expect(await inObject(shared)).toBeNull();
    const exported = await rowsOf(service, await service.export(own));
    expect(exported).toHaveLength(30);
    expect(exported).toEqual(await rowsOf(service, await service.export(shared)));
  });

  it("is found by an isolate that knows its id alone, with one query", async () => {
    const space = await service.shop({ home: "object" });
    const { budget } = service;
    const cache = new HomeCache(() => service.now);
    const before = budget.total.statements;
    for (let n = 0; n < 3; n += 1)
      await openDatabases(env, budget, null, cache).space(space.id).first("SELECT seq FROM sequences");
    expect(budget.total.statements - before).toBe(4);
  });

  it("has its deleted people erased by the sweep", async () => {
    const space = await service.shop({ home: "object" });
    await service.send(space, orders(5));
    const key = { key: space.key };
    const { id } = await service.json<{ id: string }>("DELETE", "/v1/profiles/p-1", 202, key);
    service.now += 120_000;
    await sweep(service.context);
    expect(await service.json("GET", `/v1/profile-deletions/${id}`, 200, key)).toMatchObject({ status: "completed" });
    expect(await inObject(space)).toBe(0);
    service.now = START;
  });

  it("loses its whole database when it is deleted", async () => {
    const space = await service.shop({ home: "object" });
    await service.send(space, orders(5));
    await service.json("DELETE", `/v1/spaces/${space.id}`, 202, { key: ADMIN });
    await sweep(service.context);
    expect(await inObject(space)).toBeNull();
    // A call that is still being made.
    const { databases } = service.context;
    const late = databases.space(space.id).run("DELETE FROM events WHERE id = 'none'", []);
    await expect(late).rejects.toMatchObject({
      code: "unauthenticated",
      message: expect.stringContaining("was deleted") as string,
    });
    service.now += 3_600_000;
    await sweep(service.context);
    expect(await env.CONTROL_DB.prepare("SELECT id FROM spaces WHERE id = ?").bind(space.id).first()).toBeNull();
    service.now = START;
  });
});
