/** A consumer that stalls and ends after its export did leaves no orphans, and deletes nothing that is needed. */

import { describe, expect, it } from "vitest";
import { listFiles } from "../../support/ledger.ts";
import { fileKey } from "../../../src/export/delivery/object-keys.ts";
import { runStep } from "../../../src/export/pipeline/run.ts";
import { sweep } from "../../support/sweep.ts";
import { Bucket } from "../../../src/outbound/s3.ts";
import { bytesOf, eventIdsOf, roomyService, segmentsLeft, take } from "../../support/pipeline.ts";
import { orders, reach, type Service, type Space } from "../../support/service.ts";

/** The real bucket; each PUT waits until the test releases it. */
class GatedBucket extends Bucket {
  readonly #reached = Promise.withResolvers<void>();
  readonly #opened = Promise.withResolvers<void>();
  readonly reached = this.#reached.promise;

  open(): void {
    this.#opened.resolve();
  }

  override async putOnce(key: string, body: Uint8Array<ArrayBuffer>, sha256: string, type: string): Promise<void> {
    this.#reached.resolve();
    await this.#opened.promise;
    return super.putOnce(key, body, sha256, type);
  }
}

/** One consumer stalls with its first chunk, just before the upload, and the lease expires. */
async function stalled(events: number, request: Record<string, unknown>) {
  const service = roomyService();
  const space = await service.shop();
  await service.send(space, orders(events));
  const id = await service.ask(space, request);
  await runStep(service.context, take(service, "plan"), 1);
  const bucket = new GatedBucket(service.config.bucket, () => Date.now(), reach, "service");
  const message = take(service, "chunk");
  const late = runStep({ ...service.context, bucket }, message, 1);
  await bucket.reached;
  service.now += service.config.leaseMs + 1;
  service.queue.push(message);
  const finishLate = async () => {
    bucket.open();
    return late;
  };
  return { service, space, id, finishLate };
}

async function fileIsThere(service: Service, space: Space, id: string): Promise<boolean> {
  const [file] = await listFiles(service.context.databases.control, { space_id: space.id, id });
  const found = await service.context.bucket.get(fileKey({ space_id: space.id, id }, file?.name ?? ""));
  await found?.body?.cancel();
  return found !== null;
}

describe("a stalled consumer", () => {
  it("of a segment leaves no segment behind", async () => {
    const { service, space, id, finishLate } = await stalled(50_001, { layout: "single" });
    await service.pump();
    expect((await service.poll(space, id)).status).toBe("completed");
    expect(await finishLate()).toBe("ack");
    expect(await segmentsLeft(service, space, id, 2)).toEqual([]);
  });

  it("of a segment does not delete what is still to be assembled", async () => {
    const { service, space, id, finishLate } = await stalled(50_001, { layout: "single" });
    while (!service.queue.some((message) => message.step === "assemble"))
      await runStep(service.context, take(service), 1);
    expect(await finishLate()).toBe("ack");
    await service.pump();
    const done = await service.poll(space, id);
    expect(done.status).toBe("completed");
    expect(await eventIdsOf(service, done)).toHaveLength(50_001);
  });

  it("of a file that was completed without it changes nothing", async () => {
    const { service, space, id, finishLate } = await stalled(3, { layout: "files" });
    await service.pump();
    const before = await service.poll(space, id);
    expect(await finishLate()).toBe("ack");
    const after = await service.poll(space, id);
    expect([after.status, bytesOf(after)]).toEqual(["completed", bytesOf(before)]);
    expect(await eventIdsOf(service, after)).toHaveLength(3);
  });

  it("of an export that was canceled meanwhile leaves no file behind", async () => {
    const { service, space, id, finishLate } = await stalled(3, { layout: "files" });
    await service.json("POST", `/v1/exports/${id}/cancel`, 202, { key: space.key });
    expect(await finishLate()).toBe("ack");
    expect(await fileIsThere(service, space, id)).toBe(false);
    expect((await service.poll(space, id)).status).toBe("canceled");
  });

  it("of an export that has expired meanwhile leaves no file behind", async () => {
    const { service, space, id, finishLate } = await stalled(3, { layout: "files" });
    await service.pump();
    service.now += service.config.ttlMs.download + 1;
    await sweep(service.context);
    expect((await service.poll(space, id)).status).toBe("expired");
    expect(await finishLate()).toBe("ack");
    expect(await fileIsThere(service, space, id)).toBe(false);
  });
});
