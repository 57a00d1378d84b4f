/** The timeline of an export: everything that happened to it, in order, once, and nothing internal. */

import { beforeEach, describe, expect, it } from "vitest";
import { runStep } from "../../../src/export/pipeline/run.ts";
import { sweep } from "../../support/sweep.ts";
import { s3Error } from "../../support/aws.ts";
import { gate, throughLine } from "../../support/bucket.ts";
import { deliver, pumpCarelessly, roomyService, take } from "../../support/pipeline.ts";
import { orders, type Service, type Space, START } from "../../support/service.ts";

interface Entry {
  at: string;
  type: string;
  detail: Record<string, unknown>;
}

const FILES = { layout: "files", file_rows: 4 };
const CALLBACK = "https://hooks.example/spillway?token=s3cr3t";

let service: Service;
let space: Space;

beforeEach(async () => {
  service = roomyService();
  service.context.sizes = {
    chunkRows: 4,
    chunkBytes: 25_000_000,
    chunkScan: 2_000_000,
    partBytes: 5 * 1_048_576,
    fileBytes: 100_000_000,
  };
  space = await service.shop();
  await service.send(space, orders(10));
});

const page = (id: string, query = "") => service.call("GET", `/v1/exports/${id}/events${query}`, { key: space.key });

async function timeline(id: string): Promise<Entry[]> {
  const response = await page(id, "?limit=200");
  expect(response.status).toBe(200);
  return (await response.json<{ data: Entry[] }>()).data;
}

const typesOf = (entries: Entry[]) => entries.map((entry) => entry.type.replace("export.", ""));

const post = (id: string, verb: string) => service.call("POST", `/v1/exports/${id}/${verb}`, { key: space.key });

/** The bucket refuses everything until the queue is empty. */
async function pumpInVain(): Promise<void> {
  throughLine(service, async () => s3Error(503, "SlowDown"));
  await service.pump();
  throughLine(service);
}

describe("the timeline of an export", () => {
  it("that nothing disturbed has its four entries and their counts", async () => {
    const id = await service.ask(space, FILES);
    service.now += 1_000;
    await deliver(service, take(service, "plan"));
    service.now += 1_000;
    await service.pump();
    const at = (ms: number) => new Date(START + ms).toISOString();
    expect(await timeline(id)).toEqual([
      { at: at(0), type: "export.created", detail: {} },
      { at: at(1_000), type: "export.started", detail: {} },
      { at: at(1_000), type: "export.planned", detail: { rows: 10, chunks: 3 } },
      { at: at(2_000), type: "export.completed", detail: { rows: 10 } },
    ]);
  });

  it("has each attempt that failed: where, why, who must act and when the next is", async () => {
    const id = await service.ask(space, FILES);
    await deliver(service, take(service, "plan"));
    const [first, second] = [take(service, "chunk"), take(service, "chunk")];
    throughLine(service, async () => s3Error(503, "SlowDown"));
    await deliver(service, first, 1);
    await deliver(service, second, 2);
    throughLine(service);
    service.queue.push(first, second);
    await service.pump();
    const failed = { step: "chunk", code: "destination_unavailable", owner: "service" };
    const entries = await timeline(id);
    expect(typesOf(entries).join()).toBe("created,started,planned,attempt_failed,attempt_failed,completed");
    expect(entries.slice(3, 5).map((entry) => entry.detail)).toEqual([
      { ...failed, n: 0, attempt: 1, retry_in_seconds: 2 },
      { ...failed, n: 1, attempt: 2, retry_in_seconds: 4 },
    ]);
  });

  it("has that it was dispatched again, and in which phase", async () => {
    const id = await service.ask(space, FILES);
    for (const phase of ["planning", "writing"]) {
      service.queue.length = 0;
      service.now += 120_000;
      await sweep(service.context);
      expect((await timeline(id)).at(-1)).toMatchObject({ type: "export.resent", detail: { phase } });
      await deliver(service, take(service));
    }
    await service.pump();
    expect(typesOf(await timeline(id)).join()).toBe("created,resent,started,planned,resent,completed");
  });

  it("has that it was canceled, and nothing after that", async () => {
    const id = await service.ask(space, FILES);
    await deliver(service, take(service, "plan"));
    await post(id, "cancel");
    await post(id, "cancel");
    await service.pump();
    expect(typesOf(await timeline(id)).join()).toBe("created,started,planned,canceled");
  });

  it("has nothing of a step that fails after the export was canceled", async () => {
    const id = await service.ask(space, { layout: "single" });
    while (!service.queue.some((message) => message.step === "assemble")) await deliver(service, take(service));
    const { line, reached, open } = gate(({ method }) => method === "GET");
    throughLine(service, line);
    const late = runStep(service.context, take(service, "assemble"), 1);
    await reached;
    await post(id, "cancel");
    throughLine(service, async () => s3Error(503, "SlowDown"));
    service.context.bucket.list = async () => [];
    open();
    await service.context.bucket.delete(`spaces/${space.id}/exports/${id}/segments/0`).catch(() => {});
    await late;
    expect(typesOf(await timeline(id)).at(-1)).toBe("canceled");
  });

  it("that failed, was retried and completed has both rounds", async () => {
    const id = await service.ask(space, FILES);
    await deliver(service, take(service, "plan"));
    await pumpInVain();
    service.now += 1_000;
    await post(id, "retry");
    await service.pump();
    const entries = await timeline(id);
    const types = typesOf(entries).filter((type) => type !== "attempt_failed");
    expect(types.join()).toBe("created,started,planned,failed,retried,started,completed");
    expect(entries.find((entry) => entry.type === "export.failed")?.detail).toEqual({
      code: "destination_unavailable",
      owner: "service",
    });
    const times = entries.map((entry) => Date.parse(entry.at));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it("has that it expired", async () => {
    const { id } = await service.export(space, FILES);
    service.now += service.config.ttlMs.download;
    await sweep(service.context);
    expect((await timeline(id)).at(-1)).toEqual({
      at: new Date(service.now).toISOString(),
      type: "export.expired",
      detail: {},
    });
  });

  it("has each entry once, however often the steps run", async () => {
    const id = await service.ask(space, FILES);
    const delivered = await pumpCarelessly(service, { times: 3, order: (waiting) => waiting.toReversed(), width: 3 });
    service.now += 60_000;
    for (const message of delivered) await deliver(service, message);
    expect(typesOf(await timeline(id)).join()).toBe("created,started,planned,completed");
  });

  it("has its end once when several calls end it at once", async () => {
    const id = await service.ask(space, FILES);
    const answers = await Promise.all([1, 2, 3].map(() => post(id, "cancel")));
    expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([202, 409, 409]);
    expect(typesOf(await timeline(id)).join()).toBe("created,canceled");
  });

  it("has the attempts of webhook deliveries in their place", async () => {
    const id = await service.ask(space, { ...FILES, callback_url: CALLBACK });
    await service.pump();
    service.now += 7 * 86_400_000;
    await sweep(service.context);
    const sql = `INSERT INTO webhook_attempts (space_id, delivery_id, n, subject_id, at, duration_ms, status_code)
      SELECT space_id, id, 1, subject_id, ?3, 5, 500 FROM webhook_deliveries
      WHERE space_id = ?1 AND subject_id = ?2 AND event_type = 'export.completed'`;
    await service.context.databases.control.run(sql, [space.id, id, START + 5_000]);
    const entries = await timeline(id);
    expect(typesOf(entries).join()).toBe("created,started,planned,completed,webhook.attempt,expired");
    expect(entries[4]?.detail).toMatchObject({ webhook_id: `evt_${id}_completed_0`, n: 1, status_code: 500 });
  });
});

describe("a timeline", () => {
  /** One with many entries of one millisecond. */
  async function long(): Promise<string> {
    const id = await service.ask(space, { ...FILES, callback_url: CALLBACK });
    await pumpInVain();
    await post(id, "retry");
    await service.pump();
    return id;
  }

  it.each([1, 2, 7])("is paged by %i without losing or doubling one", async (limit) => {
    const id = await long();
    const whole = await timeline(id);
    const seen: Entry[] = [];
    let path: string | null = `?limit=${limit}`;
    while (path !== null) {
      const response: Response = await page(id, path);
      const { data, next_cursor } = await response.json<{ data: Entry[]; next_cursor: string | null }>();
      expect(data.length).toBeLessThanOrEqual(limit);
      seen.push(...data);
      expect(response.headers.get("link") !== null).toBe(next_cursor !== null);
      path = next_cursor === null ? null : `?limit=${limit}&cursor=${encodeURIComponent(next_cursor)}`;
    }
    expect(whole.length).toBeGreaterThan(20);
    expect(seen).toEqual(whole);
  });

  it("has no address, no key and no word of the store's in it", async () => {
    const text = JSON.stringify(await timeline(await long()));
    expect(text).not.toMatch(/https?:|hooks\.example|s3cr3t|X-Amz|Signature|SlowDown|S3/);
    for (const secret of [space.key, space.external_id, service.config.bucket.secretAccessKey])
      expect(text).not.toContain(secret);
  });

  it.each(["limit=0", "limit=201", "cursor=x", "order=asc"])("is not shown for the query %s", async (query) => {
    const id = await service.ask(space, FILES);
    expect((await page(id, `?${query}`)).status).toBe(422);
  });

  it("of an unknown export, and of another space's, is not found", async () => {
    const id = await service.ask(space, FILES);
    const stranger = await service.space();
    const foreign = await service.call("GET", `/v1/exports/${id}/events`, { key: stranger.key });
    expect([(await page(crypto.randomUUID())).status, foreign.status]).toEqual([404, 404]);
  });
});
