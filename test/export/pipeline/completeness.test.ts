/**
 * An export is completed only if what was read and written adds up to what was planned. Nothing else is ever
 * `completed`.
 */

import { beforeEach, describe, expect, it } from "vitest";
import type { ChunkRow } from "../../../src/db/exports/chunks.ts";
import { listChunks } from "../../support/ledger.ts";
import { type FileRow } from "../../../src/db/exports/files.ts";
import { LedgerCheck } from "../../../src/export/pipeline/ledger-check.ts";
import type { Message } from "../../../src/context.ts";
import { MAX_ATTEMPTS } from "../../../src/export/pipeline/backoff.ts";
import { SPACE_NO } from "../../../src/db/core/sequences.ts";
import { deliver, eventIdsOf, roomyService, take } from "../../support/pipeline.ts";
import { orders, type Service, type Space } from "../../support/service.ts";

const LAYOUTS = { single: { layout: "single" }, files: { layout: "files", file_rows: 4 } };

describe.each(["single", "files"] as const)("an export in the layout %s", (layout) => {
  let service: Service;
  let space: Space;
  let id: string;

  const control = (sql: string) => service.context.databases.control.run(sql, [space.id, id]);
  const data = (sql: string) => service.context.databases.space(space.id).run(sql, [space.id]);
  const step = async (name: Message["step"]) => deliver(service, take(service, name));

  /** Pumps to the end. @returns every status that a poll between two steps showed, and the end. */
  async function outcome() {
    const seen = new Set<string>();
    const attempts = new Map<string, number>();
    while (service.queue.length > 0) {
      const message = take(service);
      const key = JSON.stringify(message);
      attempts.set(key, (attempts.get(key) ?? 0) + 1);
      if ((await deliver(service, message, attempts.get(key))) !== "ack") service.queue.push(message);
      seen.add((await service.poll(space, id)).status);
    }
    return { seen: [...seen], end: await service.poll(space, id), most: Math.max(...attempts.values()) };
  }

  beforeEach(async () => {
    service = roomyService();
    space = await service.shop();
    await service.send(space, orders(10));
    id = await service.ask(space, LAYOUTS[layout]);
    await step("plan");
  });

  it("fails when an event is deleted after the plan counted it", async () => {
    await data(`DELETE FROM events WHERE space_no = ${SPACE_NO} AND id = 'e-0000005'`);
    const { seen, end, most } = await outcome();
    expect(seen).toEqual(["processing", "failed"]);
    expect(end).toMatchObject({
      status: "failed",
      error: { code: "incomplete_export", owner: "service", retryable: true },
      next_retry_at: null,
      files: [],
      manifest_url: null,
    });
    expect(most).toBe(MAX_ATTEMPTS);
  });

  it("fails when an event comes into its snapshot after the plan counted", async () => {
    await data(
      `INSERT INTO events SELECT space_no, occurred_at, 'e-more', seq, definition_id, definition_version, person_id,
         company_id, session_id, received_at, properties FROM events WHERE space_no = ${SPACE_NO} AND id = 'e-0000005'`,
    );
    expect((await outcome()).end).toMatchObject({ status: "failed", error: { code: "incomplete_export" } });
  });

  it("is completed when the event that a first try missed is back", async () => {
    await data(`UPDATE events SET space_no = -space_no WHERE space_no = ${SPACE_NO} AND id = 'e-0000005'`);
    const chunks = service.queue.splice(0);
    const missing = chunks.find((message) => message.n === (layout === "files" ? 1 : 0));
    if (missing === undefined) throw new Error("the plan has no chunk for the event");
    expect(await deliver(service, missing)).toEqual({ retryInSeconds: 2 });
    await data(`UPDATE events SET space_no = -space_no WHERE space_no = -${SPACE_NO}`);
    service.queue.push(...chunks);
    await service.pump();
    const done = await service.poll(space, id);
    expect(done).toMatchObject({ status: "completed", error: null });
    expect(await eventIdsOf(service, done)).toEqual(orders(10).map((event) => event["id"]));
  });

  it.each([
    ["a chunk was to read another number of records", "UPDATE export_chunks SET records = records + 1"],
    ["the total is another", "UPDATE exports SET rows_total = rows_total - 1"],
    ["a chunk read fewer records", "UPDATE export_chunks SET records_read = records_read - 1"],
    ["a chunk wrote fewer rows", "UPDATE export_chunks SET rows = rows - 1"],
    ["a file has more rows", "UPDATE export_files SET rows = rows + 1"],
    ["a file is not written", "UPDATE export_files SET done = 0"],
    ["a chunk is not written", "UPDATE export_chunks SET done = 0"],
    ["a chunk is missing", "DELETE FROM export_chunks"],
  ])("is not completed when the ledger says that %s", async (_what, sql) => {
    while (service.queue.some((message) => message.step !== "finish")) await deliver(service, take(service));
    const key = sql.includes("exports") ? "id" : "export_id";
    await control(`${sql} WHERE space_id = ?1 AND ${key} = ?2 ${sql.includes("export_chunks") ? "AND n = 0" : ""}`);
    const message = take(service, "finish");
    expect(await deliver(service, message)).toEqual({ retryInSeconds: 2 });
    await deliver(service, message, MAX_ATTEMPTS);
    expect(await service.poll(space, id)).toMatchObject({ status: "failed", error: { code: "incomplete_export" } });
  });

  it("is completed when the ledger has none of these errors", async () => {
    const { seen, end } = await outcome();
    expect(seen).toEqual(["processing", "completed"]);
    const chunks = await listChunks(service.context.databases.control, { space_id: space.id, id });
    expect(chunks.map((chunk) => chunk.records_read)).toEqual(chunks.map((chunk) => chunk.records));
    expect(end.progress.rows_written).toBe(10);
  });
});

describe("what is missing", () => {
  const written = { done: 1, lease_until: 0, takeovers: 0, rows: 5, bytes: 50, uncompressed_bytes: 500, sha256: "00" };
  const bounds = { lower_id: "", upper_id: "", first_id: "a", last_id: "e" };
  const chunk = (n: number, more: Partial<ChunkRow> = {}): ChunkRow => {
    const times = { lower_time: n, upper_time: n + 1, first_time: n, last_time: n };
    return { n, file_n: n, records: 5, records_read: 5, crc32: 1, ...written, ...bounds, ...times, ...more };
  };
  const edges = { first_time: null, first_id: null, last_time: null, last_id: null };
  const file = (n: number, more: Partial<FileRow> = {}): FileRow => {
    return { n, name: `${n}`, upload_id: null, checkpoint: null, ...written, ...edges, ...more };
  };
  const good = { row: { rows_total: 10 }, chunks: [chunk(0), chunk(1)], files: [file(0), file(1)] };
  /** @param pageRows rows of the ledger that are added at once. */
  function check({ row, chunks, files }: typeof good, pageRows = 1): string | null {
    const key = (time: number) => ({ time, id: "" });
    const ledger = new LedgerCheck({ lower: key(0), upper: key(2) });
    for (let from = 0; from < chunks.length; from += pageRows) ledger.addChunks(chunks.slice(from, from + pageRows));
    for (let from = 0; from < files.length; from += pageRows) ledger.addFiles(files.slice(from, from + pageRows));
    return ledger.problem(row.rows_total);
  }

  it("is nothing when all adds up", () => {
    expect([check(good), check(good, 2)]).toEqual([null, null]);
  });

  it("is nothing when several chunks make one file, or nothing was found", () => {
    expect(check({ ...good, files: [file(0, { rows: 10 })] })).toBeNull();
    expect(check({ row: { rows_total: 0 }, chunks: [], files: [] })).toBeNull();
  });

  it.each([
    ["a chunk that is not done", { chunks: [chunk(0), chunk(1, { done: 0 })] }],
    ["a file that is not done", { files: [file(0), file(1, { done: 0 })] }],
    ["a record that was not read", { chunks: [chunk(0), chunk(1, { records_read: 4 })] }],
    ["a record that was read twice", { chunks: [chunk(0), chunk(1, { records_read: 6 })] }],
    ["a chunk", { chunks: [chunk(0)] }],
    ["a file", { files: [file(0)] }],
    ["a row of a file", { files: [file(0), file(1, { rows: 4 })] }],
    ["the total", { row: { rows_total: null as unknown as number } }],
  ])("reports %s", (_what, more) => {
    expect(check({ ...good, ...more })).toEqual(expect.any(String));
  });
});
