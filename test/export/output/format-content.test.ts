/** `/content` of CSV and Parquet: one file comes as it is, several are not joined, and no file is a file of no rows. */

import { beforeAll, describe, expect, it } from "vitest";
import { readParquet } from "../../support/parquet.ts";
import { gunzip } from "../../support/gunzip.ts";
import { onlyFile, roomyService, textOf } from "../../support/pipeline.ts";
import { orders, type Space } from "../../support/service.ts";

const service = roomyService({ PENDING_LIMIT: "1000" });
let space: Space;

beforeAll(async () => {
  space = await service.shop();
  await service.send(space, orders(1_000));
});

async function contentOf(id: string, encoding = "identity") {
  const headers = { "accept-encoding": encoding };
  const response = await service.call("GET", `/v1/exports/${id}/content`, { key: space.key, headers });
  return { response, bytes: new Uint8Array(await response.arrayBuffer()) };
}

describe("the content", () => {
  it("of a CSV file comes plain or gzipped, as text/csv", async () => {
    const done = await service.export(space, { format: "csv" });
    const text = await textOf(service, done);
    const plain = await contentOf(done.id);
    const packed = await contentOf(done.id, "gzip");
    expect(plain.response.headers.get("content-type")).toBe("text/csv");
    expect([plain, packed].map(({ response }) => response.headers.get("content-encoding"))).toEqual([null, "gzip"]);
    expect(Buffer.from(plain.bytes).toString() === text).toBe(true);
    expect(gunzip(packed.bytes) === text).toBe(true);
  });

  it.each(["identity", "gzip"])("of a Parquet file is the file, also for Accept-Encoding %s", async (coding) => {
    const done = await service.export(space, { format: "parquet" });
    const { response, bytes } = await contentOf(done.id, coding);
    expect(response.headers.get("content-type")).toBe("application/vnd.apache.parquet");
    expect(response.headers.get("content-encoding")).toBeNull();
    expect(Buffer.from(bytes).equals(await service.fetchFile(onlyFile(done)))).toBe(true);
  });

  it.each(["csv", "parquet"])("of several files of %s cannot be joined", async (format) => {
    const done = await service.export(space, { format, layout: "files", file_rows: 600 });
    const { response, bytes } = await contentOf(done.id);
    expect(response.status).toBe(409);
    expect(JSON.parse(Buffer.from(bytes).toString())).toMatchObject({ code: "conflict" });
  });

  it("of several files of NDJSON with columns is joined", async () => {
    const request = { layout: "files", file_rows: 600, columns: [{ path: "order_id" }] };
    const done = await service.export(space, request);
    const { bytes } = await contentOf(done.id, "gzip");
    expect(gunzip(bytes)).toBe(await textOf(service, done));
  });

  it("of no files is what a file of no rows is", async () => {
    const nothing = { layout: "files", end: new Date(service.now - 3_599_999).toISOString() };
    const header = '"order_id","amount"\r\n';
    const columns = [{ path: "order_id" }, { path: "amount" }];
    const csv = await service.export(space, { ...nothing, format: "csv", columns });
    expect(Buffer.from((await contentOf(csv.id)).bytes).toString()).toBe(header);
    expect(gunzip((await contentOf(csv.id, "gzip")).bytes)).toBe(header);
    const parquet = await service.export(space, { ...nothing, format: "parquet", columns });
    const table = await readParquet((await contentOf(parquet.id)).bytes);
    expect([table.rows, table.columns.map(([name]) => name)]).toEqual([[], ["order_id", "amount"]]);
  });
});
