/**
 * A bucket that does not answer, or refuses: the export reports what is wrong and who must act, is retried, and fails
 * in the end.
 */

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { listFiles } from "../../support/ledger.ts";
import { fileKey } from "../../../src/export/delivery/object-keys.ts";
import { MAX_ATTEMPTS } from "../../../src/export/pipeline/backoff.ts";
import { handleDeadLetter } from "../../../src/export/pipeline/run.ts";
import { sha256Hex, utf8 } from "../../../src/outbound/s3.ts";
import { deliver, eventIdsOf, roomyService, take } from "../../support/pipeline.ts";
import { orders, type Service, type Space, START } from "../../support/service.ts";

/** No process listens on the discard port. */
const DEAD = { BUCKET_ENDPOINT: "http://127.0.0.1:9" };
/** An HTTP server answers here, but it is not a store. */
const SICK = { BUCKET_ENDPOINT: `${new URL(env.BUCKET_ENDPOINT).origin}/nothing` };

/** An export whose first chunk waits for a bucket with these settings. */
async function before(vars: Record<string, string>): Promise<{ service: Service; space: Space; id: string }> {
  const service = roomyService(vars);
  const space = await service.shop();
  await service.send(space, orders(6));
  const id = await service.ask(space, { layout: "files", file_rows: 3 });
  await deliver(service, take(service, "plan"));
  return { service, space, id };
}

describe.each([
  ["does not answer", DEAD],
  ["answers as no store does", SICK],
])("an export whose bucket %s", (_what, vars) => {
  it("is processing while it waits for its next attempt, and reports when that is", async () => {
    const { service, space, id } = await before(vars);
    const message = take(service, "chunk");
    const delays: unknown[] = [];
    for (const attempt of [1, 2, 3]) {
      const verdict = await deliver(service, message, attempt);
      const { status, error, next_retry_at } = await service.poll(space, id);
      delays.push(verdict);
      expect({ status, error, next_retry_at }).toEqual({
        status: "processing",
        error: {
          code: "destination_unavailable",
          message: expect.any(String) as string,
          owner: "service",
          retryable: true,
        },
        next_retry_at: new Date(START + 2 ** attempt * 1000).toISOString(),
      });
    }
    expect(delays).toEqual([{ retryInSeconds: 2 }, { retryInSeconds: 4 }, { retryInSeconds: 8 }]);
  });
});

describe("an export whose bucket rejects its files", () => {
  it("fails after the last try, and its content is an error", async () => {
    const { service, space, id } = await before(SICK);
    const message = take(service, "chunk");
    expect(await deliver(service, message, MAX_ATTEMPTS - 1)).not.toBe("ack");
    expect((await service.poll(space, id)).status).toBe("processing");
    expect(await deliver(service, message, MAX_ATTEMPTS)).toBe("ack");
    expect(await service.poll(space, id)).toMatchObject({
      status: "failed",
      error: { code: "destination_unavailable", owner: "service" },
      next_retry_at: null,
      files: [],
    });
    const content = await service.json("GET", `/v1/exports/${id}/content`, 503, { key: space.key });
    expect(content).toMatchObject({ code: "export_failed" });
  });

  it("makes the remaining messages idle once it has failed", async () => {
    const { service, space, id } = await before(SICK);
    await deliver(service, take(service, "chunk"), MAX_ATTEMPTS);
    expect(await service.pump()).toEqual(["ack"]);
    expect((await service.poll(space, id)).status).toBe("failed");
  });

  it("no longer counts as in flight once it has failed", async () => {
    const { service, space, id } = await before({ ...SICK, PENDING_LIMIT: "1" });
    await service.pump();
    expect((await service.poll(space, id)).status).toBe("failed");
    expect(await service.ask(space)).not.toBe(id);
  });

  it("is completed when the bucket answers again, and the error is over", async () => {
    const { service, space, id } = await before(SICK);
    const message = take(service, "chunk");
    await deliver(service, message, 1);
    const repaired = roomyService();
    repaired.queue.push(message, ...service.queue);
    await repaired.pump();
    const done = await repaired.poll(space, id);
    expect(done).toMatchObject({ status: "completed", error: null, next_retry_at: null });
    expect(await eventIdsOf(repaired, done)).toEqual(orders(6).map((event) => event["id"]));
  });

  it("keeps no lease: the next attempt need not wait for one to run out", async () => {
    const { service, space, id } = await before(SICK);
    const messages = [take(service, "chunk"), take(service, "chunk")];
    await Promise.all(messages.map((message) => deliver(service, message, 1)));
    const repaired = roomyService();
    await Promise.all(messages.map((message) => deliver(repaired, message, 2)));
    expect((await repaired.poll(space, id)).progress).toMatchObject({ files_written: 2, phase: "finishing" });
  });
});

describe("a bucket of the service's own", () => {
  // The customer has no part in a download's bucket, and can do nothing about it.
  it.each([
    ["the service's key", { BUCKET_SECRET_ACCESS_KEY: "wrong" }],
    ["any request, because it does not exist", { BUCKET_NAME: "no-such-bucket" }],
  ])("that refuses %s is for the service to fix, reported without the store's words", async (_what, vars) => {
    const { service, space, id } = await before(vars);
    await deliver(service, take(service, "chunk"), MAX_ATTEMPTS);
    const { status, error } = await service.poll(space, id);
    expect({ status, error }).toMatchObject({
      status: "failed",
      error: { code: "destination_unavailable", owner: "service", retryable: true },
    });
    expect(JSON.stringify(error)).not.toMatch(/Signature|NoSuchBucket|wrong|no-such-bucket/);
  });

  it("that has other bytes at a file's key is for the service to act on too, and they stay", async () => {
    const { service, space, id } = await before({});
    const [file] = await listFiles(service.context.databases.control, { space_id: space.id, id });
    const key = fileKey({ space_id: space.id, id }, file?.name ?? "");
    const other = utf8("other");
    await service.context.bucket.putOnce(key, other, await sha256Hex(other), "text/plain");
    await deliver(service, take(service, "chunk"), MAX_ATTEMPTS);
    expect(await service.poll(space, id)).toMatchObject({ status: "failed", error: { owner: "service" } });
    expect(await (await service.context.bucket.get(key))?.text()).toBe("other");
  });
});

it("fails an export that outgrows the size limit, which no further try can help", async () => {
  const { service, space, id } = await before({ MAX_EXPORT_BYTES: "1000" });
  expect(await service.pump()).toContain("ack");
  expect(await service.poll(space, id)).toMatchObject({
    status: "failed",
    error: { code: "export_too_large", owner: "customer", retryable: false },
  });
});

it("fails an export whose plan has more than 20,000 chunks", async () => {
  const service = roomyService();
  const space = await service.shop();
  await service.send(space, orders(2));
  const id = await service.ask(space, { layout: "files", file_rows: 1 });
  // A plan that already has 20,000 chunks.
  await service.context.databases.control.run(
    `INSERT INTO export_chunks (space_id, export_id, n, file_n, lower_time, lower_id, upper_time, upper_id, records)
     VALUES (?1, ?2, 19999, 19999, 0, '', 1, '', 1)`,
    [space.id, id],
  );
  expect(await deliver(service, take(service, "plan"))).toBe("ack");
  expect(await service.poll(space, id)).toMatchObject({ status: "failed", error: { code: "export_too_large" } });
});

it("fails an export whose message the queue gave up on", async () => {
  const { service, space, id } = await before({});
  await handleDeadLetter(service.context, take(service, "chunk"));
  expect(await service.poll(space, id)).toMatchObject({
    status: "failed",
    error: { code: "internal", owner: "service" },
  });
});

it("keeps a completed export as it is when an old message of it is dead-lettered", async () => {
  const { service, space, id } = await before({});
  const [message] = service.queue;
  await service.pump();
  if (message === undefined) throw new Error("no chunk waits");
  await handleDeadLetter(service.context, message);
  expect((await service.poll(space, id)).status).toBe("completed");
});
