/** What polls see while a chunk's attempts fail, are repeated and are taken over: progress never falls. */

import { beforeEach, expect, it } from "vitest";
import { runStep } from "../../../src/export/pipeline/run.ts";
import { SIZES } from "../../../src/context.ts";
import { Bucket } from "../../../src/outbound/s3.ts";
import { deliver, roomyService, take } from "../../support/pipeline.ts";
import { type ExportView, orders, reach, type Service, type Space } from "../../support/service.ts";

/** A bucket that a test may stop at the upload of a file. */
class Watched extends Bucket {
  atPut: () => Promise<void> = async () => {};

  override async putOnce(...call: Parameters<Bucket["putOnce"]>): Promise<void> {
    await this.atPut();
    return super.putOnce(...call);
  }
}

let service: Service;
let space: Space;
let bucket: Watched;
let id: string;
let seen: ExportView["progress"][];

/** Two chunks, each of three files of two rows. */
beforeEach(async () => {
  service = roomyService();
  service.chunkPerFile = false;
  bucket = new Watched(service.config.bucket, () => Date.now(), reach, "service");
  Object.assign(service.context, { bucket, sizes: { ...SIZES, chunkRows: 6 } });
  space = await service.shop();
  await service.send(space, orders(12));
  id = await service.ask(space, { layout: "files", file_rows: 2 });
  await deliver(service, take(service, "plan"));
  seen = [];
});

async function poll(): Promise<void> {
  seen.push((await service.poll(space, id)).progress);
}

/** Polls at each upload, at moments that are far enough apart for the chunk to renew its lease. */
function pollAtPuts(then: (put: number) => Promise<void>): void {
  let puts = 0;
  bucket.atPut = async () => {
    puts += 1;
    service.now += 3_100;
    await poll();
    await then(puts);
  };
}

function expectNoFall(): void {
  const sorted = <Value>(values: Value[], by: (value: Value) => number) => values.toSorted((a, b) => by(a) - by(b));
  for (const figure of ["rows_written", "files_written", "bytes_written", "percent"] as const) {
    const values = seen.map((progress) => progress[figure] ?? -1);
    expect(values, figure).toEqual(sorted(values, Number));
  }
}

it("does not fall when attempts fail at their last file and are repeated", async () => {
  // Puts 3 and 6 are the last file of the first chunk, in its first attempt and in its second.
  pollAtPuts(async (put) => {
    if (put === 3 || put === 6) throw new Error("the bucket is away");
  });
  await service.pump();
  await poll();
  expectNoFall();
  expect(seen.map(({ rows_written: rows }) => rows)).toContain(4);
  expect(seen.at(-1)).toMatchObject({ phase: "done", rows_written: 12, files_written: 6, percent: 100 });
});

it("does not fall when a consumer dies and another takes the chunk over", async () => {
  const reached = Promise.withResolvers<void>();
  const dead = new Promise<void>(() => {});
  const message = take(service, "chunk");
  pollAtPuts(async (put) => {
    if (put < 3) return;
    reached.resolve();
    await dead;
  });
  void runStep(service.context, message, 1);
  await reached.promise;
  expect(seen.at(-1)?.rows_written).toBe(4);
  service.now += service.config.leaseMs + 1;
  pollAtPuts(async () => {});
  service.queue.push(message);
  await service.pump();
  await poll();
  expectNoFall();
  expect(seen.at(-1)).toMatchObject({ phase: "done", rows_written: 12, files_written: 6, percent: 100 });
});
