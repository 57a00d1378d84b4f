/** Schedules with verify_after_days: their exports are verified some days after they were completed. */

import { afterEach, beforeEach, expect, it } from "vitest";
import { type Customer, Customer as Shop, INLINE } from "../support/customer.ts";
import { change, dropSchedules, HOUR, runAt, runsOf, schedule } from "../support/schedules.ts";
import { sweep } from "../support/sweep.ts";
import { verificationOf } from "../support/verification.ts";

const DAY = 24 * HOUR;
const TO_BUCKET = { request: { dataset: "activity_events", delivery: INLINE } };

let customer: Customer;

beforeEach(async () => {
  customer = await Shop.open();
});
afterEach(() => dropSchedules(customer.service, customer.space));

/** A schedule, and its first run's completed export. */
async function firstRun(more: Record<string, unknown>) {
  const { service, space } = customer;
  const { id } = await schedule(service, space, { cron: "0 0 1 * *", ...TO_BUCKET, ...more });
  await runAt(service, Date.parse("2026-04-01T00:00:00.000Z"));
  const [run] = await runsOf(service, space, id);
  expect(run?.export?.status).toBe("completed");
  return { id, exportId: run?.export?.id ?? "" };
}

/** Moves the clock, and does what is due. */
async function passDays(days: number): Promise<void> {
  customer.service.now += days * DAY;
  await sweep(customer.service.context);
  await customer.service.pump();
}

const verificationsOf = async (exportId: string): Promise<unknown> =>
  verificationOf(customer.service, customer.space, exportId).catch(() => null);

it("each export is verified once, so many days after it was completed", async () => {
  const { exportId } = await firstRun({ verify_after_days: 3 });
  await passDays(2.9);
  expect(await verificationsOf(exportId)).toBeNull();
  await passDays(0.2);
  const found = await verificationOf(customer.service, customer.space, exportId);
  expect(found).toMatchObject({ status: "finished", reason: "scheduled", ok: true });
  await passDays(10);
  expect(await verificationOf(customer.service, customer.space, exportId)).toEqual(found);
});

it("exports of a schedule without it are not verified, nor those that a call made", async () => {
  const { exportId } = await firstRun({});
  const called = await customer.export();
  await passDays(31);
  expect([await verificationsOf(exportId), await verificationsOf(called.id)]).toEqual([null, null]);
});

it("turning it off drops the verifications that are still to come", async () => {
  const { id, exportId } = await firstRun({ verify_after_days: 3 });
  const changed = await change(customer.service, customer.space, id, { verify_after_days: null });
  expect(changed).toMatchObject({ verify_after_days: null });
  await passDays(4);
  expect(await verificationsOf(exportId)).toBeNull();
});

it("a change of something else leaves it as it is", async () => {
  const { id } = await firstRun({ verify_after_days: 3 });
  expect(await change(customer.service, customer.space, id, { name: "Other" })).toMatchObject({ verify_after_days: 3 });
});

it.each([0, 31, 1.5, "3", true])("%s is refused", async (days) => {
  const { service, space } = customer;
  const body = { name: "n", cron: "0 3 * * *", timezone: "UTC", ...TO_BUCKET, verify_after_days: days };
  expect(await service.faults("POST", "/v1/schedules", { key: space.key, body })).toEqual(["/verify_after_days"]);
});

it("files of the service's own bucket must be kept for longer", async () => {
  const { service, space } = customer;
  const body = { name: "n", cron: "0 3 * * *", timezone: "UTC", request: { dataset: "activity_events" } };
  const refused = { key: space.key, body: { ...body, verify_after_days: 7 } };
  expect(await service.faults("POST", "/v1/schedules", refused)).toEqual(["/verify_after_days"]);
  const { id } = await schedule(service, space, { ...body, verify_after_days: 6 });
  const later = { key: space.key, body: { verify_after_days: 7 } };
  expect(await service.faults("PATCH", `/v1/schedules/${id}`, later)).toEqual(["/verify_after_days"]);
  const document = { dataset: "segment_profiles", attributes: ["$email_address"] };
  const ofDocuments = { key: space.key, body: { ...body, request: document, verify_after_days: 1 } };
  expect(await service.faults("POST", "/v1/schedules", ofDocuments)).toEqual(["/verify_after_days"]);
});

it("an export whose record was deleted meanwhile is passed over", async () => {
  const { exportId } = await firstRun({ verify_after_days: 3 });
  await customer.service.json("DELETE", `/v1/exports/${exportId}`, 204, { key: customer.space.key });
  await passDays(4);
  expect(customer.service.queue).toEqual([]);
});
