/**
 * A file of more chunks than one invocation can read is assembled by several: each writes down where it is, and the
 * next continues the same upload. However often that happens, and wherever one dies, the bytes are the same.
 */

import { beforeAll, describe, expect, it } from "vitest";
import { acquireLease } from "../../../src/db/exports/leases.ts";
import { cancel } from "../../../src/export/api/actions.ts";
import { MAX_ATTEMPTS } from "../../../src/export/pipeline/backoff.ts";
import { exportPrefix, segmentPrefix } from "../../../src/export/delivery/object-keys.ts";
import { SIZES } from "../../../src/context.ts";
import { listFiles } from "../../support/ledger.ts";
import { bytesOf, roomyService, take } from "../../support/pipeline.ts";
import { orders, type Space } from "../../support/service.ts";
import { SmallBudget } from "../../support/small-budget.ts";
import { sweep } from "../../support/sweep.ts";

const CHUNKS = 36;
const SMALL = { ...SIZES, chunkRows: 1, partBytes: 640 };
/** A checkpoint is due after 24 calls: the file needs three invocations at least. */
const SUBREQUESTS = 30;

let space: Space;
/** The file when one invocation suffices. */
let whole: ReturnType<typeof bytesOf>;

async function begin(limits = { subrequests: SUBREQUESTS }): Promise<SmallBudget & { id: string }> {
  const small = new SmallBudget();
  small.service.context.sizes = { ...SMALL };
  const id = await small.service.ask(space, { layout: "single" });
  await small.runUntil("assemble");
  small.limits = limits;
  return Object.assign(small, { id });
}

type Begun = Awaited<ReturnType<typeof begin>>;

/** Runs to the end. @returns the file. */
async function end(small: Begun) {
  await small.runUntil(null);
  const done = await small.service.poll(space, small.id);
  expect(done).toMatchObject({ status: "completed", error: null, progress: { rows_written: CHUNKS } });
  expect(small.s3.keysBelow(segmentPrefix({ space_id: space.id, id: small.id }))).toEqual([]);
  expect(small.s3.uploads.size).toBe(0);
  return bytesOf(done);
}

const fileOf = async ({ service, id }: Begun) =>
  (await listFiles(service.context.databases.control, { space_id: space.id, id }))[0];

beforeAll(async () => {
  const service = roomyService();
  space = await service.shop();
  await service.send(space, orders(CHUNKS));
  const unhurried = await begin({ subrequests: 10_000 });
  whole = await end(unhurried);
  expect(unhurried.count("assemble")).toBe(1);
  expect(whole[0]?.bytes).toBeGreaterThan(4 * SMALL.partBytes);
});

describe("a file of more chunks than one invocation has subrequests for", () => {
  it("is assembled and finished by several invocations, with the bytes of one", async () => {
    const small = await begin();
    small.s3.maxKeys = 4;
    expect(await end(small)).toEqual(whole);
    expect([small.count("assemble"), small.count("finish")].every((count) => count >= 2)).toBe(true);
    expect(small.s3.uploadsMade).toBe(1);
  });

  it("goes on from its checkpoint after a consumer that died", async () => {
    const small = await begin();
    await small.invoke();
    const { service, id } = small;
    const target = { table: "export_files", spaceId: space.id, exportId: id, n: 0 } as const;
    const { control } = service.context.databases;
    service.queue.length = 0;
    expect(await acquireLease(control, target, service.now, service.now + service.config.leaseMs)).not.toBeNull();
    service.now += 3_600_000;
    await sweep(service.context);
    expect(service.queue.map(({ step }) => step)).toEqual(["assemble"]);
    expect(await end(small)).toEqual(whole);
    expect(small.s3.uploadsMade).toBe(1);
  });

  it("forgets the consumers that died before a checkpoint", async () => {
    const small = await begin();
    const { service, id } = small;
    const { control } = service.context.databases;
    const died = "UPDATE export_files SET takeovers = 8 WHERE space_id = ?1 AND export_id = ?2";
    for (let invocations = 0; invocations < 2; invocations += 1) {
      await control.run(died, [space.id, id]);
      await small.invoke();
      expect(await fileOf(small)).toMatchObject({ takeovers: 0, lease_until: 0 });
    }
    expect(await end(small)).toEqual(whole);
  });

  it("is begun again where its upload, its rest or its part size is not as it was", async () => {
    for (const spoil of [
      (small: Begun) => small.s3.uploads.clear(),
      (small: Begun) => small.s3.keysBelow("").forEach((key) => key.includes("/rest-") && small.s3.objects.delete(key)),
      (small: Begun) => void (small.service.context.sizes = { ...SMALL, partBytes: 1_280 }),
    ]) {
      const small = await begin();
      await small.invoke();
      await small.invoke();
      expect((await fileOf(small))?.checkpoint).not.toBeNull();
      spoil(small);
      expect(await end(small)).toEqual(whole);
      expect(small.s3.uploadsMade).toBe(2);
    }
  });

  it("is continued by a retry of its export, which failed while the bucket was down", async () => {
    const small = await begin();
    await small.invoke();
    await small.invoke();
    const { service, s3, id } = small;
    s3.isDown = true;
    await small.invoke(take(service), MAX_ATTEMPTS);
    expect(await service.poll(space, id)).toMatchObject({ status: "failed" });
    s3.isDown = false;
    await service.json("POST", `/v1/exports/${id}/retry`, 202, { key: space.key });
    expect(await end(small)).toEqual(whole);
    expect(s3.uploadsMade).toBe(1);
  });

  it("leaves no upload and no object when its export is canceled between two invocations", async () => {
    const small = await begin();
    await small.invoke();
    await small.invoke();
    expect(small.s3.uploads.size).toBe(1);
    const { service, id } = small;
    await cancel(service.context, space.id, id);
    await small.runUntil(null);
    service.now += 3_600_000;
    await sweep(service.context);
    expect([small.s3.uploads.size, small.s3.keysBelow(exportPrefix({ space_id: space.id, id }))]).toEqual([0, []]);
  });
});
