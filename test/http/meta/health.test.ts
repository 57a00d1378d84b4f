/** GET /healthz: that the Worker runs, for everybody; how its parts are, for the operator. */

import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Database } from "../../../src/db/core/database.ts";
import { checkHealth } from "../../../src/http/meta/health.ts";
import { Bucket } from "../../../src/outbound/s3.ts";
import { ADMIN, reach, Service } from "../../support/service.ts";
import { sweep } from "../../support/sweep.ts";

beforeEach(async () => {
  for (const table of ["heartbeats", "exports", "webhook_deliveries"])
    await env.CONTROL_DB.prepare(`DELETE FROM ${table}`).run();
});
afterEach(() => vi.restoreAllMocks());

interface Part {
  name: string;
  status: string;
  age_seconds?: number | null;
  bytes?: number;
  detail?: string;
}

/** A service whose sweep has just run. */
async function swept(): Promise<Service> {
  const service = new Service();
  await sweep(service.context);
  return service;
}

const deep = async (service: Service, status: number) =>
  service.json<{ status: string; checked_at: string; parts: Part[] }>("GET", "/healthz?deep=1", status, { key: ADMIN });

async function partOf(service: Service, status: number, name: string): Promise<Part> {
  const { parts } = await deep(service, status);
  return parts.find((part) => part.name === name) ?? { name: "missing", status: "" };
}

/** A database that answers as `one` does. */
const databaseOf = (service: Service, one: () => Promise<never>) =>
  new Database({ one, batch: one }, service.context.budget);

const down = async (): Promise<never> => {
  throw new Error("https://secret.example refused");
};

describe("without parameters", () => {
  it("answers everybody that the Worker runs, and asks nothing", async () => {
    const service = new Service();
    service.context.databases = { ...service.context.databases, control: databaseOf(service, down) };
    expect(await service.json("GET", "/healthz", 200)).toEqual({ status: "ok" });
    expect(service.meter.subrequests).toBe(0);
  });
});

describe("deep=1", () => {
  it("is refused without the operator's token", async () => {
    const service = new Service();
    const { key } = await service.space();
    expect((await service.call("GET", "/healthz?deep=1")).status).toBe(401);
    expect((await service.call("GET", "/healthz?deep=1", { key })).status).toBe(401);
  });

  it("shows each part, and none of the objects that a question would wake", async () => {
    const service = await swept();
    service.now += 20_000;
    const health = await deep(service, 200);
    expect(health).toMatchObject({ status: "ok", checked_at: new Date(service.now).toISOString() });
    expect(health.parts.map(({ name }) => name)).toEqual([
      "control",
      "d1:SPACE_DB",
      "bucket",
      "sweep",
      "queue:steps",
      "queue:chunks",
      "queue:verify",
      "queue:webhooks",
    ]);
    expect(health.parts.find(({ name }) => name === "sweep")?.age_seconds).toBe(20);
    expect(health.parts.filter(({ bytes }) => (bytes ?? 0) > 0)).toHaveLength(2);
  });

  it("says which database fails, and leaves what it said to the log", async () => {
    const errors = vi.spyOn(console, "error").mockReturnValue();
    const service = await swept();
    const { databases } = service.context;
    const broken = {
      name: "d1:SPACE_DB",
      kind: "d1" as const,
      jurisdiction: null,
      database: databaseOf(service, down),
    };
    service.context.databases = { ...databases, homes: [broken] };
    const { status, parts } = await deep(service, 503);
    expect(status).toBe("failing");
    expect(parts.filter((part) => part.status === "failing")).toMatchObject([{ name: "d1:SPACE_DB" }]);
    expect(JSON.stringify(parts)).not.toContain("secret.example");
    expect(errors.mock.calls.map(([line]) => JSON.parse(String(line)) as unknown)).toMatchObject([
      { event: "health.failed", part: "d1:SPACE_DB" },
    ]);
  });

  it("says that the bucket refuses the service's key", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const service = await swept();
    const address = { ...service.config.bucket, secretAccessKey: "another" };
    service.context.bucket = new Bucket(address, () => Date.now(), reach, "service");
    expect(await partOf(service, 503, "bucket")).toMatchObject({ status: "failing", detail: /log has the cause/ });
  });

  it("waits for no part longer than it may take", async () => {
    const service = await swept();
    const silent = databaseOf(service, () => new Promise(() => {}));
    const { databases, bucket, runtime } = service.context;
    const homes = [{ name: "d1:SPACE_DB", kind: "d1" as const, jurisdiction: null, database: silent }];
    const health = await checkHealth({ databases: { ...databases, homes }, context: { bucket }, runtime }, 50);
    expect(health.parts?.find(({ name }) => name === "d1:SPACE_DB")).toMatchObject({
      status: "failing",
      detail: "No answer within 0.05 seconds.",
    });
  });

  it("fails where no sweep was seen for five minutes", async () => {
    const service = await swept();
    service.now += 301_000;
    expect(await partOf(service, 503, "sweep")).toMatchObject({ status: "failing", age_seconds: 301 });
  });

  it("fails where an export waits for its first step for a quarter of an hour", async () => {
    const service = new Service();
    await service.ask(await service.shop());
    service.now += 901_000;
    await sweep(service.context);
    service.queue.length = 0;
    expect(await partOf(service, 503, "queue:steps")).toMatchObject({ status: "failing", age_seconds: 901 });
    expect((await partOf(service, 503, "queue:chunks")).status).toBe("ok");
  });

  it("fails where a webhook is due for a quarter of an hour", async () => {
    const service = new Service();
    const space = await service.shop();
    const receiver = { url: "https://receiver.example/hook", event_types: ["export.canceled"] };
    await service.json("POST", "/v1/webhook-endpoints", 201, { key: space.key, body: receiver });
    const id = await service.ask(space);
    await service.json("POST", `/v1/exports/${id}/cancel`, 202, { key: space.key });
    service.now += 901_000;
    expect(await partOf(service, 503, "queue:webhooks")).toMatchObject({ status: "failing", age_seconds: 901 });
  });
});
