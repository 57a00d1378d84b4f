/** Retention of the rows that exports of profiles need, and how far back schedules read. */

import { describe, expect, it } from "vitest";
import { datasetNamed } from "../../../src/datasets/index.ts";
import type { SpaceRow } from "../../../src/db/tenants/spaces.ts";
import { erase, SETTLED_AFTER_MS } from "../../../src/maintenance/erasure.ts";
import { sweep } from "../../support/sweep.ts";
import { roomyService, type Row, rowsOf } from "../../support/pipeline.ts";
import { orders, START } from "../../support/service.ts";

const DAY_MS = 86_400_000;
const OLD = START - 20 * DAY_MS;
const at = (time: number) => new Date(time).toISOString();
const NO_WINDOW = { start: undefined, end: undefined };

const ATTRIBUTES = { ...NO_WINDOW, dataset: "profile_attributes", attributes: ["tier"] };
const BUYERS = { event: "order_placed", within_days: 30 };

describe("rows that an export needs are kept until it has read them", () => {
  it.each([
    [{ dataset: "profile_events", from: at(OLD) }],
    [{ dataset: "reachability_events", from: at(OLD) }],
    [{ ...ATTRIBUTES, segment: "buyers" }],
  ])("though the space keeps it no longer: %o", async (request) => {
    const service = roomyService();
    const space = await service.shop();
    const key = { key: space.key };
    await service.send(space, orders(2, OLD));
    const change = { person_id: "p-1", channel: "SMS", timestamp: at(OLD), reasons: ["PHONE_NUMBER_ADDED"] };
    const events = [0, 1].map((n) => ({ ...change, id: String(n).padStart(32, "0") }));
    await service.json("POST", "/v1/reachability-events", 202, { ...key, body: { events } });
    await service.json("PUT", "/v1/segments/buyers", 200, { ...key, body: { name: "Buyers", rule: BUYERS } });
    const id = await service.ask(space, { ...NO_WINDOW, ...request });
    await service.json("PATCH", "/v1/space", 200, { ...key, body: { retention_days: 1 } });
    const waiting = service.queue.splice(0);
    service.now += 3_600_000;
    await sweep(service.context);
    service.queue.splice(0, service.queue.length, ...waiting);
    await service.pump();
    const done = await service.poll(space, id);
    expect([done.status, done.files[0]?.rows]).toEqual(["completed", request.dataset === "profile_attributes" ? 1 : 2]);
  });

  it("though the person is deleted meanwhile", async () => {
    const service = roomyService();
    const space = await service.shop();
    await service.send(space, orders(1));
    const from = at(START - 3_600_000);
    const ids = [
      await service.ask(space, { ...NO_WINDOW, dataset: "profile_events", from, identifiers: ["external_person_id"] }),
      await service.ask(space, { ...ATTRIBUTES, identifiers: ["external_person_id"] }),
    ];
    await service.json("DELETE", "/v1/profiles/p-1", 202, { key: space.key });
    service.now += SETTLED_AFTER_MS;
    await erase(service.context);
    await service.pump();
    for (const id of ids) {
      const rows = await rowsOf(service, await service.poll(space, id));
      expect(rows.map((row) => row["identifiers"])).toEqual([{ profile_id: "p-1", external_person_id: "CRM-1" }]);
    }
  });
});

it("a person who was deleted and created again is in no segment because of earlier events", async () => {
  const service = roomyService();
  const space = await service.shop();
  const key = { key: space.key };
  const profiles = [{ person_id: "p-1" }, { person_id: "p-2" }];
  await service.json("PUT", "/v1/profiles", 200, { ...key, body: { profiles } });
  await service.send(space, [...orders(1), { ...orders(1)[0], id: "theirs", person_id: "p-2" }]);
  await service.json("PUT", "/v1/segments/buyers", 200, { ...key, body: { name: "Buyers", rule: BUYERS } });
  await service.json("DELETE", "/v1/profiles/p-1", 202, key);
  await service.json("PUT", "/v1/profiles", 200, { ...key, body: { profiles } });
  const rows = await rowsOf(service, await service.export(space, { ...ATTRIBUTES, segment: "buyers" }));
  expect(rows.map((row) => (row["identifiers"] as Row)["profile_id"])).toEqual(["p-2"]);
});

describe("a schedule", () => {
  const NOW = Date.parse("2026-03-10T03:00:00.000Z");
  const space = (retention_days: number): SpaceRow => ({
    id: "s",
    name: "Shop",
    timezone: "UTC",
    retention_days,
    status: "active",
    external_id: "",
    dialects: "{}",
    branding: "{}",
    portal_origins: "[]",
    home: "",
    created_at: 0,
  });
  const schedulableOf = (name: string) => datasetNamed(name).schedulable;

  it.each(["profile_events", "reachability_events"])("fills in from and to of %s", (name) => {
    const schedulable = schedulableOf(name);
    expect(schedulable).toMatchObject({ parameters: ["from", "to"], readsLate: true });
    expect(schedulable?.toParameters({ start: OLD, end: START }, space(180))).toEqual({
      parameters: { from: at(OLD), to: at(START) },
      window: { start: OLD, end: START },
    });
    expect(schedulable?.oldest(space(180), NOW)).toBe(NOW - 90 * DAY_MS + 60_000);
    expect(schedulable?.oldest(space(30), NOW)).toBe(NOW - 30 * DAY_MS + 60_000);
  });

  it("requests no reachability events from before their first date", () => {
    const first = Date.parse("2024-10-10T00:00:00.000Z");
    expect(schedulableOf("reachability_events")?.oldest(space(180), first + DAY_MS)).toBe(first);
  });

  it("requests the current profiles each time", () => {
    expect(schedulableOf("profile_attributes")).toBeUndefined();
  });
});
