/** The table of docs/dialects/infobip.md, row by row. */

import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AWS_VARS, ROLE, s3Error } from "../../../support/aws.ts";
import { Customer } from "../../../support/customer.ts";
import { gunzip, lines } from "../../../support/gunzip.ts";
import { deliver, take } from "../../../support/pipeline.ts";
import { ADMIN, Service, type Space } from "../../../support/service.ts";

const EXPORT = "/peopleevents/1/export";
const REQUEST = {
  roleArn: ROLE,
  bucket: "acme-exports",
  region: "EU_CENTRAL_1",
  directoryPath: "dir/subdir/",
  startTime: "2026-03-01T11:00:00.000+0000",
  endTime: "2026-03-01T12:00:00.000+0000",
};

type Json = Record<string, unknown>;

let customer: Customer;
let service: Service;
let space: Space;

const headers = (key = space.key) => ({ authorization: `App ${key}` });
const call = (method: string, path: string, body?: unknown) =>
  service.call(method, path, { headers: headers(), ...(body === undefined ? {} : { body }) });
const json = <Body = Json>(method: string, path: string, status: number, body?: unknown) =>
  service.json<Body>(method, path, status, { headers: headers(), ...(body === undefined ? {} : { body }) });

async function submit(more: Json = {}): Promise<string> {
  return (await json<{ requestId: string }>("POST", EXPORT, 202, { ...REQUEST, ...more })).requestId;
}

const statusOf = (requestId: string) =>
  json<{ status: string; message?: string }>("GET", `${EXPORT}/status/${requestId}`, 200);

/** The request as the core has it. */
const coreOf = async (requestId: string) => (await service.poll(space, requestId)).request;

/** The errors of a refused request, by field. */
async function validationErrors(more: Json): Promise<Record<string, string[]>> {
  const refused = await json<{ requestError: { serviceException: Json } }>("POST", EXPORT, 400, {
    ...REQUEST,
    ...more,
  });
  const { messageId, text, validationErrors: errors } = refused.requestError.serviceException;
  expect([messageId, text]).toEqual(["BAD_REQUEST", "Bad request"]);
  return errors as Record<string, string[]>;
}

/** The rows of every file that an export wrote. */
const rowsOf = (requestId: string) =>
  customer
    .keys()
    .filter((key) => key.includes(`${requestId}-events-`))
    .flatMap((key) => lines(gunzip(customer.aws.objects.get(key)?.body ?? new Uint8Array())));

beforeAll(async () => {
  customer = await Customer.open({ DIALECTS: "infobip" });
  ({ service, space } = customer);
});

// Ended exports do not count as pending.
beforeEach(async () => {
  await service.pump();
});

describe("authentication", () => {
  it.each(["Basic dXNlcjpwYXNz", "IBSSO token", "Bearer token", "App wrong"])("refuses %s", async (authorization) => {
    const refused = await service.json("GET", `${EXPORT}/definitions`, 401, { headers: { authorization } });
    expect(refused).toEqual({
      requestError: { serviceException: { messageId: "UNAUTHORIZED", text: "Unauthorized" } },
    });
  });
});

describe("a request", () => {
  it("is an export of events in files, with exactly the seed's fields", async () => {
    const requestId = await submit({ definitionIdList: ["order*"], enrichWithMomentsInfo: true });
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(await coreOf(requestId)).toMatchObject({
      dataset: "activity_events",
      start: "2026-03-01T11:00:00.000+00:00",
      end: "2026-03-01T12:00:00.000+00:00",
      event_names: ["order*"],
      row_format: "flat",
      extra_fields: false,
      enrich_with_moments_info: true,
      delivery: {
        type: "s3",
        bucket: "acme-exports",
        region: "EU_CENTRAL_1",
        directory_path: "dir/subdir/",
        role_arn: ROLE,
      },
      layout: "files",
      format: "ndjson",
      file_rows: 50_000,
    });
  });

  it.each([
    "2026-03-01T11:00:00.000+0000",
    "2026-03-01T13:00:00.000+0200",
    "2026-03-01T11:00:00Z",
    "2026-03-01T11:00:00+00:00",
  ])("begins at the same time as %s", async (startTime) => {
    const requestId = await submit({ startTime });
    await service.pump();
    const [key] = customer.keys().filter((each) => each.includes(`${requestId}-events-`));
    expect(key).toContain("-events-20260301110000000-");
  });

  it("may leave optional members out, send them as null, and have members that are unknown", async () => {
    const { directoryPath: _, ...required } = REQUEST;
    const body = { ...required, definitionIdList: null, enrichWithMomentsInfo: null, notifyUrl: "https://x.example/" };
    const { requestId } = await json<{ requestId: string }>("POST", EXPORT, 202, body);
    expect(await coreOf(requestId)).not.toHaveProperty("event_names");
  });

  it("may cover more than 24 hours", async () => {
    const requestId = await submit({ startTime: "2026-02-20T00:00:00.000+0000" });
    await service.pump();
    expect((await statusOf(requestId)).status).toBe("COMPLETED_SUCCESSFULLY");
  });

  it("names the region in either way", async () => {
    const requestId = await submit({ region: "eu-central-1" });
    await service.pump();
    expect((await statusOf(requestId)).status).toBe("COMPLETED_SUCCESSFULLY");
  });

  it.each<[string, Json, Record<string, RegExp>]>([
    [
      "an end before its start",
      { endTime: "2026-03-01T10:00:00.000+0000" },
      { endTime: /endTime must be later than startTime/ },
    ],
    [
      "an end in the future",
      { endTime: "2026-03-02T00:00:00.000+0000" },
      { endTime: /endTime must not be in the future/ },
    ],
    [
      "a start before the retention",
      { startTime: "2024-01-01T00:00:00.000+0000" },
      { startTime: /startTime is before/ },
    ],
    ["a time that is none", { startTime: "yesterday" }, { startTime: /startTime must be a time/ }],
    ["a role that is none", { roleArn: "role" }, { roleArn: /roleArn must be the ARN/ }],
    [
      "a path with a character that is not safe",
      { directoryPath: "a b/" },
      { directoryPath: /directoryPath may contain/ },
    ],
    ["a bucket that is none", { bucket: "-" }, { bucket: /bucket must be/ }],
    [
      "an unknown id",
      { definitionIdList: ["order_placed", "nothing"] },
      { definitionIdList: /no event definition nothing/ },
    ],
    [
      "201 ids",
      { definitionIdList: Array.from({ length: 201 }, (_, n) => `e${n}`) },
      { definitionIdList: /at most 200/ },
    ],
    [
      "members of the wrong type",
      { roleArn: 1, enrichWithMomentsInfo: "yes" },
      { roleArn: /a text/, enrichWithMomentsInfo: /true or false/ },
    ],
    [
      "no role and no window",
      { roleArn: undefined, startTime: undefined },
      { roleArn: /required/, startTime: /required/ },
    ],
  ])("is refused with %s, by the field", async (_, more, expected) => {
    const errors = await validationErrors(more);
    expect(Object.keys(errors).toSorted()).toEqual(Object.keys(expected).toSorted());
    for (const [field, pattern] of Object.entries(expected)) expect(errors[field]?.join()).toMatch(pattern);
  });

  it("accepts a pattern that matches no definition", async () => {
    const requestId = await submit({ definitionIdList: ["nothing*"] });
    await service.pump();
    expect(await statusOf(requestId)).toMatchObject({ message: "0 events found for the time period queried." });
  });
});

describe("the rows", () => {
  it("are flat, and nested where the space has set it", async () => {
    const flat = await submit();
    await service.pump();
    expect(Object.keys(rowsOf(flat)[0] ?? {})).toEqual([
      "definitionId",
      "eventId",
      "sessionId",
      "personId",
      "externalPersonId",
      "occuredTime",
      "order_id",
      "amount",
    ]);
    const set = (format: string) =>
      service.json<Json>("PATCH", "/v1/space", 200, {
        key: space.key,
        body: { dialects: { infobip: { row_format: format } } },
      });
    expect(await set("nested")).toMatchObject({ dialects: { infobip: { row_format: "nested" } } });
    const nested = await submit();
    await service.pump();
    expect(rowsOf(nested)[0]).toEqual({
      definitionId: "order_placed",
      personId: "p-1",
      externalPersonId: "CRM-1",
      timestamp: "2026-03-01T11:10:00.000Z",
      properties: { order_id: "A-0", amount: 0 },
    });
    await set("flat");
  });

  it("take only the two forms", async () => {
    const body = { dialects: { infobip: { row_format: "wide" } } };
    expect(await service.faults("PATCH", "/v1/space", { key: space.key, body })).toEqual([
      "/dialects/infobip/row_format",
    ]);
  });
});

describe("the status", () => {
  it("is SUBMITTED, IN_PROGRESS while it is worked on, and COMPLETED_SUCCESSFULLY", async () => {
    const requestId = await submit();
    expect(await statusOf(requestId)).toEqual({ requestId, status: "SUBMITTED" });
    await deliver(service, take(service, "plan"));
    expect(await statusOf(requestId)).toEqual({ requestId, status: "IN_PROGRESS" });
    await service.pump();
    expect(await statusOf(requestId)).toEqual({ requestId, status: "COMPLETED_SUCCESSFULLY" });
  });

  it("of an export that finds nothing has its message, and no file", async () => {
    const requestId = await submit({
      startTime: "2026-03-01T10:00:00.000+0000",
      endTime: "2026-03-01T10:30:00.000+0000",
    });
    await service.pump();
    expect(await statusOf(requestId)).toEqual({
      requestId,
      status: "COMPLETED_SUCCESSFULLY",
      message: "0 events found for the time period queried.",
    });
    expect(rowsOf(requestId)).toEqual([]);
  });

  it("tells of a store that refuses the file, and of the last attempt", async () => {
    const requestId = await submit();
    await deliver(service, take(service, "plan"));
    customer.aws.instead = ({ method }) => (method === "PUT" ? s3Error(503, "SlowDown") : null);
    const chunk = take(service, "chunk");
    const message = "Exception caught while trying to push file to S3.";
    await deliver(service, chunk, 1);
    expect(await statusOf(requestId)).toEqual({ requestId, status: "FAILED_AWAITING_RETRY", message });
    await deliver(service, chunk, 10);
    customer.aws.instead = () => null;
    expect(await statusOf(requestId)).toEqual({ requestId, status: "FAILED_AFTER_MAX_RETRIES", message });
  });

  it("of an unknown id, of another space's, and of an export of another dataset or without the bucket is 404", async () => {
    const other = await service.shop();
    const foreign = await service.ask(other);
    const attributes = { dataset: "profile_attributes", identifiers: ["custom_id"] };
    const { id } = await service.json<{ id: string }>("POST", "/v1/exports", 202, { key: space.key, body: attributes });
    const here = await service.ask(space);
    for (const requestId of [here, "4c959f87-9a45-4e16-bcd2-7f2a79e95067", "x", foreign, id])
      expect(await json("GET", `${EXPORT}/status/${requestId}`, 404)).toEqual({
        requestError: { serviceException: { messageId: "NOT_FOUND", text: "Not found" } },
      });
    await json("DELETE", `${EXPORT}/${here}`, 404);
    expect(await service.poll(space, here)).toMatchObject({ status: "queued" });
  });
});

describe("a cancellation", () => {
  it("is 202 without a body, and the status says when it was asked for", async () => {
    const requestId = await submit();
    const answer = await call("DELETE", `${EXPORT}/${requestId}`);
    expect([answer.status, await answer.text()]).toEqual([202, ""]);
    expect(await statusOf(requestId)).toEqual({
      requestId,
      status: "CANCELLED_BY_CUSTOMER",
      message: "Cancellation complete, cancellation request received at 2026-03-01T12:00:00.000Z",
    });
  });

  it("of a request that has ended is 409, of an unknown one 404", async () => {
    const requestId = await submit();
    await service.pump();
    expect(await json("DELETE", `${EXPORT}/${requestId}`, 409)).toEqual({
      requestError: { serviceException: { messageId: "CONFLICT", text: "Conflict" } },
    });
    await json("DELETE", `${EXPORT}/4c959f87-9a45-4e16-bcd2-7f2a79e95067`, 404);
  });
});

it("the definitions are all that are enabled, however many there are", async () => {
  const own = await service.space();
  const ids = Array.from({ length: 210 }, (_, n) => `custom_${String(n).padStart(3, "0")}`);
  for (const id of ids)
    await service.json("POST", "/v1/event-definitions", 201, { key: own.key, body: { id, name: id } });
  await service.json("PATCH", "/v1/event-definitions/custom_007", 200, { key: own.key, body: { enabled: false } });
  const options = { headers: headers(own.key) };
  const { definitionIdList: listed } = await service.json<{ definitionIdList: string[] }>(
    "GET",
    `${EXPORT}/definitions`,
    200,
    options,
  );
  expect(listed.filter((id) => id.startsWith("custom_0") || id.startsWith("custom_1"))).toEqual(
    ids.filter((id) => id !== "custom_007" && id < "custom_2"),
  );
  // Channel events begin enabled, people events disabled.
  expect([listed.includes("emailOpened"), listed.includes("pageView")]).toEqual([true, false]);
});

describe("errors", () => {
  it.each<[string, string, string | Uint8Array<ArrayBuffer>, Record<string, string>]>([
    ["is no JSON", "malformed", "{", { "content-type": "application/json" }],
    ["has another media type", "type", JSON.stringify(REQUEST), { "content-type": "text/plain" }],
    ["is too large", "large", `"${"x".repeat(70_000)}"`, { "content-type": "application/json" }],
  ])("a body that %s is 400", async (_, __, raw, more) => {
    const refused = await service.call("POST", EXPORT, { headers: { ...headers(), ...more }, raw });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ requestError: { serviceException: { messageId: "BAD_REQUEST" } } });
  });

  it("a failure of the service says nothing of its cause", async () => {
    const broken = new Service({ DIALECTS: "infobip" });
    broken.context.databases = {
      ...broken.context.databases,
      space: () => {
        throw new TypeError("a secret");
      },
    };
    const refused = await broken.json("GET", `${EXPORT}/definitions`, 500, { headers: headers() });
    expect(refused).toEqual({
      requestError: {
        serviceException: { messageId: "GENERAL_ERROR", text: "Something went wrong. Please contact support." },
      },
    });
  });

  it("a space that is inactive is 403", async () => {
    const own = await service.space();
    await service.json("PATCH", `/v1/spaces/${own.id}`, 200, {
      key: ADMIN,
      body: { status: "inactive" },
    });
    expect(await service.json("GET", `${EXPORT}/definitions`, 403, { headers: headers(own.key) })).toEqual({
      requestError: { serviceException: { messageId: "FORBIDDEN", text: "Forbidden" } },
    });
  });
});

describe("the limits", () => {
  it("let five requests and thirty polls through, together with those of the own API, and refuse with Retry-After", async () => {
    const limited = new Service({ DIALECTS: "infobip", ...AWS_VARS });
    const own = await limited.shop();
    const options = { headers: headers(own.key), body: REQUEST };
    await limited.ask(own);
    const ids: string[] = [];
    for (let n = 0; n < 4; n += 1)
      ids.push((await limited.json<{ requestId: string }>("POST", EXPORT, 202, options)).requestId);
    const refused = await limited.call("POST", EXPORT, options);
    expect([
      refused.status,
      refused.headers.get("x-ratelimit-limit"),
      refused.headers.get("x-ratelimit-remaining"),
    ]).toEqual([429, "5", "0"]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await refused.json()).toEqual({
      requestError: { serviceException: { messageId: "TOO_MANY_REQUESTS", text: "Too many requests" } },
    });
    const poll = `${EXPORT}/status/${ids[0] ?? ""}`;
    for (let n = 0; n < 30; n += 1) await limited.json("GET", poll, 200, { headers: headers(own.key) });
    await limited.json("GET", poll, 429, { headers: headers(own.key) });
  });
});
