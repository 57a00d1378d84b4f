/**
 * Logs and metrics: one JSON line per event that links a call and its export, one data point per end, and no
 * secret.
 */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MAX_ATTEMPTS } from "../../../src/export/pipeline/backoff.ts";
import { handleDeadLetter } from "../../../src/export/pipeline/run.ts";
import { sweep } from "../../support/sweep.ts";
import { s3Error } from "../../support/aws.ts";
import { throughLine } from "../../support/bucket.ts";
import { deliver, roomyService, take } from "../../support/pipeline.ts";
import { ADMIN, orders, type Service, type Space } from "../../support/service.ts";

type Line = Record<string, unknown> & { event: string };

const CALLBACK = "https://hooks.example/spillway?token=s3cr3t";
const FILES = { layout: "files", file_rows: 4, callback_url: CALLBACK };
const HEX = /^[0-9a-f-]{36}$/;

let service: Service;
let space: Space;
let written: unknown[][];

/** A shop, and the log lines that its service writes from then on. */
async function open(vars: Record<string, string> = {}): Promise<void> {
  service = roomyService(vars);
  space = await service.shop();
  const events = orders(10).map((event) => ({ ...event, properties: { order_id: "PRIVATE", amount: 7_654_321 } }));
  await service.send(space, events);
}

beforeEach(async () => {
  written = [];
  for (const name of ["log", "error", "warn", "info", "debug"] as const)
    vi.spyOn(console, name).mockImplementation((...args: unknown[]) => void written.push(args));
  await open();
});

afterEach(() => {
  vi.restoreAllMocks();
});

const textsIn = (all: unknown[][]) => all.map((args) => String(args[0]));
const linesIn = (all: unknown[][]) => textsIn(all).map((text) => JSON.parse(text) as Line);
const texts = () => textsIn(written);
const lines = () => linesIn(written);

/** @returns the request id and the export that the answer is about. */
async function call(method: string, path: string, options: { body?: unknown; headers?: Record<string, string> } = {}) {
  const response = await service.call(method, path, { key: space.key, ...options });
  const text = Buffer.from(await response.arrayBuffer()).toString();
  const id = /^\{"id":"([0-9a-f-]{36})"/.exec(text)?.[1];
  return { status: response.status, requestId: response.headers.get("x-request-id") ?? "", id: id ?? "" };
}

const ask = (more: Record<string, unknown> = {}) =>
  call("POST", "/v1/exports", {
    headers: { "idempotency-key": "idem-s3cr3t" },
    body: {
      dataset: "activity_events",
      start: new Date(service.now - 3_600_000).toISOString(),
      end: new Date(service.now).toISOString(),
      ...FILES,
      ...more,
    },
  });

async function pumpInVain(): Promise<void> {
  throughLine(service, async () => s3Error(503, "SlowDown"));
  await service.pump();
  throughLine(service);
}

/** The log of a space whose exports went through every event. All tests read the same log. */
let lived: Promise<{ written: unknown[][]; spaceId: string }> | null = null;

function livedOnce() {
  lived ??= live().then(() => ({ written, spaceId: space.id }));
  return lived;
}

/** Runs every event that exports of a space can have. */
async function live(): Promise<void> {
  const { id } = await ask();
  await pumpInVain();
  await call("POST", `/v1/exports/${id}/retry`);
  await service.pump();
  for (const rest of ["", "/content", "/manifest", "/events", "/files/x"])
    await call("GET", `/v1/exports/${id}${rest}`);
  await service.poll(space, id);
  const other = await service.ask(space, FILES);
  service.queue.length = 0;
  service.now += 120_000;
  await sweep(service.context);
  await deliver(service, take(service));
  await call("POST", `/v1/exports/${other}/cancel`);
  const lost = await service.ask(space, FILES);
  await handleDeadLetter(service.context, {
    space_id: space.id,
    export_id: lost,
    step: "plan",
    n: 0,
    generation: 0,
    request_id: "r",
  });
  service.context.send = async () => {
    throw new Error("the queue is down");
  };
  await service.ask(space, FILES);
  service.now += 7 * 86_400_000;
  await sweep(service.context);
  await call("DELETE", `/v1/exports/${id}`);
}

describe("a line of the log", () => {
  it("is one JSON object that names its event, always", async () => {
    const all = (await livedOnce()).written;
    expect(all.every((args) => args.length === 1)).toBe(true);
    expect(textsIn(all).filter((text) => text.includes("\n"))).toEqual([]);
    expect(linesIn(all).filter((line) => typeof line.event !== "string")).toEqual([]);
    const events = new Set(linesIn(all).map((line) => line.event));
    for (const event of ["completed", "failed", "canceled", "resent", "expired", "dispatch_failed"])
      expect(events).toContain(`export.${event}`);
  });

  it.each([
    "step",
    "step.failed",
    "export.completed",
    "export.failed",
    "export.canceled",
    "export.resent",
    "export.expired",
    "export.dispatch_failed",
    "message.dead_lettered",
  ])("(%s) about an export says which, whose, and which call asked for it", async (event) => {
    const { written: all, spaceId } = await livedOnce();
    const about = linesIn(all).filter((line) => line.event === event);
    expect(about.length).toBeGreaterThan(0);
    for (const line of about)
      expect(line).toMatchObject({
        space_id: spaceId,
        export_id: expect.stringMatching(HEX) as string,
        request_id: expect.stringMatching(/^[0-9a-f-]{36}$|^r$/) as string,
      });
  });

  it.each([
    ["POST", "/cancel", "/v1/exports/{id}/cancel"],
    ["POST", "/retry", "/v1/exports/{id}/retry"],
    ["GET", "", "/v1/exports/{id}"],
    ["GET", "/content", "/v1/exports/{id}/content"],
    ["GET", "/manifest", "/v1/exports/{id}/manifest"],
    ["GET", "/events", "/v1/exports/{id}/events"],
    ["GET", "/files/x", "/v1/exports/{id}/files/{name}"],
    ["DELETE", "", "/v1/exports/{id}"],
  ])("about a call %s %s says which export it was for", async (method, rest, route) => {
    const { id } = await ask();
    const { status, requestId } = await call(method, `/v1/exports/${id}${rest}`);
    const about = lines().filter((line) => line.event === "request" && line["request_id"] === requestId);
    expect(about).toMatchObject([{ method, route, status, space_id: space.id, export_id: id }]);
  });

  it("about a step leads back to the call that asked for the export", async () => {
    const { requestId, id } = await ask();
    await service.pump();
    const about = lines().filter((line) => line["export_id"] === id);
    expect(about.map((line) => line.event)).toEqual(
      expect.arrayContaining(["request", "step", "export.completed"]) as string[],
    );
    expect(new Set(about.map((line) => line["request_id"]))).toEqual(new Set([requestId]));
  });

  it("about a retried export leads back to the call that retried it", async () => {
    const { id } = await ask();
    await pumpInVain();
    const again = await call("POST", `/v1/exports/${id}/retry`);
    written.length = 0;
    await service.pump();
    expect(new Set(lines().map((line) => line["request_id"]))).toEqual(new Set([again.requestId]));
  });

  it("about an end has its counts", async () => {
    const { id } = await ask();
    service.now += 1_500;
    await service.pump();
    const [end] = lines().filter((line) => line.event === "export.completed");
    expect(end).toMatchObject({ export_id: id, rows: 10, files: 3, retries: 0, code: null, ms: 1_500 });
    expect(end?.["bytes"]).toBeGreaterThan(0);
  });
});

describe("no line of the log", () => {
  const expectClean = () => {
    const all = texts().join("\n");
    expect(all.length).toBeGreaterThan(1_000);
    const { secretAccessKey, accessKeyId } = service.config.bucket;
    const secrets = [space.key, ADMIN, space.external_id, secretAccessKey, accessKeyId, service.config.secretsKey];
    for (const secret of [...secrets, CALLBACK, "hooks.example", "s3cr3t", "whsec_", "PRIVATE", "7654321", "CRM-1"])
      expect(all).not.toContain(secret);
    expect(all).not.toMatch(/https?:\/\/|X-Amz|Bearer|spw_/i);
  };

  it("has a key, a link, an address or a customer's data", async () => {
    await live();
    expectClean();
  });

  it("has them where the bucket cannot be reached", async () => {
    await open({ BUCKET_ENDPOINT: "http://127.0.0.1:9" });
    await ask();
    await deliver(service, take(service, "plan"));
    const message = take(service, "chunk");
    await deliver(service, message, 1);
    await deliver(service, message, MAX_ATTEMPTS);
    expect(lines().map((line) => line.event)).toContain("export.failed");
    expectClean();
  });

  it("has them where a database fails", async () => {
    const { control } = service.context.databases;
    const { id } = await ask();
    await deliver(service, take(service, "plan"));
    await control.run("ALTER TABLE export_chunks RENAME COLUMN takeovers TO away");
    await service.pump();
    await control.run("ALTER TABLE export_chunks RENAME COLUMN away TO takeovers");
    expect((await service.poll(space, id)).status).toBe("failed");
    expectClean();
  });
});

describe("a point", () => {
  const point = (outcome: string) => ({ kind: "export", spaceId: space.id, dataset: "activity_events", outcome });

  it("is measured for an export that is completed", async () => {
    const { id } = await ask();
    await deliver(service, take(service, "plan"));
    const message = take(service, "chunk");
    throughLine(service, async () => s3Error(503, "SlowDown"));
    await deliver(service, message);
    throughLine(service);
    service.queue.push(message);
    service.now += 2_500;
    await service.pump();
    const bytes = (await service.poll(space, id)).files.reduce((sum, file) => sum + file.bytes, 0);
    expect(service.points).toEqual([
      { ...point("completed"), errorCode: null, rows: 10, bytes, retries: 1, durationMs: 2_500 },
    ]);
  });

  it("is measured for an export that failed, with its code, and again after a retry", async () => {
    const { id } = await ask();
    await deliver(service, take(service, "plan"));
    await pumpInVain();
    const failed = { ...point("failed"), errorCode: "destination_unavailable", rows: 0, bytes: 0, durationMs: 0 };
    expect(service.points).toMatchObject([failed]);
    await call("POST", `/v1/exports/${id}/retry`);
    await service.pump();
    expect(service.points).toMatchObject([failed, { ...point("completed"), errorCode: null, rows: 10 }]);
  });

  it("is measured once for an export that is canceled", async () => {
    const { id } = await ask();
    await Promise.all([1, 2].map(() => call("POST", `/v1/exports/${id}/cancel`)));
    await service.pump();
    const counts = { errorCode: null, rows: 0, bytes: 0, retries: 0, durationMs: 0 };
    expect(service.points).toEqual([{ ...point("canceled"), ...counts }]);
  });
});
