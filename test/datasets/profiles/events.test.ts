/** `profile_events`: a line is an event, with its profile's identifiers. */

import { beforeAll, describe, expect, it } from "vitest";
import { readCsv, tablesOf } from "../../support/formats.ts";
import { roomyService, type Row, rowsOf, textOf } from "../../support/pipeline.ts";
import { orders, START, type ProblemView, type Service, type Space } from "../../support/service.ts";

const DAY_MS = 86_400_000;
const at = (time: number) => new Date(time).toISOString();
const HOUR = { dataset: "profile_events", start: undefined, end: undefined, from: at(START - 3_600_000) };

let service: Service;
let space: Space;

const put = (profiles: readonly object[], of = space) =>
  service.json("PUT", "/v1/profiles", 200, { key: of.key, body: { profiles } });
const ask = (request: Record<string, unknown> = {}, of = space) => service.export(of, { ...HOUR, ...request });
const rows = async (request: Record<string, unknown> = {}, of = space) => rowsOf(service, await ask(request, of));
const refused = (request: Record<string, unknown>, of = space) =>
  service.json<ProblemView>("POST", "/v1/exports", 422, {
    key: of.key,
    body: { dataset: "profile_events", ...request },
  });
const pointers = async (request: Record<string, unknown>, of = space) =>
  (await refused(request, of)).errors?.map(({ pointer }) => pointer);
const idOf = (row: Row) => (row["event"] as { id: string }).id;

const order = (id: string, ms: number, more: Record<string, unknown> = {}) => ({
  id,
  definition_id: "order_placed",
  person_id: "p-1",
  occurred_at: at(ms),
  properties: { order_id: id },
  ...more,
});

beforeAll(async () => {
  service = roomyService();
  space = await service.shop();
  await put([
    {
      person_id: "p-1",
      identifiers: { custom_id: "User1" },
      installations: [{ installation_id: "i", platform: "iOS", is_optin: true }],
    },
    { person_id: "p-2" },
  ]);
  await service.json("POST", "/v1/event-definitions", 201, {
    key: space.key,
    body: { id: "order_paid", name: "Paid", properties: [{ name: "amount", type: "text" }] },
  });
  await service.send(space, [
    { ...orders(1)[0], id: "e-1" },
    order("e-2", START - 1_000, { person_id: "p-2", definition_id: "order_paid", properties: { amount: "ten" } }),
  ]);
});

describe("a line", () => {
  it("fact 4.a.2: is an event with its profile's identifiers", async () => {
    const done = await ask({ identifiers: ["custom_id", "installation_ids", "external_person_id"] });
    expect(await textOf(service, done)).toBe(
      [
        `{"event":{"id":"e-1","name":"order_placed","timestamp":"${at(START - 3_000_000)}","attributes":{"order_id":"A-0","amount":0}},"identifiers":{"profile_id":"p-1","custom_id":"User1","installation_ids":["i"],"external_person_id":"CRM-1"}}\n`,
        `{"event":{"id":"e-2","name":"order_paid","timestamp":"${at(START - 1_000)}","attributes":{"amount":"ten"}},"identifiers":{"profile_id":"p-2","custom_id":null,"installation_ids":[],"external_person_id":null}}\n`,
      ].join(""),
    );
  });

  it("has the profile's id alone where nothing else is asked", async () => {
    expect((await rows()).map((row) => row["identifiers"])).toEqual([{ profile_id: "p-1" }, { profile_id: "p-2" }]);
  });
});

describe("a request", () => {
  it("takes names, with * for any characters", async () => {
    expect((await rows({ event_names: ["order_pa*"] })).map(idOf)).toEqual(["e-2"]);
    expect((await rows({ event_names: ["order_*"] })).map(idOf)).toEqual(["e-1", "e-2"]);
    expect(await pointers({ from: HOUR.from, event_names: ["order_placed", "unknown"] })).toEqual(["/event_names/1"]);
  });

  it("ends at the export's creation by default, and a window excludes its end", async () => {
    const shop = await service.shop();
    await service.send(shop, [
      order("a", START - 2),
      order("b", START - 1),
      order("c", START),
      order("ahead", START + 60_000),
    ]);
    expect((await rows({ from: at(START - 2) }, shop)).map(idOf)).toEqual(["a", "b"]);
    expect((await rows({ from: at(START - 2), to: at(START - 1) }, shop)).map(idOf)).toEqual(["a"]);
    expect((await rows({ from: at(START - 1), to: at(START) }, shop)).map(idOf)).toEqual(["b"]);
  });

  it("has from before to, and neither in the future", async () => {
    expect(await pointers({ from: at(START), to: at(START) })).toEqual(["/to"]);
    expect(await pointers({ from: at(START - 1), to: at(START + 1) })).toEqual(["/to"]);
    expect(await pointers({ from: at(START) })).toEqual(["/from"]);
    expect(await pointers({})).toEqual(["/from"]);
    expect(await pointers({ from: "yesterday" })).toEqual(["/from"]);
  });

  it("fact 4.a.6: looks back 90 days, and fact 4.a.4: not a millisecond more", async () => {
    expect((await ask({ from: at(START - 90 * DAY_MS) })).status).toBe("completed");
    const { errors } = await refused({ from: at(START - 90 * DAY_MS - 1) });
    expect(errors).toEqual([
      {
        pointer: "/from",
        detail: "from is more than 90 days ago: it must not be before 2025-12-01T12:00:00.000Z.",
      },
    ]);
  });

  it("looks back no longer than the space keeps events", async () => {
    const brief = await service.shop({ retention_days: 30 });
    expect((await ask({ from: at(START - 30 * DAY_MS) }, brief)).status).toBe("completed");
    const { errors } = await refused({ from: at(START - 30 * DAY_MS - 1) }, brief);
    expect(errors?.[0]?.detail).toBe(
      "from is before the space's retention of 30 days, which begins at 2026-01-30T12:00:00.000Z.",
    );
  });

  it("reports an empty result", async () => {
    const done = await ask({ to: at(START - 3_500_000) });
    expect([done.status, done.message]).toEqual(["completed", "0 events found for the time period queried."]);
  });
});

describe("what is read", () => {
  it("is as of the export's creation", async () => {
    const shop = await service.shop();
    await service.send(shop, [order("a", START - 5)]);
    const id = await service.ask(shop, { ...HOUR, identifiers: ["custom_id"] });
    await put([{ person_id: "p-1", identifiers: { custom_id: "late" } }], shop);
    await service.send(shop, [order("late", START - 5)]);
    await service.pump();
    const read = await rowsOf(service, await service.poll(shop, id));
    expect(read.map((row) => [idOf(row), row["identifiers"]])).toEqual([["a", { profile_id: "p-1", custom_id: null }]]);
  });

  it("has nothing of a person who was deleted before, and all of who has their id now", async () => {
    const shop = await service.shop();
    await put([{ person_id: "p-2" }], shop);
    await service.send(shop, [order("gone", START - 5), order("stays", START - 4, { person_id: "p-2" })]);
    await service.json("DELETE", "/v1/profiles/p-1", 202, { key: shop.key });
    await put([{ person_id: "p-1", identifiers: { custom_id: "again" } }], shop);
    await service.send(shop, [order("new", START - 3)]);
    const read = await rows({ identifiers: ["custom_id"] }, shop);
    expect(read.map((row) => [idOf(row), row["identifiers"]])).toEqual([
      ["stays", { profile_id: "p-2", custom_id: null }],
      ["new", { profile_id: "p-1", custom_id: "again" }],
    ]);
  });

  it("is the space's own alone", async () => {
    const other = await service.shop();
    await service.send(other, [order("theirs", START - 5)]);
    expect((await rows()).map(idOf)).toEqual(["e-1", "e-2"]);
    expect((await rows({}, other)).map(idOf)).toEqual(["theirs"]);
  });
});

describe("files", () => {
  it("are cut by rows and by bytes, and their names cannot be guessed", async () => {
    const shop = await service.shop();
    await service.send(shop, orders(7));
    const byRows = await ask({ layout: "files", file_rows: 3 }, shop);
    expect(byRows.files.map((file) => file.rows)).toEqual([3, 3, 1]);
    for (const { name } of byRows.files) expect(name).toMatch(/^[0-9a-f-]{36}\.ndjson\.gz$/);
    const { sizes } = service.context;
    service.context.sizes = { ...sizes, fileBytes: 700 };
    const byBytes = await ask({ layout: "files" }, shop);
    service.context.sizes = sizes;
    for (const file of byBytes.files) expect(file.uncompressed_bytes).toBeLessThan(700);
    expect(byBytes.files.length).toBeGreaterThan(1);
    expect(await rowsOf(service, byBytes)).toEqual(await rowsOf(service, byRows));
  });
});

describe("other formats", () => {
  it("csv has the event, its attributes as one, and the identifiers", async () => {
    const [header, first] = readCsv(await textOf(service, await ask({ identifiers: ["custom_id"], format: "csv" })));
    expect(header).toEqual([
      "event.id",
      "event.name",
      "event.timestamp",
      "event.attributes",
      "identifiers.profile_id",
      "identifiers.custom_id",
    ]);
    expect(first).toEqual([
      "e-1",
      "order_placed",
      at(START - 3_000_000),
      '{"order_id":"A-0","amount":0}',
      "p-1",
      "User1",
    ]);
  });

  it("parquet types an attribute that is named, by its definition", async () => {
    const columns = [{ path: "event.attributes.amount", as: "amount" }, { path: "event.timestamp" }];
    const table = async (event_names?: string[]) =>
      (await tablesOf(service, await ask({ event_names, columns, format: "parquet" })))[0];
    expect((await table(["order_placed"]))?.columns).toEqual([
      ["amount", "DOUBLE"],
      ["event.timestamp", "TIMESTAMP"],
    ]);
    // A later definition says it differently: its values are another column.
    expect((await table())?.rows.map((row) => row["amount"])).toEqual([0, null]);
  });

  it("redaction hides what the manifest says too", async () => {
    const done = await ask({
      redact: { "event.id": "sha256", "identifiers.profile_id": "drop", "event.attributes": "drop" },
    });
    const [row] = await rowsOf(service, done);
    expect(row).toEqual({
      event: {
        id: expect.stringMatching(/^[0-9a-f]{64}$/),
        name: "order_placed",
        timestamp: at(START - 3_000_000),
      },
      identifiers: {},
    });
    const manifest = await service.json<{ files: { first: unknown }[] }>(
      "GET",
      `/v1/exports/${done.id}/manifest`,
      200,
      {
        key: space.key,
      },
    );
    expect(manifest.files[0]?.first).toEqual({ time: at(START - 3_000_000), id: null });
  });
});
