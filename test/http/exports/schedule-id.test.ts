/** `schedule_id`: which schedule created an export. */

import { afterEach, beforeEach, expect, it } from "vitest";
import { Customer } from "../../support/customer.ts";
import { dropSchedules, runAt, runsOf, schedule } from "../../support/schedules.ts";

let customer: Customer;

beforeEach(async () => {
  customer = await Customer.open();
});
afterEach(() => dropSchedules(customer.service, customer.space));

it("an export names the schedule that created it, alone and in the list", async () => {
  const { service, space } = customer;
  const { id } = await schedule(service, space, { cron: "0 0 1 * *", request: { dataset: "activity_events" } });
  await runAt(service, Date.parse("2026-04-01T00:00:00.000Z"));
  const [run] = await runsOf(service, space, id);
  const exportId = run?.export?.id ?? "";
  const alone = await service.call("GET", `/v1/exports/${exportId}`, { key: space.key });
  expect(await alone.json()).toMatchObject({ id: exportId, schedule_id: id });
  const list = await service.call("GET", "/v1/exports", { key: space.key });
  expect(await list.json()).toMatchObject({ data: [{ id: exportId, schedule_id: id }] });
});

it("an export that a call created names none", async () => {
  expect(await customer.export()).toMatchObject({ schedule_id: null });
});
