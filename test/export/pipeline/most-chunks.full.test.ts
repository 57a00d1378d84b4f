/**
 * The most chunks that an export may have, in one file: more segments than one invocation has calls for. Each
 * invocation stays within its budget, and the file is one ordinary gzip member.
 */

import { crc32 } from "node:zlib";
import { afterEach, expect, it, vi } from "vitest";
import { MAX_EXPECTED_STATEMENTS } from "../../../src/budget.ts";
import { gzip } from "../../../src/export/output/compression/gzip.ts";
import { segmentKey, segmentPrefix } from "../../../src/export/delivery/object-keys.ts";
import { utf8 } from "../../../src/outbound/s3.ts";
import { gunzip } from "../../support/gunzip.ts";
import { onlyFile } from "../../support/pipeline.ts";
import { LAST_HOUR, orders, START } from "../../support/service.ts";
import { SmallBudget } from "../../support/small-budget.ts";

const CHUNKS = 20_000;
/** Rows that one statement of the test inserts. */
const INSERTED = 5_000;
const MAX_SUBREQUESTS = 8_000;

afterEach(() => vi.restoreAllMocks());

const lines = Array.from({ length: CHUNKS }, (_, n) => `{"n":${n}}\n`);
const startOf = (n: number) => (n < CHUNKS ? START - 3_600_000 + n : START);

it("20,000 chunks become one file within the budgets of invocations", { timeout: 600_000 }, async () => {
  // A runtime has room for 10,000 timers, and all invocations of this test are in one.
  vi.spyOn(AbortSignal, "timeout").mockImplementation(() => new AbortController().signal);
  const small = new SmallBudget();
  const { service, s3 } = small;
  const { control } = service.context.databases;
  const space = await service.shop();
  await service.send(space, orders(1));
  const id = await service.ask(space, { ...LAST_HOUR, layout: "single" });
  await small.runUntil("chunk");
  const of = { space_id: space.id, id };
  await control.run("DELETE FROM export_chunks WHERE space_id = ?1 AND export_id = ?2", [space.id, id]);
  // To write so many chunks through the pipeline would take an hour.
  const segments = lines.map((line, n) => {
    const plain = utf8(line);
    const packed = new Uint8Array(gzip.compressBlock(plain, { gzip: { engine: "native", level: 1 } }));
    s3.objects.set(segmentKey(of, n), packed);
    return [n, startOf(n), startOf(n + 1), packed.length, plain.length, crc32(plain)];
  });
  for (let from = 0; from < CHUNKS; from += INSERTED)
    await control.run(
      `INSERT INTO export_chunks (space_id, export_id, n, file_n, lower_time, lower_id, upper_time, upper_id, records, done,
         rows_so_far, records_read, rows, bytes, uncompressed_bytes, crc32, sha256)
       SELECT ?1, ?2, value ->> 0, 0, value ->> 1, '', value ->> 2, '', 1, 1, 1, 1, 1, value ->> 3, value ->> 4, value ->> 5, ''
       FROM json_each(?3)`,
      [space.id, id, JSON.stringify(segments.slice(from, from + INSERTED))],
    );
  await control.run("UPDATE exports SET phase = 'assembling', rows_total = ?3 WHERE space_id = ?1 AND id = ?2", [
    space.id,
    id,
    CHUNKS,
  ]);
  service.queue.splice(0, 1, {
    space_id: space.id,
    export_id: id,
    step: "assemble",
    n: 0,
    generation: 0,
    request_id: "",
  });
  small.invocations.length = 0;

  await small.runUntil(null);

  const done = await service.poll(space, id);
  expect(done).toMatchObject({ status: "completed", error: null, progress: { rows_written: CHUNKS } });
  const file = [...s3.objects].find(([key]) => key.endsWith(onlyFile(done).name))?.[1];
  expect(gunzip(file ?? new Uint8Array()) === lines.join("")).toBe(true);
  expect([s3.keysBelow(segmentPrefix(of)), s3.uploads.size]).toEqual([[], 0]);
  expect(small.count("assemble")).toBeGreaterThan(1);
  for (const used of small.invocations) {
    expect(used.subrequests).toBeLessThanOrEqual(MAX_SUBREQUESTS);
    expect(used.statements).toBeLessThanOrEqual(MAX_EXPECTED_STATEMENTS);
  }
});
