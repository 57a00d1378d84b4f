/** Small files share a chunk, a chunk has a bounded number of them, and an export has a bounded number of messages. */

import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Message, SIZES } from "../../../src/context.ts";
import { listChunks } from "../../support/ledger.ts";
import { CHUNK_WINDOW } from "../../../src/export/pipeline/dispatch.ts";
import { deriveResultShape } from "../../../src/export/pipeline/result-shape.ts";
import { sweep } from "../../support/sweep.ts";
import { bytesOf, deliver, eventIdsOf, pumpCarelessly, roomyService, take } from "../../support/pipeline.ts";
import { type ExportView, LAST_HOUR, orders, type Service, type Space, START } from "../../support/service.ts";

const EVENTS = 23;
const IDS = orders(EVENTS).map((event) => event["id"]);

let service: Service;
let space: Space;

/** Events 4 to 16 occur in one millisecond: files begin and end in it, in the middle of a chunk and at its edges. */
beforeAll(async () => {
  service = roomyService();
  service.chunkPerFile = false;
  space = await service.shop();
  const at = (n: number) => new Date(START - 1_000_000 + (n >= 4 && n <= 16 ? 4 : n)).toISOString();
  await service.send(
    space,
    orders(EVENTS).map((event, n) => ({ ...event, occurred_at: at(n) })),
  );
});

beforeEach(() => {
  service.queue.length = 0;
  service.context.sizes = SIZES;
});

const inFiles = (chunkRows: number, more: Record<string, unknown> = {}): Promise<ExportView> => {
  service.context.sizes = { ...SIZES, chunkRows };
  return service.export(space, { layout: "files", file_rows: 2, ...more });
};

const namesOf = (view: ExportView) => view.files.map(({ name }) => name.replace(view.id, ""));

const chunksOf = async ({ id }: { id: string }) =>
  listChunks(service.context.databases.control, { space_id: space.id, id });

describe("files that share a chunk", () => {
  it.each([4, 6, 10, 50_000])("have the names and bytes of files with a chunk each: %i rows a chunk", async (rows) => {
    const apart = await inFiles(2);
    const shared = await inFiles(rows);
    expect(await chunksOf(apart)).toHaveLength(12);
    expect(await chunksOf(shared)).toHaveLength(Math.ceil(EVENTS / rows));
    expect(namesOf(shared)).toEqual(namesOf(apart));
    expect(namesOf(shared).filter((name) => /-\d\.json\.gz$/.test(name)).length).toBeGreaterThan(2);
    expect(bytesOf(shared)).toEqual(bytesOf(apart));
    expect(await eventIdsOf(service, shared)).toEqual(IDS);
  });

  it.each([[{ format: "csv" }], [{ format: "parquet" }], [{ start: new Date(START - 1_000_000 + 4).toISOString() }]])(
    "have them with %j too",
    async (more) => {
      const apart = await inFiles(2, more);
      const shared = await inFiles(8, more);
      expect([namesOf(shared), bytesOf(shared)]).toEqual([namesOf(apart), bytesOf(apart)]);
    },
  );

  it.each([2, 6])("are the same whatever is repeated and reordered: %i rows a chunk", async (rows) => {
    const undisturbed = await inFiles(rows);
    const id = await service.ask(space, { layout: "files", file_rows: 2 });
    await pumpCarelessly(service, { times: 3, order: (waiting) => waiting.toReversed(), width: 2 });
    const done = await service.poll(space, id);
    expect([done.status, namesOf(done), bytesOf(done)]).toEqual([
      "completed",
      namesOf(undisturbed),
      bytesOf(undisturbed),
    ]);
  });
});

describe("a chunk", () => {
  const shapeOf = (file_rows: number, source: { rowsVary?: boolean; maxRecordsPerStep?: number } = {}) => {
    const files = { cut: "written", secret: "" } as const;
    return deriveResultShape({ layout: "files", file_rows }, { files, ...source }, SIZES);
  };

  it.each([
    [1, 20],
    [7, 140],
    [2_500, 50_000],
    [2_501, 47_519],
    [30_000, 30_000],
    [50_000, 50_000],
  ])("of files of %i rows reads %i records: whole files, twenty at most", (rows, records) => {
    expect(shapeOf(rows).chunk_records).toBe(records);
  });

  it("reads no more than its dataset allows, and still whole files", () => {
    expect(shapeOf(300, { maxRecordsPerStep: 1_000 }).chunk_records).toBe(900);
    expect(shapeOf(3_000, { maxRecordsPerStep: 1_000 }).chunk_records).toBe(1_000);
  });

  it("reads the records of one file where the rows of a record are unknown", () => {
    expect(shapeOf(10, { rowsVary: true }).chunk_records).toBe(10);
  });
});

describe("the messages of one export", () => {
  const CHUNKS = 12;
  const ask = () => {
    service.context.sizes = { ...SIZES, chunkRows: 2 };
    return service.ask(space, { layout: "files", file_rows: 2 });
  };
  const waiting = () => service.queue.filter(({ step }) => step === "chunk").map(({ n }) => n);
  const upTo = (n: number) => Array.from({ length: n }, (_, at) => at);

  it("are those of a window of its chunks: each that is written sends the next", async () => {
    const id = await ask();
    await deliver(service, take(service, "plan"));
    expect(waiting()).toEqual(upTo(CHUNK_WINDOW));
    for (let written = 1; written <= CHUNKS; written += 1) {
      await deliver(service, take(service, "chunk"));
      expect(waiting()).toEqual(upTo(Math.min(CHUNKS, CHUNK_WINDOW + written)).slice(written));
    }
    await service.pump();
    expect((await service.poll(space, id)).status).toBe("completed");
  });

  it("are sent once each, also when chunks end at the same time and in any order", async () => {
    await ask();
    await deliver(service, take(service, "plan"));
    const sent: number[] = [];
    for (let round = service.queue.splice(0); round.length > 0; round = service.queue.splice(0)) {
      const chunks = round.filter(({ step }) => step === "chunk");
      sent.push(...chunks.map(({ n }) => n));
      await Promise.all(round.toReversed().map((message) => deliver(service, message)));
    }
    expect(sent.toSorted((a, b) => a - b)).toEqual(upTo(CHUNKS));
  });

  it("are a window again after the sweep, where every one of them was lost", async () => {
    const id = await ask();
    await deliver(service, take(service, "plan"));
    await deliver(service, take(service, "chunk"));
    service.queue.length = 0;
    service.now += service.config.leaseMs + service.config.resendAfterMs + 1;
    await sweep(service.context);
    expect(waiting()).toEqual(upTo(CHUNK_WINDOW + 1).slice(1));
    await service.pump();
    expect((await service.poll(space, id)).status).toBe("completed");
  });

  it("cost one look-up each once it is canceled, and send nothing", async () => {
    const id = await ask();
    await deliver(service, take(service, "plan"));
    await service.json("POST", `/v1/exports/${id}/cancel`, 202, { key: space.key });
    const messages: Message[] = service.queue.splice(0);
    messages.push(...(["assemble", "finish"] as const).map((step) => ({ ...messages[0], step, n: 0 }) as Message));
    for (const message of messages) {
      const before = service.meter.statements;
      expect(await deliver(service, message)).toBe("ack");
      expect([message.step, service.meter.statements - before]).toEqual([message.step, 1]);
    }
    expect(service.queue).toEqual([]);
  });
});

describe("a result of too many files", () => {
  const ROWS = 20_001;
  let crowded: Space;

  beforeAll(async () => {
    crowded = await service.shop();
    await service.send(
      crowded,
      Array.from({ length: ROWS }, (_, n) => ({
        definition_id: "order_placed",
        person_id: "p-1",
        occurred_at: new Date(START - 2_000_000 + n).toISOString(),
        properties: {},
      })),
    );
  });

  const body = { ...LAST_HOUR, layout: "files", file_rows: 1 };

  it("is refused when it is asked for, at file_rows", async () => {
    for (const path of ["/v1/exports", "/v1/exports/estimate"])
      expect(await service.faults("POST", path, { key: crowded.key, body })).toEqual(["/file_rows"]);
    const less = { ...body, start: new Date(START - 2_000_000 + 1).toISOString() };
    await service.json("POST", "/v1/exports", 202, { key: crowded.key, body: less });
  });

  it("fails in its plan where a create does not count so far, before a file is written", async () => {
    const id = await service.ask(space, { layout: "files", file_rows: 1 });
    const { control } = service.context.databases;
    // The plan of the first 19,900 files, and two events that follow.
    await control.run("UPDATE exports SET status = 'processing' WHERE id = ?1", [id]);
    await control.run(
      `INSERT INTO export_chunks (space_id, export_id, n, file_n, lower_time, lower_id, upper_time, upper_id, records)
       VALUES (?1, ?2, 199, 19900, 0, '', ?3, '', 100)`,
      [space.id, id, START - 1_000_000],
    );
    service.context.sizes = SIZES;
    await control.run(
      "UPDATE exports SET result_shape = json_set(result_shape, '$.chunk_records', 2, '$.chunk_files', 100) WHERE id = ?1",
      [id],
    );
    await deliver(service, take(service, "plan"));
    const put = vi.spyOn(service.context.bucket, "putOnce");
    await service.pump();
    expect(await service.poll(space, id)).toMatchObject({
      status: "failed",
      error: { code: "export_too_large", message: expect.stringContaining("more rows per file") as string },
    });
    expect(put).not.toHaveBeenCalled();
  });
});
