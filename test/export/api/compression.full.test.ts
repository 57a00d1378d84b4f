/** Each compression with each format and layout: names, objects, the stream and the estimate. */

import { beforeAll, describe, expect, it } from "vitest";
import { tablesOf } from "../../support/formats.ts";
import { CODECS, contentOf, ENDINGS, lastHour, roomyShop, shopInChunks } from "../../support/compressions.ts";
import { unpack } from "../../support/gunzip.ts";
import { bytesOf, onlyFile, pumpCarelessly, textOf } from "../../support/pipeline.ts";
import { dice, shuffled } from "../../support/random.ts";
import { orders, type Space } from "../../support/service.ts";

const service = roomyShop();
let space: Space;

beforeAll(async () => {
  space = await shopInChunks(service);
});

describe.each(CODECS)("with compression %s", (compression) => {
  it("a single file of CSV has its name, its type and the rows", async () => {
    const done = await service.export(space, { format: "csv", compression });
    const { name, url } = onlyFile(done);
    expect(name.replace(/^[^.]*/, "")).toBe(`.csv${ENDINGS[compression]}`);
    const response = await fetch(url);
    expect(response.headers.get("content-type")).toBe(
      compression === "none" ? "text/csv" : `application/${compression}`,
    );
    const plain = await textOf(service, await service.export(space, { format: "csv" }));
    expect(unpack(name, new Uint8Array(await response.arrayBuffer())) === plain).toBe(true);
  });

  it("several files have the rows, and are joined by /content", async () => {
    const done = await service.export(space, { compression, layout: "files", file_rows: 300 });
    expect(done.files.map(({ rows }) => rows)).toEqual([300, 300, 300, 100]);
    const text = await textOf(service, done);
    expect(text.split("\n")).toHaveLength(1_001);
    const [plain, packed] = [
      await contentOf(service, space, done.id, "identity"),
      await contentOf(service, space, done.id, "gzip, zstd"),
    ];
    expect([plain.coding, packed.coding]).toEqual([null, compression === "none" ? null : compression]);
    expect(Buffer.from(plain.bytes).toString() === text).toBe(true);
    expect(unpack(ENDINGS[compression], packed.bytes) === text).toBe(true);
  });

  it("has the same bytes however its messages come", async () => {
    const first = await service.export(space, { compression });
    const again = await service.ask(space, { compression });
    const roll = dice(3);
    await pumpCarelessly(service, { times: 2, width: 3, order: (waiting) => shuffled(roll, waiting) });
    expect(bytesOf(await service.poll(space, again))).toEqual(bytesOf(first));
  });

  it("has columns and redactions as any", async () => {
    const request = { columns: [{ path: "order_id" }], redact: { order_id: "sha256" } };
    const done = await service.export(space, { ...request, compression });
    expect(await textOf(service, done)).toBe(await textOf(service, await service.export(space, request)));
  });

  it("of nothing is a file of no rows", async () => {
    const end = new Date(service.now - 3_599_999).toISOString();
    const done = await service.export(space, { compression, end, format: "csv", columns: [{ path: "amount" }] });
    expect(await textOf(service, done)).toBe('"amount"\r\n');
    const files = await service.export(space, { compression, end, layout: "files" });
    expect([
      files.files,
      unpack(ENDINGS[compression], (await contentOf(service, space, files.id, compression)).bytes),
    ]).toEqual([[], ""]);
  });

  it("a document of profiles is one file", async () => {
    const request = { dataset: "segment_profiles", attributes: ["$country"], compression };
    const { id } = await service.json<{ id: string }>("POST", "/v1/exports", 202, { key: space.key, body: request });
    await service.pump();
    const file = onlyFile(await service.poll(space, id));
    expect(file.name.replace(/^[^.]*/, "")).toBe(`.json${ENDINGS[compression]}`);
    expect(JSON.parse(unpack(file.name, await service.fetchFile(file)))).toHaveProperty("profiles");
    const { bytes, type } = await contentOf(service, space, id, "identity");
    expect([type, JSON.parse(Buffer.from(bytes).toString())]).toEqual([
      "application/json",
      JSON.parse(unpack(file.name, await service.fetchFile(file))),
    ]);
  });

  it("is about as large as the estimate says", async () => {
    const { bytes_estimate: guess } = await service.json<{ bytes_estimate: number }>(
      "POST",
      "/v1/exports/estimate",
      200,
      { key: space.key, body: { ...lastHour(service), compression } },
    );
    const { bytes } = onlyFile(await service.export(space, { compression }));
    expect(guess / bytes).toBeGreaterThan(0.8);
    expect(guess / bytes).toBeLessThan(1.25);
  });
});

describe.each([
  ["snappy", "SNAPPY"],
  ["zstd", "ZSTD"],
  ["none", "UNCOMPRESSED"],
])("Parquet with compression %s", (compression, codec) => {
  it("has the rows, in files of the same names", async () => {
    const done = await service.export(space, { format: "parquet", compression });
    const [table] = await tablesOf(service, done);
    expect(table?.codecs).toEqual([codec]);
    expect(onlyFile(done).name).toMatch(/-\d{17}\.parquet$/);
    const [plain] = await tablesOf(service, await service.export(space, { format: "parquet" }));
    expect(table?.rows).toEqual(plain?.rows);
  });

  it("is joined from several chunks, and is about as large as the estimate says", async () => {
    const request = { format: "parquet", compression, layout: "single" };
    const file = onlyFile(await service.export(space, request));
    expect(file.rows).toBe(1_000);
    const { bytes_estimate: guess } = await service.json<{ bytes_estimate: number }>(
      "POST",
      "/v1/exports/estimate",
      200,
      { key: space.key, body: { ...lastHour(service), ...request } },
    );
    expect(guess / file.bytes).toBeGreaterThan(0.25);
    expect(guess / file.bytes).toBeLessThan(1.25);
  });
});

it("Parquet with zstd has texts that are longer than a page", async () => {
  const long = await service.shop();
  const text = Array.from({ length: 20_000 }, (_, n) => `item ${n * 7_919}, `).join("");
  await service.send(
    long,
    orders(3).map((order) => ({ ...order, properties: { order_id: text, amount: 1 } })),
  );
  const [table] = await tablesOf(service, await service.export(long, { format: "parquet", compression: "zstd" }));
  expect(table?.rows.map((row) => row["order_id"] === text)).toEqual([true, true, true]);
});

it("an increment and the export before it may be compressed differently", async () => {
  const before = await service.export(space, { compression: "zstd" });
  const late = { ...orders(1)[0], id: "late" };
  await service.send(space, [late]);
  const increment = await service.export(space, { since: before.id, compression: "none" });
  expect((await textOf(service, increment)).trimEnd().split("\n")).toHaveLength(1);
});
