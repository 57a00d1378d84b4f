/**
 * What the three formats share: the rows, the request as it is kept, the estimate, repeated calls, and the document.
 */

import { beforeAll, describe, expect, it } from "vitest";
import { exportsResource } from "../../../src/http/exports/routes.ts";
import { readCsv, tablesOf } from "../../support/formats.ts";
import { gunzip } from "../../support/gunzip.ts";
import { deliver, onlyFile, roomyService, rowsOf, take, textOf } from "../../support/pipeline.ts";
import { orders, type Space } from "../../support/service.ts";

const service = roomyService({ PENDING_LIMIT: "1000" });
const FORMATS = ["ndjson", "csv", "parquet"] as const;
let space: Space;

beforeAll(async () => {
  space = await service.shop();
  await service.send(space, orders(1_000));
});

const windowOf = () => ({
  dataset: "activity_events",
  start: new Date(service.now - 3_600_000).toISOString(),
  end: new Date(service.now).toISOString(),
});

/** Ids and amounts of an export, each format read by an independent reader. */
async function readBack(format: (typeof FORMATS)[number], request: Record<string, unknown> = {}) {
  const done = await service.export(space, { format, layout: "files", file_rows: 300, ...request });
  expect(done.files.map((file) => file.rows)).toEqual([300, 300, 300, 100]);
  if (format === "parquet") return (await tablesOf(service, done)).flatMap((table) => table.rows);
  if (format === "ndjson") return rowsOf(service, done);
  const texts = await Promise.all(done.files.map(async (file) => gunzip(await service.fetchFile(file))));
  return texts.flatMap((text) => {
    const [header, ...lines] = readCsv(text);
    return lines.map((cells) => Object.fromEntries(cells.map((cell, n) => [header?.[n] ?? "", cell])));
  });
}

it("the three formats have the same rows", async () => {
  const read = async (format: (typeof FORMATS)[number]) =>
    (await readBack(format)).map((row) => [row["eventId"], row["order_id"], Number(row["amount"]), row["sessionId"]]);
  const plain = await read("ndjson");
  expect(plain).toHaveLength(1_000);
  expect(await read("csv")).toEqual(plain);
  expect(await read("parquet")).toEqual(plain);
});

it("rows are the dataset's own, to the byte, without columns and redaction", async () => {
  const plain = await textOf(service, await service.export(space));
  expect((await textOf(service, await service.export(space, { redact: {} }))) === plain).toBe(true);
});

describe("the request in the resource", () => {
  it.each([
    [{ format: "ndjson" }, { format: "ndjson", layout: "single" }],
    [{ format: "csv" }, { format: "csv", layout: "single", csv_escape_formulas: false }],
    [{ format: "csv", csv_escape_formulas: true }, { csv_escape_formulas: true }],
    [{ format: "parquet" }, { format: "parquet", layout: "files", file_rows: 50_000 }],
    [{ format: "parquet", layout: "single" }, { layout: "single" }],
    [
      { columns: [{ path: "eventId", as: "id" }], redact: { personId: "drop" } },
      { columns: [{ path: "eventId", as: "id" }], redact: { personId: "drop" } },
    ],
  ])("of %j has its defaults filled in", async (sent, shown) => {
    const done = await service.export(space, sent);
    expect(done.request).toMatchObject(shown);
    expect(await service.export(space, done.request)).toMatchObject({ request: done.request });
  });

  it("has no formulas to escape where the format is not CSV", async () => {
    expect((await service.export(space)).request).not.toHaveProperty("csv_escape_formulas");
  });
});

describe("a repeated call", () => {
  const post = (key: string, more: Record<string, unknown>) =>
    service.call("POST", "/v1/exports", {
      key: space.key,
      headers: { "idempotency-key": key },
      body: { ...windowOf(), ...more },
    });

  it.each([
    [{}, { layout: "single", format: "ndjson" }],
    [{ format: "parquet" }, { layout: "files", format: "parquet" }],
    [{ format: "csv" }, { csv_escape_formulas: false, format: "csv" }],
  ])("is the same with its defaults (%j) as with them written out (%j)", async (short, long) => {
    const key = JSON.stringify(short);
    const [first, second] = [await post(key, short), await post(key, long)];
    expect([first.status, second.status, second.headers.get("idempotent-replay")]).toEqual([202, 202, "true"]);
    expect(await second.text()).toBe(await first.text());
    await service.pump();
  });

  it("in another format is another call", async () => {
    await post("other", {});
    expect((await post("other", { format: "csv" })).status).toBe(422);
    await service.pump();
  });
});

describe("the estimate", () => {
  const estimate = (request: Record<string, unknown>) =>
    service.json<{ rows: number; files: number; bytes_estimate: number }>("POST", "/v1/exports/estimate", 200, {
      key: space.key,
      body: { ...windowOf(), ...request },
    });

  it.each(FORMATS)("of %s has its rows and files, and about its bytes", async (format) => {
    const request = { format, layout: "files", file_rows: 1_000 };
    const { rows, files, bytes_estimate: bytes } = await estimate(request);
    const done = await service.export(space, request);
    expect([rows, files]).toEqual([1_000, 1]);
    expect(bytes / onlyFile(done).bytes).toBeGreaterThan(0.25);
    expect(bytes / onlyFile(done).bytes).toBeLessThan(4);
  });

  it("counts the columns that were requested alone, hashes among them", async () => {
    const columns = [{ path: "amount" }];
    for (const format of FORMATS) {
      const all = await estimate({ format });
      const one = await estimate({ format, columns });
      const hashed = await estimate({ format, columns, redact: { amount: "sha256" } });
      expect(one.bytes_estimate).toBeLessThan(all.bytes_estimate / 2);
      expect(hashed.bytes_estimate).toBeGreaterThan(one.bytes_estimate * 5);
    }
  });
});

it("the columns are those of the snapshot, however late the export is written", async () => {
  const own = await service.shop();
  await service.send(own, orders(1));
  const id = await service.ask(own, { format: "csv" });
  await deliver(service, take(service, "plan"));
  await service.json("PATCH", "/v1/event-definitions/order_placed", 200, {
    key: own.key,
    body: { properties: [{ name: "late", type: "text" }] },
  });
  await service.pump();
  const [header] = readCsv(await textOf(service, await service.poll(own, id)));
  expect(header?.slice(7)).toEqual(["order_id", "amount"]);
});

it("the document describes each parameter, and its example is an export that the service makes", async () => {
  const document = JSON.stringify(await service.json("GET", "/openapi.json", 200));
  const schemas = /"ActivityEventsRequest":(.*)/.exec(document)?.[1] ?? "";
  for (const name of ["format", "columns", "redact", "csv_escape_formulas"]) {
    const described = new RegExp(`"${name}":\\{.*?"description":"[^"]{20,}"`).exec(schemas);
    expect(described).not.toBeNull();
  }
  const { body } = exportsResource.routes.find((route) => route.operationId === "createExport") ?? {};
  const done = await service.export(space, { ...(body?.example as object), ...windowOf() });
  const [header, row] = readCsv(await textOf(service, done));
  expect(header).toEqual(["id", "externalPersonId", "order_id"]);
  expect(row?.[1]).toMatch(/^[0-9a-f]{64}$/);
});
