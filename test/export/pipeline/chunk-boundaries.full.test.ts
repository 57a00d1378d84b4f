/**
 * Results of about one full chunk: 50,000 rows and one more, with the boundary of two chunks inside a millisecond of
 * many events.
 */

import { beforeAll, describe, expect, it } from "vitest";
import { listChunks } from "../../support/ledger.ts";
import { eventIdsOf, onlyFile, roomyService, rowsOf, segmentsLeft } from "../../support/pipeline.ts";
import { orders, START, type Space } from "../../support/service.ts";

const service = roomyService();
const FROM = START - 3_000_000;
/** The last 101 events occur in this millisecond. */
const CROWDED = FROM + 49_900;
const IDS = orders(50_001).map((event) => event["id"]);
/** Without the first event. */
const EXACTLY_50_000 = { start: new Date(FROM + 1).toISOString() };

let space: Space;

beforeAll(async () => {
  space = await service.shop();
  const events = orders(50_001, FROM).map((event, n) =>
    n < 49_900 ? event : { ...event, occurred_at: new Date(CROWDED).toISOString() },
  );
  await service.send(space, events);
});

const chunksOf = async (id: string) => listChunks(service.context.databases.control, { space_id: space.id, id });

describe("exactly 50,000 events", () => {
  it("are one chunk, which is the file", async () => {
    const done = await service.export(space, EXACTLY_50_000);
    expect((await chunksOf(done.id)).map((chunk) => chunk.records)).toEqual([50_000]);
    expect(await eventIdsOf(service, done)).toEqual(IDS.slice(1));
  });

  it("are one file in files", async () => {
    const done = await service.export(space, { ...EXACTLY_50_000, layout: "files" });
    expect(onlyFile(done).rows).toBe(50_000);
    expect(await eventIdsOf(service, done)).toEqual(IDS.slice(1));
  });
});

describe("50,001 events", () => {
  it("are two chunks, cut inside a millisecond, and one file with each event once", async () => {
    const done = await service.export(space);
    const chunks = await chunksOf(done.id);
    expect(chunks.map((chunk) => chunk.records)).toEqual([50_000, 1]);
    expect([chunks[0]?.last_time, chunks[1]?.first_time]).toEqual([CROWDED, CROWDED]);
    expect(onlyFile(done).rows).toBe(50_001);
    expect(await eventIdsOf(service, done)).toEqual(IDS);
  });

  it("leave no segment behind in the bucket", async () => {
    const done = await service.export(space);
    expect(await segmentsLeft(service, space, done.id, 2)).toEqual([]);
  });

  it("are two files in files", async () => {
    const done = await service.export(space, { layout: "files" });
    expect(done.files.map((file) => file.rows)).toEqual([50_000, 1]);
    expect(await eventIdsOf(service, done)).toEqual(IDS);
  });

  it("are compressed by the runtime's own engine to the same rows", async () => {
    const native = roomyService({ GZIP_ENGINE: "native" });
    const done = await native.export(space);
    expect(await eventIdsOf(native, done)).toEqual(IDS);
  });

  it("have the same bytes for each equal request", async () => {
    const first = onlyFile(await service.export(space));
    const second = onlyFile(await service.export(space));
    expect(second.sha256).toBe(first.sha256);
  });
});

describe("huge events", () => {
  const huge = (n: number, length: number) => `${n}:${"é".repeat(length / 2)}`;
  const lengths = [1_988_000, 10, 1_400_000, 1_988_000, 20, 30, 1_000_000, 1_988_000];

  it("are exported complete, next to small ones", async () => {
    const crowd = await service.shop();
    const texts = lengths.map((length, n) => huge(n, length));
    const events = orders(lengths.length).map((event, n) => ({ ...event, properties: { order_id: texts[n] } }));
    await service.send(crowd, events.slice(0, 4));
    await service.send(crowd, events.slice(4));
    const done = await service.export(crowd);
    expect(done.status).toBe("completed");
    const found = (await rowsOf(service, done)).map((row) => row["order_id"]);
    expect(found.map((text) => Buffer.byteLength(String(text)))).toEqual(texts.map((text) => Buffer.byteLength(text)));
    expect(found.every((text, n) => text === texts[n])).toBe(true);
  });
});
