/** A single Parquet file of several chunks, through the whole pipeline. */

import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { SIZES } from "../../../src/context.ts";
import { segmentKey } from "../../../src/export/delivery/object-keys.ts";
import { SALES, sell } from "../../support/conversions.ts";
import { tablesOf, visits } from "../../support/formats.ts";
import { listChunks } from "../../support/ledger.ts";
import { readParquet } from "../../support/parquet.ts";
import {
  bytesOf,
  deliver,
  onlyFile,
  pumpCarelessly,
  roomyService,
  segmentsLeft,
  take,
} from "../../support/pipeline.ts";
import { dice, shuffled } from "../../support/random.ts";
import type { Service, Space } from "../../support/service.ts";

const EVENTS = 23;
const SINGLE = { format: "parquet", layout: "single", event_names: ["visit"] };

let service: Service;
let space: Space;

beforeAll(async () => {
  service = roomyService();
  space = await visits(
    service,
    Array.from({ length: EVENTS }, (_, n) => ({
      page: `/${n}`,
      amount: n % 5 === 0 ? null : n / 3,
      items: [{ sku: `s-${n}` }],
    })),
  );
});

const cutInto = (chunkRows: number) => {
  service.context.sizes = { ...SIZES, chunkRows };
};

beforeEach(() => {
  service.queue.length = 0;
  cutInto(5);
});

/** The export's chunks as the ledger has them. */
const ledger = (id: string) => listChunks(service.context.databases.control, { space_id: space.id, id });

describe("a Parquet file is written by as many chunks as its rows need, each of them bounded", () => {
  it("and has the rows, columns and bounds of a file of one chunk", async () => {
    const done = await service.export(space, SINGLE);
    cutInto(EVENTS);
    const apart = await service.export(space, SINGLE);
    const [[table], [expected]] = [await tablesOf(service, done), await tablesOf(service, apart)];
    expect(table?.groups).toEqual([5, 5, 5, 5, 3]);
    expect(expected?.groups).toEqual([EVENTS]);
    expect(table?.rows.map((row) => row["page"])).toEqual(Array.from({ length: EVENTS }, (_, n) => `/${n}`));
    expect([table?.columns, table?.rows]).toEqual([expected?.columns, expected?.rows]);
    const file = onlyFile(done);
    expect([file.rows, file.uncompressed_bytes]).toEqual([EVENTS, file.bytes]);
    expect((await service.fetchFile(file)).length).toBe(file.bytes);
    expect(await segmentsLeft(service, space, done.id, 5)).toEqual([]);
  });

  it("none of which costs more queries for a larger file, nor does their join", async () => {
    const most: number[] = [];
    for (const chunkRows of [12, 2]) {
      cutInto(chunkRows);
      const id = await service.ask(space, SINGLE);
      await deliver(service, take(service, "plan"));
      let cost = 0;
      while (service.queue.length > 0) {
        await deliver(service, take(service));
        cost = Math.max(cost, service.budget.used.statements);
      }
      expect((await service.poll(space, id)).status).toBe("completed");
      expect(await ledger(id)).toHaveLength(Math.ceil(EVENTS / chunkRows));
      most.push(cost);
    }
    expect(most[1]).toBe(most[0]);
    expect(most[0]).toBeLessThan(40);
  });

  it("and the counts of its chunks are the file's: the descriptions in its segments are no part of it", async () => {
    const id = await service.ask(space, SINGLE);
    await deliver(service, take(service, "plan"));
    for (let chunk = 0; chunk < 5; chunk += 1) await deliver(service, take(service, "chunk"));
    const chunks = await ledger(id);
    const lengths = await Promise.all(
      chunks.map(async ({ n }) => {
        const object = await service.context.bucket.get(segmentKey({ space_id: space.id, id }, n));
        return (await object?.arrayBuffer())?.byteLength ?? 0;
      }),
    );
    for (const [n, { bytes }] of chunks.entries()) expect(lengths[n]).toBeGreaterThan(bytes ?? 0);
    await service.pump();
    const body = await service.fetchFile(onlyFile(await service.poll(space, id)));
    const groups = chunks.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
    const footer = new DataView(body.buffer, body.byteOffset + body.length - 8, 4).getUint32(0, true);
    expect(body.length).toBe(4 + groups + footer + 8);
  });

  it("and its bytes are the same whatever is repeated and reordered, and after a join that broke off", async () => {
    const first = await service.export(space, SINGLE);
    const roll = dice(11);
    const careless = await service.ask(space, SINGLE);
    await pumpCarelessly(service, { times: 3, width: 3, order: (waiting) => shuffled(roll, waiting) });
    expect(bytesOf(await service.poll(space, careless))).toEqual(bytesOf(first));

    const broken = await service.ask(space, SINGLE);
    await deliver(service, take(service, "plan"));
    for (let chunk = 0; chunk < 5; chunk += 1) await deliver(service, take(service, "chunk"));
    const message = take(service, "assemble");
    const { bucket } = service.context;
    const real = bucket.read.bind(bucket);
    let reads = 0;
    const read = vi.spyOn(bucket, "read").mockImplementation(async (...args) => {
      reads += 1;
      // The last reads are those of the descriptions.
      if (reads === 7) throw new Error("the store is away");
      return real(...args);
    });
    expect(await deliver(service, message)).not.toBe("ack");
    read.mockRestore();
    await deliver(service, message, 2);
    await service.pump();
    expect(bytesOf(await service.poll(space, broken))).toEqual(bytesOf(first));
  });

  it("and it is not completed with a segment that is another's", async () => {
    const id = await service.ask(space, SINGLE);
    await deliver(service, take(service, "plan"));
    for (let chunk = 0; chunk < 5; chunk += 1) await deliver(service, take(service, "chunk"));
    const { bucket } = service.context;
    const real = bucket.read.bind(bucket);
    const swapped = segmentKey({ space_id: space.id, id }, 3);
    const short = segmentKey({ space_id: space.id, id }, 4);
    const [chunk] = (await ledger(id)).slice(-1);
    const read = vi
      .spyOn(bucket, "read")
      .mockImplementation((key, range) =>
        key === swapped && range.length > SIZES.partBytes
          ? real(short, { ...range, from: chunk?.bytes ?? 0 })
          : real(key, range),
      );
    const message = take(service, "assemble");
    expect(await deliver(service, message)).toEqual({ retryInSeconds: 2 });
    expect((await service.poll(space, id)).error).toMatchObject({ code: "incomplete_export" });
    read.mockRestore();
    await deliver(service, message, 2);
    await service.pump();
    expect((await service.poll(space, id)).status).toBe("completed");
  });

  it("and is sent whole as the content of the export", async () => {
    const done = await service.export(space, SINGLE);
    const content = await service.call("GET", `/v1/exports/${done.id}/content`, { key: space.key });
    const { rows } = await readParquet(new Uint8Array(await content.arrayBuffer()));
    expect(rows).toHaveLength(EVENTS);
  });
});

describe("a Parquet file of counted rows that are too large for one chunk", () => {
  it("is written by several too, and has the rows that were asked for", async () => {
    const request = { ...SINGLE, layout: "files", file_rows: 10 };
    cutInto(EVENTS);
    service.context.sizes = { ...service.context.sizes, chunkBytes: 200 };
    const done = await service.export(space, request);
    expect((await ledger(done.id)).length).toBeGreaterThan(3);
    const tables = await tablesOf(service, done);
    expect(done.files.map(({ rows }) => rows)).toEqual([10, 10, 3]);
    expect(tables[0]?.groups.length).toBeGreaterThan(1);
    cutInto(EVENTS);
    const apart = await tablesOf(service, await service.export(space, request));
    expect(tables.map(({ rows }) => rows)).toEqual(apart.map(({ rows }) => rows));
  });
});

describe("one Parquet file whose rows cannot be counted before", () => {
  it("holds file_rows rows in all of its chunks together, and fails with one more", async () => {
    await sell(service, space, 4, 3);
    cutInto(1);
    const single = { ...SALES, format: "parquet", layout: "single" };
    const done = await service.export(space, { ...single, file_rows: 12 });
    const [table] = await tablesOf(service, done);
    expect([done.status, table?.groups]).toEqual(["completed", [3, 3, 3, 3]]);
    expect(await service.export(space, { ...single, file_rows: 11 })).toMatchObject({
      status: "failed",
      error: { code: "export_too_large", owner: "customer", retryable: false },
    });
  });
});
