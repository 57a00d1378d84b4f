/** Split files: the number of rows per record is unknown before they are written, and so is the number of files. */

import { beforeEach, describe, expect, it } from "vitest";
import { readParquet } from "../../support/parquet.ts";
import { gunzip, lines } from "../../support/gunzip.ts";
import {
  bytesOf,
  deliver,
  onlyFile,
  pumpCarelessly,
  roomyService,
  rowsOf,
  take,
  textOf,
} from "../../support/pipeline.ts";
import { purchase, SALES, sell, touchTimes } from "../../support/conversions.ts";
import { type ExportView, type Service, type Space } from "../../support/service.ts";

let service: Service;
let space: Space;

beforeEach(async () => {
  service = roomyService();
  space = await service.shop();
});

interface Edge {
  time: string;
  id: string;
}

const manifestOf = (done: ExportView) =>
  service.json<{ files: { rows: number; first: Edge | null; last: Edge | null }[]; totals: object }>(
    "GET",
    `/v1/exports/${done.id}/manifest`,
    200,
    { key: space.key },
  );
const rowsIn = (done: ExportView) => done.files.map(({ rows }) => rows);
const keyOf = (row: Record<string, unknown>) => [row["id"], row["touchpoint_id"]].join();

/** Every purchase with every touchpoint, in order. */
const pairs = (purchases: number, touchpoints: number) =>
  Array.from({ length: purchases * touchpoints }, (_, n) =>
    [
      `s-${String(Math.floor(n / touchpoints)).padStart(4, "0")}`,
      `t-${String(n % touchpoints).padStart(4, "0")}`,
    ].join(),
  );

describe("files that are cut as they are written", () => {
  it("have the rows that were requested, but for a chunk's last, and the manifest names the first and last row of each", async () => {
    await sell(service, space, 5, 3);
    const done = await service.export(space, { ...SALES, file_rows: 4 });
    expect([done.status, rowsIn(done)]).toEqual(["completed", [4, 4, 4, 3]]);
    expect((await rowsOf(service, done)).map(keyOf)).toEqual(pairs(5, 3));
    const { files, totals } = await manifestOf(done);
    for (const [n, file] of done.files.entries()) {
      const rows = lines<Record<string, string>>(gunzip(await service.fetchFile(file)));
      const edges = [rows[0], rows.at(-1)].map((row) => ({ time: row?.["event_time_utc"], id: row?.["id"] }));
      expect([files[n]?.first, files[n]?.last]).toEqual(edges);
    }
    expect(totals).toMatchObject({ files: 4, rows: 15 });
  });

  it("may have one row each", async () => {
    await sell(service, space, 2, 3);
    const done = await service.export(space, { ...SALES, file_rows: 1 });
    expect(rowsIn(done)).toEqual([1, 1, 1, 1, 1, 1]);
    expect((await rowsOf(service, done)).map(keyOf)).toEqual(pairs(2, 3));
  });

  it("are not written for a chunk whose records have no rows, and begin and end with existing rows", async () => {
    await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles: [{ person_id: "p-2" }] } });
    const persons = ["p-2", "p-2", "p-1", "p-2", "p-2", "p-2"];
    await service.send(
      space,
      persons.map((person, n) => purchase(n, person)),
    );
    await touchTimes(service, space, 2);
    const done = await service.export(space, { ...SALES, file_rows: 2 });
    expect([done.status, rowsIn(done)]).toEqual(["completed", [2]]);
    const { files } = await manifestOf(done);
    expect([files[0]?.first?.id, files[0]?.last?.id]).toEqual(["s-0002", "s-0002"]);
  });

  it.each([
    ["nothing happened", 0],
    ["nothing that happened gives a row", 3],
  ])("are none where %s; a single one has 0 rows", async (_what, purchases) => {
    await sell(service, space, purchases, 1);
    const nothing = { ...SALES, sources: ["email"] };
    const message = "0 events found for the time period queried.";
    expect(await service.export(space, nothing)).toMatchObject({ status: "completed", message, files: [] });
    const single = await service.export(space, { ...nothing, layout: "single" });
    expect(single).toMatchObject({ status: "completed", message, files: [{ rows: 0, uncompressed_bytes: 0 }] });
    expect(await textOf(service, single)).toBe("");
  });

  it("have the same bytes and names, whichever steps are repeated and when", async () => {
    await sell(service, space, 5, 3);
    const wanted = await service.export(space, { ...SALES, file_rows: 4 });
    const id = await service.ask(space, { ...SALES, file_rows: 4 });
    await pumpCarelessly(service, { times: 3, order: (waiting) => waiting.toReversed(), width: 3 });
    const done = await service.poll(space, id);
    expect([done.status, bytesOf(done)]).toEqual(["completed", bytesOf(wanted)]);
  });
});

describe("a file ends before it has too many bytes", () => {
  // Two bytes and four bytes a character, which are one and two in the language's own texts.
  const ORDER = "é🛒".repeat(20);

  it.each([
    ["lines of JSON", {}, 700],
    ["lines of CSV, with their header", { format: "csv" }, 450],
    ["lines that are redacted", { redact: { order_name: "sha256" } }, 700],
  ])("counted in UTF-8: %s", async (_what, more, fileBytes) => {
    service.context.sizes = { ...service.context.sizes, fileBytes };
    await service.send(
      space,
      Array.from({ length: 4 }, (_, n) => purchase(n, "p-1", ORDER)),
    );
    await touchTimes(service, space, 3);
    const done = await service.export(space, { ...SALES, ...more });
    expect(done.status).toBe("completed");
    expect(done.files.length).toBeGreaterThan(3);
    const texts = await Promise.all(done.files.map(async (file) => gunzip(await service.fetchFile(file))));
    const sizes = texts.map((text) => Buffer.byteLength(text));
    expect(done.files.map((file) => file.uncompressed_bytes)).toEqual(sizes);
    expect(sizes.every((bytes) => bytes < fileBytes)).toBe(true);
    // And a file is not cut too early: the next file's first line would not have fitted.
    const first = (n: number) => Buffer.byteLength(texts[n]?.split("\n").at("format" in more ? 1 : 0) ?? "") + 1;
    for (const [n, bytes] of sizes.slice(0, -1).entries())
      expect(bytes + first(n + 1)).toBeGreaterThanOrEqual(fileBytes);
    expect(done.files.reduce((sum, { rows }) => sum + rows, 0)).toBe(12);
  });

  it("in Parquet by its rows as JSON", async () => {
    service.context.sizes = { ...service.context.sizes, fileBytes: 700 };
    await sell(service, space, 4, 3);
    const done = await service.export(space, { ...SALES, format: "parquet" });
    expect(done.files.length).toBeGreaterThan(1);
    const read = await Promise.all(
      done.files.map(async (file) => (await readParquet(await service.fetchFile(file))).rows),
    );
    expect(read.map((rows) => rows.length)).toEqual(rowsIn(done));
    expect(read.flat().map(keyOf)).toEqual(pairs(4, 3));
  });

  it("and fails the export where one line is too long by itself", async () => {
    service.context.sizes = { ...service.context.sizes, fileBytes: 100 };
    await sell(service, space, 1, 1);
    expect(await service.export(space, SALES)).toMatchObject({
      status: "failed",
      error: { code: "export_too_large", retryable: false },
    });
  });
});

describe("the content of files that were cut as they were written", () => {
  it("is all of them in order, plain or as one gzip member, and each has its link", async () => {
    await sell(service, space, 5, 3);
    const done = await service.export(space, { ...SALES, file_rows: 4 });
    const text = await textOf(service, done);
    const content = (coding: string) =>
      service.call("GET", `/v1/exports/${done.id}/content`, { key: space.key, headers: { "accept-encoding": coding } });
    expect(await (await content("identity")).text()).toBe(text);
    const member = await content("gzip");
    expect(member.headers.get("content-encoding")).toBe("gzip");
    const bytes = new Uint8Array(await member.arrayBuffer());
    expect(gunzip(bytes)).toBe(text);
    expect(Buffer.from(bytes).indexOf(Buffer.from([0x1f, 0x8b, 8, 0]), 1)).toBe(-1);
    const name = done.files[1]?.name ?? "";
    const link = await service.call("GET", `/v1/exports/${done.id}/files/${name}`, { key: space.key });
    expect([link.status, link.headers.get("location")?.includes(name)]).toEqual([302, true]);
  });

  it("is empty where there are none", async () => {
    const done = await service.export(space, SALES);
    const content = await service.call("GET", `/v1/exports/${done.id}/content`, { key: space.key });
    expect([content.status, await content.text()]).toEqual([200, ""]);
  });
});

describe("one file whose rows cannot be counted before", () => {
  it("is refused in Parquet once it has more than a file may have", async () => {
    await sell(service, space, 2, 3);
    const single = { ...SALES, format: "parquet", layout: "single" };
    const done = await service.export(space, { ...single, file_rows: 6 });
    expect([done.status, onlyFile(done).rows]).toEqual(["completed", 6]);
    expect(await service.export(space, { ...single, file_rows: 5 })).toMatchObject({
      status: "failed",
      error: { code: "export_too_large", owner: "customer" },
    });
  });
});

describe("the progress of an export whose rows and files cannot be counted before", () => {
  it("reports how many there are when it is completed, and so does its webhook", async () => {
    await sell(service, space, 5, 3);
    const id = await service.ask(space, { ...SALES, file_rows: 4, callback_url: "https://hooks.test/x" });
    const progress = async () => (await service.poll(space, id)).progress;
    const unknown = { rows_total: null, files_total: null };
    expect(await progress()).toMatchObject({ ...unknown, files_written: 0 });
    await deliver(service, take(service, "plan"));
    expect(await progress()).toMatchObject({ ...unknown, files_written: 0, percent: 0 });
    await deliver(service, take(service, "chunk"));
    expect(await progress()).toMatchObject({ ...unknown, rows_written: 12, files_written: 3, percent: 80 });
    await service.pump();
    expect(await progress()).toMatchObject({
      rows_total: 15,
      files_total: 4,
      rows_written: 15,
      files_written: 4,
      percent: 100,
    });
    const [event] = await service.context.databases.control.all<{ data: string }>(
      "SELECT data FROM webhook_deliveries WHERE space_id = ?1 AND subject_id = ?2",
      [space.id, id],
    );
    expect(JSON.parse(event?.data ?? "{}")).toMatchObject({ rows: 15, files: 4 });
  });
});
