/** The package's client against the service: one export's way, lists page by page, and the errors of the service. */

import { beforeEach, describe, expect, it } from "vitest";
import { type ExportRequest, type NewEvent, type Spillway, SpillwayError } from "../../client/src/index.ts";
import { clientOf } from "../support/client.ts";
import { ADMIN, LAST_HOUR, Service, type Space, START } from "../support/service.ts";

const REQUEST: ExportRequest = { dataset: "activity_events", start: LAST_HOUR.start, end: LAST_HOUR.end };

let service: Service;
let space: Space;
let spillway: Spillway;

beforeEach(async () => {
  service = new Service();
  space = await service.shop();
  await service.followClock(space);
  spillway = clientOf(service, space.key);
});

const order = (n: number): NewEvent => ({
  id: `e-${n}`,
  definition_id: "order_placed",
  person_id: "p-1",
  occurred_at: new Date(START - 3_000_000 + n).toISOString(),
  properties: { order_id: `o-${n}`, amount: n },
});

/** @returns what the promise was rejected with. */
async function thrownBy(promise: Promise<unknown>): Promise<SpillwayError> {
  const thrown: unknown = await promise.then(
    () => "nothing",
    (error: unknown) => error,
  );
  if (thrown instanceof SpillwayError) return thrown;
  throw new Error(`No SpillwayError was thrown: ${String(thrown)}`);
}

async function textOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  return new Response(stream).text();
}

describe("an export", () => {
  it("is created, awaited and read with one object", async () => {
    await spillway.events.send([order(1), order(2)]);
    const seen: string[] = [];
    const completed = await spillway.exports.create(REQUEST).wait({ onProgress: ({ status }) => seen.push(status) });
    expect(seen).toEqual(["queued", "completed"]);
    expect(completed.progress.rows_written).toBe(2);
    const lines = (await textOf(await spillway.exports.content(completed.id))).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ order_id: "o-1" }, { order_id: "o-2" }]);
  });

  it("is the same one for the same idempotency key", async () => {
    const first = await spillway.exports.create(REQUEST, { idempotencyKey: "nightly" });
    const second = await spillway.exports.create(REQUEST, { idempotencyKey: "nightly" });
    expect(second.id).toBe(first.id);
  });

  it("is another one for each call without a key", async () => {
    const first = await spillway.exports.create(REQUEST);
    const second = await spillway.exports.create(REQUEST);
    expect(second.id).not.toBe(first.id);
  });

  it("that was canceled ends the wait with the export in the error", async () => {
    const { id } = await spillway.exports.create(REQUEST);
    await spillway.exports.cancel(id);
    const error = await thrownBy(spillway.exports.wait(id));
    expect(error).toMatchObject({ code: "export_ended", export: { id, status: "canceled" } });
  });

  it("goes on when the wait for it ends by its time limit", async () => {
    const { id } = await spillway.exports.create(REQUEST);
    const error = await thrownBy(spillway.exports.wait(id, { timeoutMs: 10 }));
    expect(error).toMatchObject({ code: "wait_timed_out", export: { id, status: "queued" } });
    expect((await spillway.exports.wait(id)).status).toBe("completed");
  });

  it("is waited for through the limit of polls", async () => {
    const slow = new Service({ POLL_LIMIT: "2" });
    const own = await slow.shop();
    await slow.followClock(own);
    const { id } = await clientOf(slow, own.key).exports.create(REQUEST);
    await slow.poll(own, id);
    await slow.poll(own, id);
    expect((await clientOf(slow, own.key).exports.wait(id)).status).toBe("completed");
  });

  it("is downloaded file by file, each checked against the manifest", async () => {
    await spillway.events.send([order(1), order(2), order(3)]);
    const { id } = await spillway.exports.create({ ...REQUEST, layout: "files", file_rows: 2 }).wait();
    const rows: number[] = [];
    await spillway.exports.download(id, async (file, bytes) => {
      const text = await textOf(bytes.pipeThrough(new DecompressionStream("gzip")));
      expect(text.trimEnd().split("\n")).toHaveLength(file.rows);
      rows.push(file.rows);
    });
    expect(rows).toEqual([2, 1]);
  });

  it("can be estimated, listed, looked at and deleted", async () => {
    await spillway.events.send([order(1)]);
    expect(await spillway.exports.estimate(REQUEST)).toMatchObject({ rows: 1, files: 1 });
    const { id } = await spillway.exports.create(REQUEST).wait();
    expect((await spillway.exports.list({ status: "completed" }).all()).map((item) => item.id)).toEqual([id]);
    expect((await spillway.exports.files(id).all()).map(({ rows }) => rows)).toEqual([1]);
    expect(await spillway.exports.manifest(id)).toMatchObject({ totals: { rows: 1, files: 1 } });
    const types = (await spillway.exports.timeline(id).all()).map(({ type }) => type);
    expect(types.at(0)).toBe("export.created");
    expect(types.at(-1)).toBe("export.completed");
    await spillway.exports.delete(id);
    expect((await thrownBy(spillway.exports.get(id))).code).toBe("not_found");
  });
});

it("the statistics count what happened, day by day", async () => {
  await spillway.events.send([order(1), order(2)]);
  await spillway.exports.create(REQUEST).wait();
  const day = new Date(START).toISOString().slice(0, 10);
  const { total, days } = await spillway.stats({ from: day, to: day });
  expect(total.exports).toMatchObject({ created: 1, completed: 1, rows: 2 });
  expect(days.map((each) => each.day)).toEqual([day]);
});

describe("events", () => {
  it("go in as many calls as the batches need, each once", async () => {
    const sent: number[] = [];
    const events = Array.from({ length: 25 }, (_, n) => order(n));
    const totals = await spillway.events.send(events, { batch: 10, concurrency: 3, onBatch: (n) => sent.push(n) });
    expect(totals).toEqual({ accepted: 25, duplicates: 0 });
    expect(sent).toHaveLength(3);
    expect(await spillway.events.send(events, { batch: 10 })).toEqual({ accepted: 0, duplicates: 25 });
  });

  it("come from an async source too, with people who are not known yet", async () => {
    async function* source() {
      yield { ...order(1), person_id: "p-new" };
    }
    const sent = await spillway.events.send(source(), { createProfiles: true });
    expect(sent).toEqual({ accepted: 1, duplicates: 0 });
    expect(await spillway.profiles.get("p-new")).toMatchObject({ person_id: "p-new" });
  });

  it("are listed page by page, in the shape that is asked for", async () => {
    await spillway.events.send([order(1), order(2), order(3)]);
    const window = { start: LAST_HOUR.start, end: LAST_HOUR.end };
    const rows = await spillway.events.list({ ...window, limit: 1 }).all();
    expect(rows.map((row) => row.eventId)).toEqual(["e-1", "e-2", "e-3"]);
    const [nested] = await spillway.events.list({ ...window, row_format: "nested" }).all();
    expect(nested?.eventId).toBe("e-1");
  });

  it("of a dry run are shown and not stored", async () => {
    expect(await spillway.events.dryRun([order(1)])).toMatchObject({ accepted: 1 });
    expect(await spillway.events.list({ start: LAST_HOUR.start, end: LAST_HOUR.end }).all()).toEqual([]);
  });
});

describe("an error of the service", () => {
  it("has its code, the wrong fields and the id of the request", async () => {
    const error = await thrownBy(spillway.exports.create({ ...REQUEST, start: "yesterday" }));
    expect(error).toMatchObject({ code: "invalid_request", status: 422 });
    expect(error.errors.map(({ pointer }) => pointer)).toEqual(["/start"]);
    expect(error.message).toContain("POST /v1/exports answered 422");
    expect(error.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("says nothing of the key", async () => {
    const wrong = clientOf(service, "sk_not_a_key_of_anybody");
    const error = await thrownBy(wrong.exports.get("x"));
    expect(error.code).toBe("unauthenticated");
    expect(`${error.stack} ${JSON.stringify(error)} ${JSON.stringify(wrong)}`).not.toContain("sk_not");
  });
});

it("every list reads on to its end", async () => {
  for (const n of [1, 2, 3]) await spillway.tags.put(`tag-${n}`, { name: `Tag ${n}` });
  const pages: number[] = [];
  for await (const { data } of spillway.tags.list({ limit: 2 }).pages()) pages.push(data.length);
  expect(pages).toEqual([2, 1]);
});

it("the operator creates spaces and their keys", async () => {
  const operator = clientOf(service, ADMIN);
  const created = await operator.spaces.create({ name: "Shop", timezone: "UTC" });
  const { key } = await operator.spaces.apiKeys.create(created.id, { name: "reader", scopes: ["exports:read"] });
  expect((await clientOf(service, key).exports.list().all()).length).toBe(0);
  await operator.spaces.delete(created.id);
});
