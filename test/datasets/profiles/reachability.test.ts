/** `reachability_events`: a line is a change of a profile's reachability, as the vendor's page describes it. */

import { beforeAll, describe, expect, it } from "vitest";
import { readCsv, tablesOf } from "../../support/formats.ts";
import { roomyService, type Row, rowsOf, textOf } from "../../support/pipeline.ts";
import { START, type ProblemView, type Service, type Space } from "../../support/service.ts";

const DAY_MS = 86_400_000;
const at = (time: number) => new Date(time).toISOString();
const HOUR = { dataset: "reachability_events", start: undefined, end: undefined, from: at(START - 3_600_000) };
const INSTALLATION = "828A7D76-3D5E-49DC-A863-2465070184C9";
const idFor = (n: number) => String(n).padStart(32, "0");

let service: Service;
let space: Space;

const put = (profiles: readonly object[], of = space) =>
  service.json("PUT", "/v1/profiles", 200, { key: of.key, body: { profiles } });
const load = (events: readonly object[], of = space) =>
  service.json("POST", "/v1/reachability-events", 202, { key: of.key, body: { events } });
const ask = (request: Record<string, unknown> = {}, of = space) => service.export(of, { ...HOUR, ...request });
const rows = async (request: Record<string, unknown> = {}, of = space) => rowsOf(service, await ask(request, of));
const refused = (request: Record<string, unknown>, of = space) =>
  service.json<ProblemView>("POST", "/v1/exports", 422, {
    key: of.key,
    body: { dataset: "reachability_events", ...request },
  });
const pointers = async (request: Record<string, unknown>) =>
  (await refused(request)).errors?.map(({ pointer }) => pointer);
const eventOf = (row: Row) => row["event"] as Row;
const idOf = (row: Row) => eventOf(row)["id"];

const sms = (n: number, time: number, more: object = {}) => ({
  id: idFor(n),
  person_id: "p-1",
  channel: "SMS",
  timestamp: at(time),
  reasons: ["SUBSCRIBED_TO_SMS_MARKETING", "PHONE_NUMBER_ADDED"],
  has_phone_number: true,
  sms_marketing: "subscribed",
  ...more,
});
const email = (n: number, time: number) => ({
  id: idFor(n),
  person_id: "p-1",
  channel: "EMAIL",
  timestamp: at(time),
  reasons: ["EMAIL_ADDRESS_REMOVED"],
  has_email_address: false,
});
const push = (n: number, time: number) => ({
  id: idFor(n),
  person_id: "p-2",
  channel: "PUSH",
  timestamp: at(time),
  reasons: ["PUSH_TOKEN_ADDED"],
  is_optin: false,
  platform: "iOS",
  installation_id: INSTALLATION,
});

beforeAll(async () => {
  service = roomyService();
  space = await service.shop();
  await put([{ person_id: "p-1", identifiers: { custom_id: "User1" } }, { person_id: "p-2" }]);
  await load([sms(1, START - 3_000), email(2, START - 2_000), push(3, START - 1_000)]);
});

describe("a line", () => {
  it("fact 4.a.8, 4.a.9, 4.a.10: is an event, with its channel's fields, and the identifiers", async () => {
    expect(await textOf(service, await ask())).toBe(
      [
        `{"event":{"channel":"SMS","id":"${idFor(1)}","timestamp":"${at(START - 3_000)}","reasons":["SUBSCRIBED_TO_SMS_MARKETING","PHONE_NUMBER_ADDED"],"has_phone_number":true,"sms_marketing":"subscribed"},"identifiers":{"profile_id":"p-1","custom_id":"User1"}}\n`,
        `{"event":{"channel":"EMAIL","id":"${idFor(2)}","timestamp":"${at(START - 2_000)}","reasons":["EMAIL_ADDRESS_REMOVED"],"has_email_address":false,"email_marketing":null},"identifiers":{"profile_id":"p-1","custom_id":"User1"}}\n`,
        `{"event":{"channel":"PUSH","id":"${idFor(3)}","timestamp":"${at(START - 1_000)}","reasons":["PUSH_TOKEN_ADDED"],"is_optin":false,"platform":"iOS"},"identifiers":{"profile_id":"p-2","custom_id":null,"installation_id":"${INSTALLATION}"}}\n`,
      ].join(""),
    );
  });

  it("fact 4.a.11: has each of the 13 reasons, as a profile changes", async () => {
    const shop = await service.space();
    const before = service.now;
    const change = async (more: object) => {
      service.now += 1_000;
      await put([{ person_id: "p", ...more }], shop);
    };
    const app = (is_optin: boolean) => [
      { installation_id: INSTALLATION, platform: "Android", push_token: "t", is_optin },
    ];
    await change({
      attributes: {
        $phone_number: "+1",
        $sms_marketing: "subscribed",
        $email_address: "a@example.com",
        $email_marketing: "subscribed",
      },
      installations: app(true),
    });
    await change({
      attributes: {
        $phone_number: "+2",
        $sms_marketing: "unsubscribed",
        $email_address: "b@example.com",
        $email_marketing: "unsubscribed",
      },
      installations: app(false),
    });
    await change({ attributes: { $phone_number: null, $email_address: null } });
    service.now += 1_000;
    const read = await rows({}, shop);
    service.now = before;
    for (const row of read) expect(idOf(row)).toMatch(/^[0-9a-f]{32}$/);
    const reasons = read.map((row) => [eventOf(row)["channel"], eventOf(row)["reasons"]]);
    const sorted = (all: typeof reasons) => all.map((each) => JSON.stringify(each)).toSorted();
    expect(sorted(reasons)).toEqual(
      sorted([
        ["SMS", ["SUBSCRIBED_TO_SMS_MARKETING", "PHONE_NUMBER_ADDED"]],
        ["EMAIL", ["SUBSCRIBED_TO_EMAIL_MARKETING", "EMAIL_ADDRESS_ADDED"]],
        ["PUSH", ["SUBSCRIBED_TO_PUSH", "PUSH_TOKEN_ADDED"]],
        ["SMS", ["UNSUBSCRIBED_FROM_SMS_MARKETING", "PHONE_NUMBER_UPDATED"]],
        ["EMAIL", ["UNSUBSCRIBED_FROM_EMAIL_MARKETING", "EMAIL_ADDRESS_UPDATED"]],
        ["PUSH", ["UNSUBSCRIBED_FROM_PUSH"]],
        ["SMS", ["PHONE_NUMBER_REMOVED"]],
        ["EMAIL", ["EMAIL_ADDRESS_REMOVED"]],
      ]),
    );
    expect(new Set(reasons.flatMap(([, each]) => each)).size).toBe(13);
  });
});

describe("a request", () => {
  it("takes channels, all of them by default", async () => {
    expect((await rows({ channels: ["PUSH", "SMS"] })).map(idOf)).toEqual([idFor(1), idFor(3)]);
    expect((await rows({ channels: ["EMAIL"] })).map(idOf)).toEqual([idFor(2)]);
    expect((await ask()).request["channels"]).toEqual(["SMS", "EMAIL", "PUSH"]);
  });

  it("takes no other channel, none twice, and no empty list", async () => {
    const { from } = HOUR;
    expect(await pointers({ from, channels: ["FAX"] })).toEqual(["/channels/0"]);
    expect(await pointers({ from, channels: ["SMS", "SMS"] })).toEqual(["/channels/1"]);
    expect(await pointers({ from, channels: [] })).toEqual(["/channels"]);
    expect(await pointers({ from, identifiers: ["custom_id"] })).toEqual(["/identifiers"]);
  });

  it("takes a window without its last moment", async () => {
    expect((await rows({ from: at(START - 3_000), to: at(START - 1_000) })).map(idOf)).toEqual([idFor(1), idFor(2)]);
    expect(await pointers({ from: at(START), to: at(START) })).toEqual(["/to"]);
    expect(await pointers({ from: at(START - 1), to: at(START + 1) })).toEqual(["/to"]);
  });

  it("fact 4.a.7: looks back 90 days, and not a millisecond more", async () => {
    expect((await ask({ from: at(START - 90 * DAY_MS) })).status).toBe("completed");
    const { errors } = await refused({ from: at(START - 90 * DAY_MS - 1) });
    expect(errors).toEqual([
      {
        pointer: "/from",
        detail: "from is more than 90 days ago: it must not be before 2025-12-01T12:00:00.000Z.",
      },
    ]);
  });

  it("fact 4.a.7: has nothing before 10 October 2024", async () => {
    const [first, before] = [Date.parse("2024-10-10T00:00:00.000Z"), service.now];
    service.now = first + DAY_MS;
    const shop = await service.space();
    expect((await ask({ from: at(first) }, shop)).status).toBe("completed");
    const { errors } = await refused({ from: at(first - 1) }, shop);
    service.now = before;
    expect(errors).toEqual([
      { pointer: "/from", detail: "from is before 2024-10-10: there are no events of that time." },
    ]);
  });

  it("reports an empty result", async () => {
    const done = await ask({ to: at(START - 3_000) });
    expect([done.status, done.message]).toEqual(["completed", "0 events found for the time period queried."]);
  });
});

describe("what is read", () => {
  it("is as of the export's creation", async () => {
    const shop = await service.shop();
    await load([sms(1, START - 5)], shop);
    const id = await service.ask(shop, HOUR);
    await put([{ person_id: "p-1", identifiers: { custom_id: "late" }, attributes: { $phone_number: "+1" } }], shop);
    await load([sms(2, START - 5)], shop);
    await service.pump();
    const read = await rowsOf(service, await service.poll(shop, id));
    expect(read.map((row) => [idOf(row), row["identifiers"]])).toEqual([
      [idFor(1), { profile_id: "p-1", custom_id: null }],
    ]);
  });

  it("has nothing of a person who was deleted before", async () => {
    const shop = await service.shop();
    await put([{ person_id: "p-2" }], shop);
    await load([sms(1, START - 5), push(3, START - 4)], shop);
    await service.json("DELETE", "/v1/profiles/p-1", 202, { key: shop.key });
    await put([{ person_id: "p-1" }], shop);
    await load([sms(4, START - 3)], shop);
    expect((await rows({}, shop)).map(idOf)).toEqual([idFor(3), idFor(4)]);
  });

  it("is the space's own alone", async () => {
    const other = await service.shop();
    await load([sms(9, START - 5)], other);
    expect((await rows()).map(idOf)).toEqual([idFor(1), idFor(2), idFor(3)]);
    expect((await rows({}, other)).map(idOf)).toEqual([idFor(9)]);
  });
});

describe("files and formats", () => {
  it("files are cut by rows and by bytes, and their names cannot be guessed", async () => {
    const shop = await service.shop();
    await load(
      Array.from({ length: 7 }, (_, n) => sms(n, START - 100 + n)),
      shop,
    );
    const byRows = await ask({ layout: "files", file_rows: 3 }, shop);
    expect(byRows.files.map((file) => file.rows)).toEqual([3, 3, 1]);
    for (const { name } of byRows.files) expect(name).toMatch(/^[0-9a-f-]{36}\.ndjson\.gz$/);
    const { sizes } = service.context;
    service.context.sizes = { ...sizes, fileBytes: 1_000 };
    const byBytes = await ask({ layout: "files" }, shop);
    service.context.sizes = sizes;
    for (const file of byBytes.files) expect(file.uncompressed_bytes).toBeLessThan(1_000);
    expect(byBytes.files.length).toBeGreaterThan(1);
    expect(await rowsOf(service, byBytes)).toEqual(await rowsOf(service, byRows));
  });

  it("csv and parquet have a column for every field of any channel", async () => {
    const [header, , , last] = readCsv(await textOf(service, await ask({ format: "csv" })));
    expect(header).toEqual([
      "event.channel",
      "event.id",
      "event.timestamp",
      "event.reasons",
      "event.has_phone_number",
      "event.sms_marketing",
      "event.has_email_address",
      "event.email_marketing",
      "event.is_optin",
      "event.platform",
      "identifiers.profile_id",
      "identifiers.custom_id",
      "identifiers.installation_id",
    ]);
    expect(last?.slice(3)).toEqual([
      '["PUSH_TOKEN_ADDED"]',
      null,
      null,
      null,
      null,
      "false",
      "iOS",
      "p-2",
      null,
      INSTALLATION,
    ]);
    const [table] = await tablesOf(service, await ask({ format: "parquet" }));
    expect(table?.rows[0]).toMatchObject({
      "event.timestamp": new Date(START - 3_000),
      "event.reasons": ["SUBSCRIBED_TO_SMS_MARKETING", "PHONE_NUMBER_ADDED"],
      "event.has_phone_number": true,
    });
  });

  it("columns are picked and redacted", async () => {
    const columns = [{ path: "event.channel", as: "channel" }, { path: "identifiers.custom_id" }];
    const read = await rows({ columns, redact: { "identifiers.custom_id": "sha256" } });
    expect(read[0]).toEqual({ channel: "SMS", "identifiers.custom_id": expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(read[2]).toEqual({ channel: "PUSH", "identifiers.custom_id": null });
  });
});
