/** Moves over HTTP: how one is asked for, seen and canceled, and what is refused. */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { HomeCache } from "../../../src/db/core/home-cache.ts";
import { openDatabases } from "../../../src/db/core/shards.ts";
import { undoMove } from "../../../src/db/moves/moves.ts";
import { askMove, leftIn, moveUntil, rowsIn, spaceView, step } from "../../support/moves.ts";
import { ADMIN, orders, Service, type Space } from "../../support/service.ts";

const D1 = "d1:SPACE_DB";

const service = new Service();
let space: Space;

beforeEach(async () => {
  space = await service.shop({ home: D1 });
  await service.send(space, orders(10));
});

const cancel = (status: number) =>
  service.json<{ detail?: string; move?: { state: string } }>("DELETE", `/v1/spaces/${space.id}/move`, status, {
    key: ADMIN,
  });

describe("a move", () => {
  it("begins with its call, which may be repeated, and ends in the new home", async () => {
    service.maintenance.length = 0;
    expect((await spaceView(service, space)).move).toBeNull();
    const begun = await askMove(service, space, "object");
    expect(begun).toMatchObject({ home: D1, move: { state: "copying", from: D1, to: "object", copied_rows: 0 } });
    expect(service.maintenance).toMatchObject([{ task: "moveSpaces" }]);
    expect(await askMove(service, space, "object")).toEqual(begun);
    await moveUntil(service, space, "completed");
    const { home, move } = await spaceView(service, space);
    expect(home).toBe("object");
    expect(move).toMatchObject({ state: "completed", ended_at: expect.any(String) as string });
    expect(move?.copied_rows).toBeGreaterThan(10);
    expect(move?.compared_rows).toBe(move?.copied_rows);
    expect(await askMove(service, space, "object", 200)).toMatchObject({ home: "object" });
  });

  it("to where the space is answers that it is there", async () => {
    expect(await askMove(service, space, D1, 200)).toMatchObject({ home: D1, move: null });
  });

  it("to an unknown home is refused with those that there are", async () => {
    const problem = await service.json("POST", `/v1/spaces/${space.id}/move`, 422, {
      key: ADMIN,
      body: { home: "object:mars" },
    });
    expect(problem).toMatchObject({ errors: [{ pointer: "/home" }] });
  });

  it("to a second name of the same database is refused: the old copy would be the only one", async () => {
    const twice = new Service();
    const now = () => twice.now;
    const bindings = { ...env, SPACE_DB_COPY: env.SPACE_DB };
    twice.context.databases = openDatabases(bindings, twice.budget, null, new HomeCache(now));
    for (const own of [await twice.shop({ home: D1 }), await twice.space({ home: D1 })])
      expect(
        await twice.json("POST", `/v1/spaces/${own.id}/move`, 422, { key: ADMIN, body: { home: "d1:SPACE_DB_COPY" } }),
      ).toMatchObject({ errors: [{ pointer: "/home", detail: expect.stringContaining("database_id") as string }] });
  });

  it("to a database without its tables is refused, and has not begun", async () => {
    const service = new Service();
    const bindings = { ...env, SPACE_DB_NEW: env.CONTROL_DB };
    service.context.databases = openDatabases(bindings, service.budget, null, new HomeCache(() => service.now));
    const own = await service.space({ home: D1 });
    const problem = await askMove(service, own, "d1:SPACE_DB_NEW", 409);
    expect(problem).toMatchObject({ detail: expect.stringContaining("migrations") as string });
    expect((await spaceView(service, own)).move).toBeNull();
  });

  it("to elsewhere is refused while another is under way, with what to do", async () => {
    await askMove(service, space, "object");
    const refusal = (home: string) =>
      service.json<{ detail: string }>("POST", `/v1/spaces/${space.id}/move`, 409, { key: ADMIN, body: { home } });
    expect((await refusal(D1)).detail).toContain("cancel it");
    await moveUntil(service, space, "cleaning");
    expect((await refusal(D1)).detail).toContain("old copy");
  });

  it("of an unknown space is not found", async () => {
    const path = `/v1/spaces/${crypto.randomUUID()}/move`;
    await service.json("POST", path, 404, { key: ADMIN, body: { home: "object" } });
    await service.json("DELETE", path, 404, { key: ADMIN });
  });
});

describe("a cancellation", () => {
  it("leaves the space where it is, without its copy, and the next move copies everything", async () => {
    const before = await rowsIn(service, space, D1);
    await askMove(service, space, "object");
    for (let n = 0; n < 6; n += 1) await step(service, space);
    expect((await cancel(202)).move).toMatchObject({ state: "undoing" });
    expect((await cancel(202)).move).toMatchObject({ state: "undoing" });
    await moveUntil(service, space, "canceled");
    expect(await rowsIn(service, space, D1)).toEqual(before);
    await expect(leftIn(service, space, "object")).rejects.toThrow("space_gone");
    await service.send(space, orders(11));
    await askMove(service, space, "object");
    await moveUntil(service, space, "completed");
    expect((await rowsIn(service, space, "object"))["events"]).toHaveLength(11);
  });

  it("is refused after the switch, and where there is no move", async () => {
    await cancel(404);
    await askMove(service, space, "object");
    await moveUntil(service, space, "cleaning");
    expect((await cancel(409)).detail).toContain("move it to d1:SPACE_DB");
  });

  it("of a move that has failed says so, and does not call the space moved", async () => {
    await askMove(service, space, "object");
    await undoMove(service.context.databases.control, space.id, 1, "Rows differ.", service.now);
    expect((await cancel(409)).detail).toContain("failed");
  });
});
