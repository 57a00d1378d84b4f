/** Rows that an ingest has read may change before it writes: then it reads and writes again, or writes nothing. */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { interrupted, once } from "../support/interrupted.ts";
import { type ProblemView, Service, type Space } from "../support/service.ts";
import { shownProperties } from "../support/shown-properties.ts";
import { SPACE_NO } from "../../src/db/core/sequences.ts";

const service = new Service();
let space: Space;

beforeEach(async () => {
  space = await service.shop();
});

const change = (body: unknown) =>
  service.json("PATCH", "/v1/event-definitions/order_placed", 200, { key: space.key, body });
const send = (by: Service, properties: Record<string, unknown> = {}) =>
  by.call("POST", "/v1/events", {
    key: space.key,
    body: { events: [{ id: "e-1", definition_id: "order_placed", person_id: "p-1", properties }] },
  });

async function rows(): Promise<unknown[]> {
  const query = env.SPACE_DB.prepare(
    `SELECT id, definition_version, properties FROM events WHERE space_no = ${SPACE_NO}`,
  );
  return (await query.bind(space.id).all()).results;
}

async function sequence(): Promise<unknown> {
  return (await env.SPACE_DB.prepare("SELECT seq FROM sequences WHERE space_id = ?").bind(space.id).first())?.["seq"];
}

it("stores an event by the definition that is current when it is written", async () => {
  const grow = once(() => change({ properties: [{ name: "currency", type: "text" }] }));
  expect((await send(interrupted(grow), { order_id: "A" })).status).toBe(202);
  expect(await rows()).toEqual([{ id: "e-1", definition_version: 2, properties: '{"order_id":"A"}' }]);
  expect(await shownProperties(space.id, "e-1")).toBe('{"order_id":"A","amount":null,"currency":null}');
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

it("ends with a conflict when the definition changes on every retry, and writes nothing", async () => {
  let before: unknown;
  const always = async (nth: number) => {
    await change({ name: `Renamed ${nth}` });
    before = await sequence();
  };
  const response = await send(interrupted(always));
  expect([response.status, (await response.json<ProblemView>()).code]).toEqual([409, "conflict"]);
  expect([await rows(), await sequence()]).toEqual([[], before]);
});

it("does not read again when an unrelated row was written meanwhile", async () => {
  let writes = 0;
  const other = async () => {
    writes += 1;
    await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles: [{ person_id: "p-2" }] } });
  };
  expect((await send(interrupted(other))).status).toBe(202);
  expect(writes).toBe(1);
});

it("leaves no trace of a guard that passed or failed", async () => {
  await send(interrupted(once(() => change({ name: "Renamed" }))));
  expect(await env.SPACE_DB.prepare("SELECT count(*) AS n FROM guard").first()).toEqual({ n: 0 });
});

describe("a built-in definition", () => {
  const touch = (body: unknown) =>
    service.json("PATCH", "/v1/event-definitions/emailSent", 200, { key: space.key, body });
  const mail = (by: Service, properties: Record<string, unknown> = {}) =>
    by.call("POST", "/v1/events", {
      key: space.key,
      body: { events: [{ id: "e-1", definition_id: "emailSent", person_id: "p-1", properties }] },
    });

  it("that is changed for the first time meanwhile is read again", async () => {
    const grow = once(() => touch({ properties: [{ name: "subject", type: "text" }] }));
    expect((await mail(interrupted(grow), { messageId: "m" })).status).toBe(202);
    expect(await rows()).toEqual([{ id: "e-1", definition_version: 2, properties: '{"messageId":"m"}' }]);
    expect(await shownProperties(space.id, "e-1")).toBe('{"flowElementId":null,"messageId":"m","subject":null}');
  });

  it("that is disabled for the first time meanwhile lets nothing in", async () => {
    const response = await mail(interrupted(once(() => touch({ enabled: false }))));
    const { errors } = await response.json<ProblemView>();
    expect([response.status, errors?.[0]?.pointer]).toEqual([422, "/events/0/definition_id"]);
    expect(await rows()).toEqual([]);
  });

  it("that changes on every retry ends the call with a conflict", async () => {
    const response = await mail(interrupted((nth) => touch({ enabled: nth % 2 === 0 })));
    expect([422, 409]).toContain(response.status);
    expect(await rows()).toEqual([]);
  });

  it("that a change of another definition does not affect is written at once", async () => {
    let writes = 0;
    const other = async () => {
      writes += 1;
      await service.json("PATCH", "/v1/event-definitions/smsSent", 200, { key: space.key, body: { enabled: false } });
    };
    expect((await mail(interrupted(other))).status).toBe(202);
    expect(writes).toBe(1);
  });
});
