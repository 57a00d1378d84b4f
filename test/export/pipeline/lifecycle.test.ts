/** An export from queue to expiry as a client sees it: progress, links and expiry. */

import { afterEach, describe, expect, it } from "vitest";
import { fileKey, manifestKey } from "../../../src/export/delivery/object-keys.ts";
import { sweep } from "../../support/sweep.ts";
import { deliver, onlyFile, roomyService, take } from "../../support/pipeline.ts";
import { orders, type Service, type Space, START } from "../../support/service.ts";

const DAY_MS = 86_400_000;
const services: Service[] = [];

async function shop(events: number): Promise<{ service: Service; space: Space }> {
  const service = roomyService();
  services.push(service);
  const space = await service.shop();
  await service.send(space, orders(events));
  return { service, space };
}

/** A sweep works on all spaces: exports that one test leaves in flight are ended before the next test. */
afterEach(async () => {
  for (const service of services.splice(0)) await service.pump();
});

describe("progress", () => {
  it("follows the ledger from step to step", async () => {
    const { service, space } = await shop(10);
    const id = await service.ask(space, { layout: "files", file_rows: 4 });
    const seen: unknown[] = [];
    for (const step of ["plan", "chunk", "chunk", "chunk", "finish"] as const) {
      await deliver(service, take(service, step));
      const { status, progress } = await service.poll(space, id);
      seen.push([status, progress.phase, progress.rows_written, progress.files_written, progress.percent]);
      expect(progress).toMatchObject({ rows_total: 10, files_total: 3 });
    }
    expect(seen).toEqual([
      ["processing", "writing", 0, 0, 0],
      ["processing", "writing", 4, 1, 40],
      ["processing", "writing", 8, 2, 80],
      ["processing", "finishing", 10, 3, 99.9],
      ["completed", "done", 10, 3, 100],
    ]);
  });

  it("reports when an export was created, started and ended, and when its files expire", async () => {
    const { service, space } = await shop(1);
    const id = await service.ask(space);
    service.now += 1000;
    await deliver(service, take(service, "plan"));
    service.now += 1000;
    await service.pump();
    const at = (ms: number) => new Date(START + ms).toISOString();
    expect(await service.poll(space, id)).toMatchObject({
      created_at: at(0),
      snapshot_at: at(0),
      started_at: at(1000),
      completed_at: at(2000),
      expires_at: at(2000 + 7 * DAY_MS),
    });
  });
});

describe("the links of a completed export", () => {
  it("are valid for fifteen minutes, new with each poll, and a single file only has a download link", async () => {
    const { service, space } = await shop(3);
    const one = await service.export(space);
    expect(one.download_url).toBe(onlyFile(one).url);
    expect(one.url_expires_at).toBe(new Date(START + 900_000).toISOString());
    expect(new URL(onlyFile(one).url).searchParams.get("X-Amz-Expires")).toBe("900");
    const several = await service.export(space, { layout: "files", file_rows: 2 });
    expect([several.files.length, several.download_url]).toEqual([2, null]);
  });
});

describe("an export whose seven days are over", () => {
  async function expired() {
    const { service, space } = await shop(3);
    const done = await service.export(space);
    service.now += 7 * DAY_MS;
    await sweep(service.context);
    return { service, space, done };
  }

  it("is expired to the millisecond, and reports that without links", async () => {
    const { service, space } = await shop(3);
    const done = await service.export(space);
    service.now += 7 * DAY_MS - 1;
    await sweep(service.context);
    expect((await service.poll(space, done.id)).status).toBe("completed");
    service.now += 1;
    await sweep(service.context);
    expect(await service.poll(space, done.id)).toMatchObject({
      status: "expired",
      files: [],
      download_url: null,
      url_expires_at: null,
      manifest_url: null,
      progress: { percent: 100, rows_written: 3 },
    });
  });

  it("has no objects in the bucket any more, and its links are dead", async () => {
    const { service, space, done } = await expired();
    const owner = { space_id: space.id, id: done.id };
    const keys = [fileKey(owner, onlyFile(done).name), manifestKey(owner)];
    expect(await Promise.all(keys.map((key) => service.context.bucket.get(key)))).toEqual([null, null]);
    const response = await fetch(onlyFile(done).url);
    await response.body?.cancel();
    expect(response.status).toBe(404);
  });

  it.each(["content", "manifest", "files/x"])("answers 410 under /%s", async (part) => {
    const { service, space, done } = await expired();
    const answer = await service.json("GET", `/v1/exports/${done.id}/${part}`, 410, { key: space.key });
    expect(answer).toMatchObject({ code: "gone" });
  });
});
