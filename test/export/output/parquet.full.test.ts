/**
 * Exports as Parquet: typed from the definitions, files by default, the same bytes each time. Read back by hyparquet.
 */

import { describe, expect, it, vi } from "vitest";
import { define, MANDATORY, tablesOf, visit, visits } from "../../support/formats.ts";
import { bytesOf, deliver, onlyFile, pumpCarelessly, roomyService, rowsOf, take } from "../../support/pipeline.ts";
import { dice, shuffled } from "../../support/random.ts";
import { orders } from "../../support/service.ts";

const PARQUET = { format: "parquet", event_names: ["visit"] };

describe("an export as Parquet", () => {
  it("has types from the definitions, and the rows of the NDJSON", async () => {
    const service = roomyService();
    const at = "2024-02-29T23:59:59.500+05:30";
    const space = await visits(service, [
      { page: "/", amount: 1.5, member: true, at, items: [{ sku: "A", count: 2 }] },
      { page: "", items: [] },
      {},
    ]);
    const done = await service.export(space, PARQUET);
    const [table] = await tablesOf(service, done);
    expect(table?.columns).toEqual([
      ...MANDATORY.map((name) => [name, name.startsWith("occu") ? "TIMESTAMP" : "STRING"]),
      ["page", "STRING"],
      ["amount", "DOUBLE"],
      ["member", "BOOLEAN"],
      ["at", "TIMESTAMP"],
      ["items", "JSON"],
    ]);
    const plain = await rowsOf(service, await service.export(space, { event_names: ["visit"] }));
    const dated = plain.map((row) => ({
      ...row,
      occuredTime: new Date(service.now),
      occurredAt: new Date(String(row["occurredAt"])),
      at: row["at"] === null ? null : new Date(at),
    }));
    expect(table?.rows).toEqual(dated);
  });

  it("is files that are not gzipped, by default", async () => {
    const service = roomyService();
    const space = await visits(
      service,
      Array.from({ length: 7 }, (_, n) => ({ page: `${n}` })),
    );
    const done = await service.export(space, { ...PARQUET, file_rows: 3 });
    expect(done.request).toMatchObject({ layout: "files" });
    expect(done.files.map(({ name, rows }) => [/-\d{17}(-\d)?\.parquet$/.test(name), rows])).toEqual([
      [true, 3],
      [true, 3],
      [true, 1],
    ]);
    for (const file of done.files) expect(file.uncompressed_bytes).toBe(file.bytes);
    const pages = (await tablesOf(service, done)).flatMap(({ rows }) => rows.map((row) => row["page"]));
    expect(pages).toEqual(["0", "1", "2", "3", "4", "5", "6"]);
    const response = await fetch(done.files[0]?.url ?? "");
    expect(response.headers.get("content-type")).toBe("application/vnd.apache.parquet");
    expect(
      Buffer.from(await response.arrayBuffer())
        .subarray(0, 4)
        .toString(),
    ).toBe("PAR1");
  });

  it("as a single file holds file_rows rows, and is refused with one more", async () => {
    const service = roomyService();
    const space = await visits(service, [{}, {}, {}]);
    const request = { ...PARQUET, layout: "single", file_rows: 3 };
    expect(onlyFile(await service.export(space, request)).rows).toBe(3);
    await service.send(space, [visit({}, 3)]);
    const end = new Date(service.now).toISOString();
    const start = new Date(service.now - 3_600_000).toISOString();
    const body = { dataset: "activity_events", start, end, ...request };
    for (const path of ["/v1/exports", "/v1/exports/estimate"])
      expect(await service.faults("POST", path, { key: space.key, body })).toEqual(["/layout"]);
    expect((await tablesOf(service, await service.export(space, { ...request, layout: "files" }))).length).toBe(2);
  });

  it("of nothing is one file of no rows as single, none as files", async () => {
    const service = roomyService();
    const space = await visits(service, []);
    const single = await service.export(space, { ...PARQUET, layout: "single" });
    const [table] = await tablesOf(service, single);
    expect([table?.rows, table?.columns.length]).toEqual([[], 12]);
    expect(await service.export(space, PARQUET)).toMatchObject({ status: "completed", files: [] });
  });

  it("has a column of its own for a property that a later definition types differently", async () => {
    const service = roomyService();
    const space = await visits(service, [{ page: "/", amount: 2 }]);
    const other = [
      { name: "amount", type: "text" },
      { name: "page", type: "text" },
    ];
    await define(service, space, { id: "other", name: "Other", properties: other });
    await service.send(space, [{ ...visit({ amount: "two", page: "x" }, 1), definition_id: "other" }]);
    const [table] = await tablesOf(service, await service.export(space, { ...PARQUET, event_names: ["*"] }));
    const types = new Map(table?.columns);
    expect(["amount", "other_amount", "page"].map((name) => types.get(name))).toEqual(["DOUBLE", "STRING", "STRING"]);
    expect(table?.rows.map((row) => [row["amount"], row["other_amount"], row["page"]])).toEqual([
      [2, null, "/"],
      [null, "two", "x"],
    ]);
  });

  it("has the same bytes however its messages come, and after a step that broke off", async () => {
    const service = roomyService();
    const space = await service.shop();
    await service.send(space, orders(12_000));
    const request = { format: "parquet", file_rows: 11_000 };
    const first = await service.export(space, request);
    expect((await tablesOf(service, first)).map((table) => table.groups)).toEqual([[10_000, 1_000], [1_000]]);

    const roll = dice(7);
    const careless = await service.ask(space, request);
    await pumpCarelessly(service, { times: 3, width: 4, order: (waiting) => shuffled(roll, waiting) });
    expect(bytesOf(await service.poll(space, careless))).toEqual(bytesOf(first));

    const broken = await service.ask(space, request);
    await deliver(service, take(service, "plan"));
    const away = vi.spyOn(service.context.bucket, "putOnce").mockRejectedValue(new Error("the store is away"));
    expect(await deliver(service, take(service, "chunk"))).not.toBe("ack");
    away.mockRestore();
    for (let round = 0; round < 3; round += 1) {
      await service.context.send([
        { space_id: space.id, export_id: broken, step: "chunk", n: 0, generation: 0, request_id: "" },
      ]);
      await service.pump();
    }
    expect(bytesOf(await service.poll(space, broken))).toEqual(bytesOf(first));
  });
});
