/** A client that was written from Infobip's documentation alone: from the request to the rows in the bucket. */

import { beforeAll, expect, it } from "vitest";
import { ROLE } from "../../../support/aws.ts";
import { Customer } from "../../../support/customer.ts";
import { gunzip } from "../../../support/gunzip.ts";
import { ORIGIN } from "../../../support/service.ts";
import { InfobipClient } from "./client.ts";

let customer: Customer;
let client: InfobipClient;

const REQUEST = {
  roleArn: ROLE,
  bucket: "acme-exports",
  region: "EU_CENTRAL_1",
  directoryPath: "events/hourly/",
  startTime: "2026-03-01T11:00:00.000+0000",
  endTime: "2026-03-01T12:00:00.000+0000",
};

beforeAll(async () => {
  customer = await Customer.open({ DIALECTS: "infobip" });
  const send = (url: string, { method = "GET", headers, body }: RequestInit) =>
    customer.service.call(method, url.slice(ORIGIN.length), {
      headers: headers as Record<string, string>,
      ...(body === undefined || body === null ? {} : { raw: body }),
    });
  client = new InfobipClient(ORIGIN, customer.space.key, send);
});

it("requests an export, polls it to its end, and reads its file from the bucket", async () => {
  const requestId = await client.submit({ ...REQUEST, definitionIdList: ["order*"] });
  expect(await client.status(requestId)).toEqual({ requestId, status: "SUBMITTED" });
  const ended = await client.ended(requestId, () => customer.service.pump());
  expect(ended).toEqual({ requestId, status: "COMPLETED_SUCCESSFULLY" });

  const names = customer.keys().filter((key) => key.startsWith(`events/hourly/${requestId}-events-`));
  expect(names).toEqual([`events/hourly/${requestId}-events-20260301110000000-20260301120000000.json.gz`]);
  const text = gunzip(customer.aws.objects.get(names[0] ?? "")?.body ?? new Uint8Array());
  const rows = text.trimEnd().split("\n");
  expect(rows).toHaveLength(5);
  expect(JSON.parse(rows[1] ?? "")).toEqual({
    definitionId: "order_placed",
    eventId: "e-0000001",
    sessionId: null,
    personId: "p-1",
    externalPersonId: "CRM-1",
    occuredTime: "2026-03-01T12:00:00.000+0000",
    order_id: "A-1",
    amount: 0.25,
  });
});

it("cancels a request, which is canceled from then on", async () => {
  const requestId = await client.submit(REQUEST);
  await client.cancel(requestId);
  expect(await client.status(requestId)).toEqual({
    requestId,
    status: "CANCELLED_BY_CUSTOMER",
    message: "Cancellation complete, cancellation request received at 2026-03-01T12:00:00.000Z",
  });
});

it("finds the names for its filter", async () => {
  const names = await client.definitions();
  expect(names).toEqual(expect.arrayContaining(["emailOpened", "order_placed"]));
});
