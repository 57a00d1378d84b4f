/** What an ingest looked at may change before it writes: then it looks again, and writes what is right by then, or nothing. */

import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import { Database, newMeter } from "../../src/db/database.ts";
import { type ProblemView, Service, type Space } from "../support/service.ts";

const service = new Service();
let space: Space;

beforeEach(async () => {
  space = await service.shop();
});

/** A service between whose looks and writes something else happens: a batch that writes events has three statements at least. */
function interrupted(meanwhile: (nth: number) => Promise<unknown>): Service {
  let writes = 0;
  const d1 = {
    prepare: (sql: string) => env.SPACE_DB.prepare(sql),
    async batch(statements: D1PreparedStatement[]) {
      if (statements.length > 2) {
        writes += 1;
        await meanwhile(writes);
      }
      return env.SPACE_DB.batch(statements);
    },
  } as unknown as D1Database;
  const slow = new Service();
  slow.hall.databases = { ...slow.hall.databases, space: () => new Database(d1, newMeter()) };
  return slow;
}

const change = (body: unknown) =>
  service.json("PATCH", "/v1/event-definitions/order_placed", 200, { key: space.key, body });
const send = (by: Service, properties: Record<string, unknown> = {}) =>
  by.call("POST", "/v1/events", {
    key: space.key,
    body: { events: [{ id: "e-1", definition_id: "order_placed", person_id: "p-1", properties }] },
  });

async function rows(): Promise<unknown[]> {
  const query = env.SPACE_DB.prepare("SELECT id, definition_version, properties FROM events WHERE space_id = ?");
  return (await query.bind(space.id).all()).results;
}

async function sequence(): Promise<unknown> {
  return (await env.SPACE_DB.prepare("SELECT seq FROM sequences WHERE space_id = ?").bind(space.id).first())?.["seq"];
}

const once = (work: () => Promise<unknown>) => async (nth: number) => (nth === 1 ? work() : undefined);

it("stores an event by the definition that stands when it is written", async () => {
  const grow = once(() => change({ properties: [{ name: "currency", type: "text" }] }));
  expect((await send(interrupted(grow), { order_id: "A" })).status).toBe(202);
  expect(await rows()).toEqual([
    { id: "e-1", definition_version: 2, properties: '{"order_id":"A","amount":null,"currency":null}' },
  ]);
});

it("refuses an event whose definition was disabled meanwhile, and writes nothing", async () => {
  const response = await send(interrupted(once(() => change({ enabled: false }))));
  const { errors } = await response.json<ProblemView>();
  expect([response.status, errors?.[0]?.pointer]).toEqual([422, "/events/0/definition_id"]);
  expect(await rows()).toEqual([]);
});

it("refuses an event that lacks what became required meanwhile", async () => {
  const grow = once(() => change({ properties: [{ name: "currency", type: "text", required: true }] }));
  const response = await send(interrupted(grow));
  const { errors } = await response.json<ProblemView>();
  expect([response.status, errors?.[0]?.pointer]).toEqual([422, "/events/0/properties/currency"]);
});

it("gives up with a conflict where the definition changes each time, and writes nothing", async () => {
  let before: unknown;
  const always = async (nth: number) => {
    await change({ name: `Renamed ${nth}` });
    before = await sequence();
  };
  const response = await send(interrupted(always));
  expect([response.status, (await response.json<ProblemView>()).code]).toEqual([409, "conflict"]);
  expect([await rows(), await sequence()]).toEqual([[], before]);
});

it("does not look again where something else was written meanwhile", async () => {
  let writes = 0;
  const other = async () => {
    writes += 1;
    await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles: [{ person_id: "p-2" }] } });
  };
  expect((await send(interrupted(other))).status).toBe(202);
  expect(writes).toBe(1);
});

it("leaves no trace of a guard that held or failed", async () => {
  await send(interrupted(once(() => change({ name: "Renamed" }))));
  expect(await env.SPACE_DB.prepare("SELECT count(*) AS n FROM guard").first()).toEqual({ n: 0 });
});
