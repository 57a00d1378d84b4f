/** A schedule whose runs fail three times in a row is paused, and its webhooks are sent. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sweep } from "../support/sweep.ts";
import { KEYS } from "../support/aws.ts";
import { deliveriesOf, endpoint, Receiver, verify, wakeAll } from "../support/receiver.ts";
import {
  change,
  dropSchedules,
  failAll,
  HOUR,
  look,
  MINUTE,
  nextSweep,
  runAt,
  runsOf,
  schedule,
  shop,
  sweepAt,
  windowsOf,
} from "../support/schedules.ts";
import { type Service, type Space, START } from "../support/service.ts";

let service: Service;
let space: Space;
let receiver: Receiver;

beforeEach(async () => {
  ({ service, space } = await shop());
  receiver = new Receiver(service, space);
});

afterEach(() => dropSchedules(service, space));

/** The run of this hour after START fails. */
async function failAt(hour: number): Promise<void> {
  await sweepAt(service, START + hour * HOUR);
  await failAll(service);
  await nextSweep(service);
}

const receivedBodies = () => receiver.received.map(({ body }) => JSON.parse(body) as { type: string; data: object });

it("is paused after three failures in a row, and its event is sent once, with the pause's time", async () => {
  const { secret } = await endpoint(service, space, { event_types: ["schedule.paused"] });
  const { id } = await schedule(service, space, { name: "Hourly orders" });
  for (const hour of [1, 2]) await failAt(hour);
  expect(await look(service, space, id)).toMatchObject({ status: "active" });
  await failAt(3);
  expect(await look(service, space, id)).toMatchObject({
    status: "paused",
    paused_reason: "failures",
    paused_at: new Date(service.now).toISOString(),
    next_run_at: null,
  });
  await sweep(service.context);
  await wakeAll(service);
  const failed = (await runsOf(service, space, id)).at(-1);
  expect(receivedBodies()).toEqual([
    {
      type: "schedule.paused",
      timestamp: new Date(service.now).toISOString(),
      data: {
        schedule_id: id,
        name: "Hourly orders",
        paused_at: new Date(service.now).toISOString(),
        paused_reason: "failures",
        failures: 3,
        last_export_id: failed?.export?.id,
        error: { code: "internal", message: expect.any(String) as string, owner: "service", retryable: true },
      },
    },
  ]);
  expect(verify(service, secret, receiver.last)).toMatchObject({ type: "schedule.paused" });
  expect(receiver.last.headers["webhook-id"]).not.toContain(".");
  expect(await deliveriesOf(service, space)).toMatchObject([
    { type: "schedule.paused", export_id: null, schedule_id: id, status: "delivered" },
  ]);
  await sweepAt(service, START + 5 * HOUR);
  expect(await runsOf(service, space, id)).toHaveLength(3);
});

it("is sent to no endpoint without the event type, and to none of another space", async () => {
  await endpoint(service, space, { event_types: ["export.completed"] });
  const other = await service.shop();
  await endpoint(service, other);
  await schedule(service, space);
  for (const hour of [1, 2, 3]) await failAt(hour);
  expect(await deliveriesOf(service, space)).toEqual([]);
  expect(await deliveriesOf(service, other)).toEqual([]);
});

it("restarts its count after a completed run", async () => {
  const { id } = await schedule(service, space);
  for (const hour of [1, 2]) await failAt(hour);
  await runAt(service, START + 3 * HOUR);
  for (const hour of [4, 5]) await failAt(hour);
  expect(await look(service, space, id)).toMatchObject({ status: "active" });
  await failAt(6);
  expect(await look(service, space, id)).toMatchObject({ status: "paused" });
});

it("does not count a failure whose retry completed", async () => {
  const { id } = await schedule(service, space);
  for (const hour of [1, 2]) await failAt(hour);
  const second = (await runsOf(service, space, id)).at(-1);
  await service.json("POST", `/v1/exports/${second?.export?.id}/retry`, 202, { key: space.key });
  await service.pump();
  for (const hour of [3, 4]) await failAt(hour);
  expect(await look(service, space, id)).toMatchObject({ status: "active" });
});

describe("a run whose request is no longer valid", () => {
  async function toBucket(): Promise<{ id: string; bucket: string }> {
    const body = { name: "Bucket", bucket: "acme-exports", region: "eu-central-1", auth: { type: "keys", ...KEYS } };
    const { id: bucket } = await service.json<{ id: string }>("POST", "/v1/destinations", 201, {
      key: space.key,
      body,
    });
    const request = { dataset: "activity_events", delivery: { type: "s3", destination_id: bucket } };
    const { id } = await schedule(service, space, { request });
    await service.json("DELETE", `/v1/destinations/${bucket}`, 204, { key: space.key });
    return { id, bucket };
  }

  it("is a failure, which the history explains", async () => {
    const { id } = await toBucket();
    await sweepAt(service, START + HOUR);
    expect(await runsOf(service, space, id)).toMatchObject([
      {
        scheduled_at: new Date(START + HOUR).toISOString(),
        outcome: "refused",
        window: null,
        export: null,
        error: { code: "invalid_request", message: "The space has no destination with this id." },
        reason: null,
      },
    ]);
  });

  it("pauses its schedule the third time, with an event without an export", async () => {
    await endpoint(service, space);
    const { id } = await toBucket();
    for (const hour of [1, 2, 3]) await sweepAt(service, START + hour * HOUR);
    await wakeAll(service);
    expect(await look(service, space, id)).toMatchObject({ status: "paused" });
    expect(receivedBodies()).toMatchObject([
      {
        type: "schedule.paused",
        data: { last_export_id: null, error: { code: "invalid_request", owner: "customer" } },
      },
    ]);
  });

  it("leaves its window to the first valid run after the schedule is corrected and resumed", async () => {
    const { id } = await toBucket();
    for (const hour of [1, 2, 3]) await sweepAt(service, START + hour * HOUR);
    await sweepAt(service, START + 3.5 * HOUR);
    const mended = await change(service, space, id, { paused: false, request: { dataset: "activity_events" } });
    expect(mended).toMatchObject({
      status: "active",
      paused_reason: null,
      paused_at: null,
      next_run_at: new Date(START + 4 * HOUR).toISOString(),
    });
    await sweepAt(service, START + 4 * HOUR - MINUTE);
    await sweepAt(service, START + 4 * HOUR);
    expect(await windowsOf(service, space, id)).toEqual(["03-01T12:00 03-01T16:00"]);
  });

  it("counts from then on alone", async () => {
    const { id } = await toBucket();
    for (const hour of [1, 2, 3]) await sweepAt(service, START + hour * HOUR);
    await change(service, space, id, { paused: false });
    for (const hour of [4, 5]) await sweepAt(service, START + hour * HOUR);
    expect(await look(service, space, id)).toMatchObject({ status: "active" });
    await sweepAt(service, START + 6 * HOUR);
    expect(await look(service, space, id)).toMatchObject({ status: "paused" });
  });
});

it("does not run while a call has paused it, and shows that", async () => {
  const { id } = await schedule(service, space);
  expect(await change(service, space, id, { paused: true })).toMatchObject({
    status: "paused",
    paused_reason: "requested",
    next_run_at: null,
  });
  await sweepAt(service, START + 2 * HOUR);
  expect(await runsOf(service, space, id)).toEqual([]);
  await change(service, space, id, { paused: false });
  await sweepAt(service, START + 3 * HOUR);
  expect(await windowsOf(service, space, id)).toEqual(["03-01T12:00 03-01T15:00"]);
});

it("loses its history and its deliveries after ninety days", async () => {
  await endpoint(service, space);
  const { id } = await toNowhere();
  for (const hour of [1, 2, 3]) await sweepAt(service, START + hour * HOUR);
  await wakeAll(service);
  expect([(await runsOf(service, space, id)).length, (await deliveriesOf(service, space)).length]).toEqual([3, 1]);
  service.now = START + 4 * HOUR + 90 * 24 * HOUR;
  await sweep(service.context);
  expect([await runsOf(service, space, id), await deliveriesOf(service, space)]).toEqual([[], []]);
});

/** A schedule with an invalid request: every run is refused. */
async function toNowhere(): Promise<{ id: string }> {
  const created = await schedule(service, space);
  const request = { ...created.request, delivery: { type: "s3", destination_id: "gone" } };
  await service.context.databases.control.run("UPDATE schedules SET request = ?3 WHERE space_id = ?1 AND id = ?2", [
    space.id,
    created.id,
    JSON.stringify(request),
  ]);
  return created;
}
