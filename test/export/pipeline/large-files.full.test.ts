/** A chunk is bounded by bytes: a file of counted rows that has more is written by several chunks and assembled. */

import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SIZES } from "../../../src/context.ts";
import { listChunks } from "../../support/ledger.ts";
import { bytesOf, eventIdsOf, pumpCarelessly, roomyService, segmentsLeft } from "../../support/pipeline.ts";
import { type ExportView, orders, type Service, type Space, START } from "../../support/service.ts";

const EVENTS = 23;
const IDS = orders(EVENTS).map((event) => event["id"]);

let service: Service;
let space: Space;

beforeAll(async () => {
  service = roomyService();
  service.chunkPerFile = false;
  space = await service.shop();
  const events = orders(EVENTS).map((event, n) => ({
    ...event,
    occurred_at: new Date(START - 1_000_000 + n).toISOString(),
    properties: { order_id: "x".repeat(n % 3 === 0 ? 2_000 : 100), amount: n },
  }));
  await service.send(space, events);
});

beforeEach(() => {
  service.queue.length = 0;
  service.context.sizes = SIZES;
});

const chunksOf = async ({ id }: { id: string }) =>
  listChunks(service.context.databases.control, { space_id: space.id, id });

const namesOf = (view: ExportView) => view.files.map(({ name }) => name.replace(view.id, ""));

async function inFiles(fileRows: number, sizes: object, more: object = {}): Promise<ExportView> {
  service.context.sizes = { ...SIZES, ...sizes };
  return service.export(space, { layout: "files", file_rows: fileRows, ...more });
}

describe("a chunk is bounded by bytes: files of counted rows whose chunks end at bytes", () => {
  it.each([
    [10, 3_000],
    [4, 5_000],
    [1, 100],
    [23, 1],
  ])("of %i rows have the same names, rows and content: %i bytes a chunk", async (fileRows, chunkBytes) => {
    const whole = await inFiles(fileRows, {});
    const cut = await inFiles(fileRows, { chunkBytes });
    expect([cut.status, namesOf(cut)]).toEqual(["completed", namesOf(whole)]);
    const contents = (view: ExportView) => bytesOf(view).map(({ rows, uncompressed_bytes: n }) => [rows, n]);
    expect(contents(cut)).toEqual(contents(whole));
    expect(await eventIdsOf(service, cut)).toEqual(IDS);
    const chunks = await chunksOf(cut);
    const bytes = chunks.map(({ lower_time: from, records }) => {
      const places = Array.from({ length: records }, (_, n) => Math.max(0, from - (START - 1_000_000)) + n);
      return places.reduce((sum, n) => sum + (n % 3 === 0 ? 2_000 : 100), 0);
    });
    expect(chunks.every(({ records }, n) => records === 1 || (bytes[n] ?? 0) < chunkBytes)).toBe(true);
    expect(await segmentsLeft(service, space, cut.id, chunks.length)).toEqual([]);
  });

  it("of Parquet are joined under one footer", async () => {
    const parquet = { format: "parquet" };
    const whole = await inFiles(10, {}, parquet);
    const cut = await inFiles(10, { chunkBytes: 3_000 }, parquet);
    expect([cut.status, namesOf(cut)]).toEqual(["completed", namesOf(whole)]);
    expect(bytesOf(cut).map(({ rows }) => rows)).toEqual([10, 10, 3]);
  });

  it("are the same whatever is repeated and reordered", async () => {
    const sizes = { chunkBytes: 3_000 };
    const undisturbed = await inFiles(10, sizes);
    const id = await service.ask(space, { layout: "files", file_rows: 10 });
    await pumpCarelessly(service, { times: 2, order: (waiting) => waiting.toReversed(), width: 2 });
    const done = await service.poll(space, id);
    expect([done.status, bytesOf(done)]).toEqual(["completed", bytesOf(undisturbed)]);
  });

  it("are complete where few of the events are in the result", async () => {
    const definition = { id: "rare_one", name: "Rare", properties: [] };
    await service.json("POST", "/v1/event-definitions", 201, { key: space.key, body: definition });
    const rare = orders(3).map((event, n) => ({
      ...event,
      id: `rare-${n}`,
      definition_id: "rare_one",
      properties: {},
      occurred_at: new Date(START - 1_000_000 + 9 * n).toISOString(),
    }));
    await service.send(space, rare);
    const named = { event_names: ["rare_one"] };
    const whole = await inFiles(2, {}, named);
    for (const chunkScan of [1, 4, 7, 100]) {
      const cut = await inFiles(2, { chunkScan }, named);
      expect([cut.status, namesOf(cut), await eventIdsOf(service, cut)]).toEqual([
        "completed",
        namesOf(whole),
        ["rare-0", "rare-1", "rare-2"],
      ]);
    }
    const single = await service.export(space, { layout: "single", ...named });
    expect(await eventIdsOf(service, single)).toEqual(["rare-0", "rare-1", "rare-2"]);
  });
});
