/** Every window's bounds count as they were sent, also with more digits than milliseconds. */

import { beforeAll, expect, it } from "vitest";
import { roomyService, rowsOf, textOf } from "../support/pipeline.ts";
import { schedule } from "../support/schedules.ts";
import { type Service, type Space } from "../support/service.ts";

let service: Service;
let space: Space;

/** Before, in and after the windows below. */
const TIMES = ["10:00:00.000", "10:00:59.999", "10:01:00.000"].map((time) => `2026-03-01T${time}Z`);
const START = "2026-03-01T10:00:00.000001Z";
const END = "2026-03-01T11:00:59.999999999+01:00";

beforeAll(async () => {
  service = roomyService();
  space = await service.shop();
  const order = { definition_id: "order_placed", person_id: "p-1", properties: {} };
  await service.send(
    space,
    TIMES.map((occurred_at, n) => ({ ...order, id: `e-${n}`, occurred_at })),
  );
  const change = { person_id: "p-1", channel: "EMAIL", reasons: ["EMAIL_ADDRESS_ADDED"] };
  await service.json("POST", "/v1/reachability-events", 202, {
    key: space.key,
    body: { events: TIMES.map((timestamp, n) => ({ ...change, id: `e-${n}`, timestamp })) },
  });
});

const EXPORTS: [string, Record<string, unknown>][] = [
  ["activity_events", { start: START, end: END }],
  ["profile_events", { from: START, to: END }],
  ["reachability_events", { from: START, to: END }],
];

it.each(EXPORTS)("an export of %s has the event of the last millisecond alone", async (dataset, window) => {
  const unused = { start: undefined, end: undefined };
  const rows = await rowsOf(service, await service.export(space, { dataset, ...unused, ...window }));
  const ids = rows.map((row) => row["eventId"] ?? (row["event"] as { id: string }).id);
  expect(ids).toEqual(["e-1"]);
});

it("a document of profiles has the event of the last millisecond alone", async () => {
  const request = { dataset: "segment_profiles", events: ["order_placed"], tags: ["vip"], attributes: ["$country"] };
  const view = await service.export(space, {
    ...request,
    start: undefined,
    end: undefined,
    start_at: START,
    end_at: END,
  });
  expect([...(await textOf(service, view)).matchAll(/"correlationId":"([^"]*)"/g)].map(([, id]) => id)).toEqual([
    "e-1",
  ]);
});

it("List Events has the event of the last millisecond alone", async () => {
  const query = new URLSearchParams({ start: START, end: END });
  const { data } = await service.json<{ data: { eventId: string }[] }>("GET", `/v1/events?${query.toString()}`, 200, {
    key: space.key,
  });
  expect(data.map((row) => row.eventId)).toEqual(["e-1"]);
});

it("the past of a schedule begins at the first millisecond that is not before it", async () => {
  const { backfill_from } = await schedule(service, space, { backfill_from: START });
  expect(backfill_from).toBe("2026-03-01T10:00:00.001Z");
});

it("a window that ends within the current millisecond is not in the future", async () => {
  service.now = Date.parse("2026-03-01T12:00:00.123Z");
  const view = await service.export(space, { start: START, end: "2026-03-01T12:00:00.123999Z" });
  expect(view.status).toBe("completed");
});
