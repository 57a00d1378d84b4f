/** `redact`: dropped values are in no row; equal values have equal hashes, within one space only. */

import { createHmac } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { redactionKey } from "../../../src/export/output/encode/encoder.ts";
import { readCsv, tablesOf, visits } from "../../support/formats.ts";
import { type Row, roomyService, rowsOf, textOf } from "../../support/pipeline.ts";
import type { Space } from "../../support/service.ts";

const service = roomyService({ PENDING_LIMIT: "1000" });
const ITEMS = [
  { sku: "ann@shop.example", count: 1 },
  { sku: null, count: 2 },
];
const FULL = { page: "ann@shop.example", amount: 2.5, member: true, at: "2026-01-01T00:00:00Z", items: ITEMS };
const HASH = /^[0-9a-f]{64}$/;
let space: Space;
let hash: (value: unknown) => string;

beforeAll(async () => {
  space = await visits(service, [FULL, {}]);
  const key = await redactionKey(service.context, space.id);
  hash = (value) =>
    createHmac("sha256", key)
      .update(typeof value === "string" ? value : JSON.stringify(value))
      .digest("hex");
});

const VISITS = { event_names: ["visit"] };
const exported = (redact: Record<string, string>, more: Record<string, unknown> = {}, of = space) =>
  service.export(of, { ...VISITS, redact, ...more });

async function rows(redact: Record<string, string>, more: Record<string, unknown> = {}, of = space): Promise<Row[]> {
  return rowsOf(service, await exported(redact, more, of));
}

async function faults(request: Record<string, unknown>): Promise<string[]> {
  const start = new Date(service.now - 3_600_000).toISOString();
  const body = { dataset: "activity_events", start, end: new Date(service.now).toISOString(), ...request };
  return service.faults("POST", "/v1/exports", { key: space.key, body });
}

describe("what is dropped", () => {
  it("is in no row, and everything else stays as it was, in its order", async () => {
    const [row] = await rows({ page: "drop", externalPersonId: "drop" });
    const names = [
      "definitionId",
      "eventId",
      "sessionId",
      "personId",
      "occuredTime",
      "occurredAt",
      "amount",
      "member",
      "at",
      "items",
    ];
    expect(Object.keys(row ?? {})).toEqual(names);
    expect(row).toMatchObject({ amount: 2.5, items: ITEMS });
  });

  it("may be a field in each item of a list", async () => {
    const [row, empty] = await rows({ "items.sku": "drop" });
    expect([row?.["items"], empty?.["items"]]).toEqual([[{ count: 1 }, { count: 2 }], null]);
  });

  it("may be all properties of nested rows, or one", async () => {
    const [row] = await rows({ properties: "drop" }, { row_format: "nested" });
    expect(Object.keys(row ?? {})).toEqual(["definitionId", "eventId", "personId", "externalPersonId", "timestamp"]);
    const [other] = await rows({ "properties.page": "drop" }, { row_format: "nested" });
    expect(Object.keys(other?.["properties"] ?? {})).toEqual(["amount", "member", "at", "items"]);
  });

  it("is no column of CSV and Parquet", async () => {
    const redact = { page: "drop", items: "drop" };
    const [header] = readCsv(await textOf(service, await exported(redact, { format: "csv" })));
    const [table] = await tablesOf(service, await exported(redact, { format: "parquet" }));
    expect(header?.slice(7)).toEqual(["amount", "member", "at"]);
    expect(table?.columns.slice(7).map(([name]) => name)).toEqual(["amount", "member", "at"]);
  });
});

describe("what is hashed", () => {
  it("is HMAC-SHA-256 of the text, or of the JSON of what is no text; null stays null", async () => {
    const names = ["page", "amount", "member", "at", "items"] as const;
    const [row, empty] = await rows(Object.fromEntries(names.map((name) => [name, "sha256"])));
    expect(row).toMatchObject(Object.fromEntries(names.map((name) => [name, hash(FULL[name])])));
    expect(names.map((name) => empty?.[name])).toEqual([null, null, null, null, null]);
  });

  it("is the same for the same value in any column, list, format and export of a space", async () => {
    const redact = { page: "sha256", "items.sku": "sha256" };
    const [first] = await rows(redact);
    const [second] = await rows({ "properties.page": "sha256" }, { row_format: "nested" });
    const [, csv] = readCsv(await textOf(service, await exported(redact, { format: "csv" })));
    const ann = hash("ann@shop.example");
    expect(first).toMatchObject({ page: ann, items: [{ sku: ann }, { sku: null }] });
    expect([second?.["properties"], csv?.[7]]).toEqual([expect.objectContaining({ page: ann }), ann]);
  });

  it("is another in another space", async () => {
    const [row] = await rows({ page: "sha256" }, {}, await visits(service, [FULL]));
    expect(row?.["page"]).toMatch(HASH);
    expect(row?.["page"]).not.toBe(hash(FULL.page));
  });

  it("is text in Parquet, for any type; a list stays a list", async () => {
    const redact = { amount: "sha256", at: "sha256", "items.sku": "sha256" };
    const columns = ["amount", "at", "items.sku"].map((path) => ({ path }));
    const [table] = await tablesOf(service, await exported(redact, { format: "parquet", columns }));
    expect(table?.columns.map(([, type]) => type)).toEqual(["STRING", "STRING", "JSON"]);
    expect(table?.rows[0]).toEqual({
      amount: hash(2.5),
      at: hash(FULL.at),
      "items.sku": [hash("ann@shop.example"), null],
    });
  });

  it("does not depend on the order in which a path and one within it are named", async () => {
    const redact = { properties: "sha256", "properties.page": "drop" };
    const turned = { "properties.page": "drop", properties: "sha256" };
    const { page: _page, ...rest } = FULL;
    for (const each of [redact, turned])
      expect((await rows(each, { row_format: "nested" }))[0]?.["properties"]).toBe(hash(rest));
  });
});

describe("refused is", () => {
  it.each<[string, Record<string, unknown>, string[]]>([
    ["a path that no row has", { redact: { page: "drop", "a/b~c": "drop" } }, ["/redact/a~1b~0c"]],
    ["a path into a text", { redact: { "page.x": "sha256" } }, ["/redact/page.x"]],
    ["a way that does not exist", { redact: { page: "md5" } }, ["/redact/page"]],
    ["a column that is dropped", { redact: { page: "drop" }, columns: [{ path: "page" }] }, ["/columns/0/path"]],
    [
      "a column in a list that is dropped",
      { redact: { items: "drop" }, columns: [{ path: "items.sku" }] },
      ["/columns/0/path"],
    ],
    [
      "a column in what is one hash",
      { redact: { items: "sha256" }, columns: [{ path: "items.sku" }] },
      ["/columns/0/path"],
    ],
    [
      "201 paths",
      { redact: Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`p${n}`, "drop"])) },
      ["/redact"],
    ],
  ])("%s", async (_what, request, pointers) => {
    expect(await faults({ ...VISITS, ...request })).toEqual(pointers);
  });

  it("a file of no columns", async () => {
    const names = ["definitionId", "eventId", "personId", "externalPersonId", "timestamp", "properties"];
    const redact = Object.fromEntries(names.map((name) => [name, "drop"]));
    expect(await faults({ ...VISITS, row_format: "nested", format: "csv", redact })).toEqual(["/redact"]);
  });
});
