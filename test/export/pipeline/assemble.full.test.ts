/**
 * Segments that do not fit one PUT are uploaded in parts. An interrupted
 * try leaves nothing that disturbs a later one.
 */

import { MAX_ATTEMPTS } from "../../../src/export/pipeline/backoff.ts";
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { chunkDone } from "../../../src/db/exports/chunks.ts";
import { listChunks, listFiles } from "../../support/ledger.ts";
import { gzip } from "../../../src/export/output/compression/gzip.ts";
import { fileKey, segmentKey } from "../../../src/export/delivery/object-keys.ts";
import { SIZES } from "../../../src/context.ts";
import { sha256Hex, utf8 } from "../../../src/outbound/s3.ts";
import { gunzip } from "../../support/gunzip.ts";
import { deliver, onlyFile, roomyService, take } from "../../support/pipeline.ts";
import { dice, noise } from "../../support/random.ts";
import { orders, START, type Service, type Space } from "../../support/service.ts";

interface Half {
  service: Service;
  space: Space;
  id: string;
}

const compress = (block: Uint8Array) => gzip.compressBlock(block, { gzip: { engine: "native", level: 1 } });
/** About 11 MB when compressed. */
const SEGMENTS = [5_000_000, 10, 9_000_000].map((length, n) => {
  const text = `${noise(dice(n), length)}\n`;
  return { text, plain: utf8(text), packed: new Uint8Array(compress(utf8(text))) };
});

/**
 * An export whose chunks are written, and which waits to be assembled. Its one real chunk is replaced by three, of
 * random text: that many events would take minutes to load.
 */
async function written(): Promise<Half> {
  const service = roomyService();
  const space = await service.shop();
  await service.send(space, orders(3));
  const id = await service.ask(space);
  await deliver(service, take(service, "plan"));
  service.queue.length = 0;
  const { control } = service.context.databases;
  await control.run("DELETE FROM export_chunks WHERE space_id = ?1 AND export_id = ?2", [space.id, id]);
  for (const [n, { plain, packed }] of SEGMENTS.entries()) {
    const sha256 = await sha256Hex(packed);
    await service.context.bucket.putOnce(segmentKey({ space_id: space.id, id }, n), packed, sha256, "application/gzip");
    await control.run(
      `INSERT INTO export_chunks (space_id, export_id, n, file_n, lower_time, lower_id, upper_time, upper_id, records)
       VALUES (?1, ?2, ?3, 0, ?4, '', ?5, '', 1)`,
      [space.id, id, n, START - 3_600_000 + n, n === SEGMENTS.length - 1 ? START : START - 3_600_000 + n + 1],
    );
    const [edge, sum] = [{ time: START, id: `${n}` }, crc32(plain)];
    const counts = { recordsRead: 1, rows: 1, summary: null, bytes: packed.length, uncompressedBytes: plain.length };
    await control.batch([
      chunkDone({ space_id: space.id, id }, 0, n, { ...counts, crc32: sum, sha256, first: edge, last: edge }),
    ]);
  }
  await control.run("UPDATE exports SET phase = 'assembling' WHERE space_id = ?1 AND id = ?2", [space.id, id]);
  service.queue.push({ space_id: space.id, export_id: id, step: "assemble", n: 0, generation: 0, request_id: "" });
  return { service, space, id };
}

const uploadOf = async ({ service, space, id }: Half) =>
  (await listFiles(service.context.databases.control, { space_id: space.id, id }))[0]?.upload_id;

async function finished({ service, space, id }: Half) {
  await service.pump();
  const done = await service.poll(space, id);
  expect(done).toMatchObject({ status: "completed", progress: { rows_written: 3, files_written: 1 } });
  const bytes = await service.fetchFile(onlyFile(done));
  return { bytes, same: gunzip(bytes) === SEGMENTS.map(({ text }) => text).join(""), sha256: onlyFile(done).sha256 };
}

describe("a file of several parts", () => {
  it("is one gzip member of all segments, hashed as a whole", async () => {
    const half = await written();
    const { bytes, same, sha256 } = await finished(half);
    expect(bytes.length).toBeGreaterThan(SIZES.partBytes);
    expect(same).toBe(true);
    expect(sha256).toBe(await sha256Hex(bytes));
  });

  it("is assembled after an attempt that was cut off, whose upload is aborted", async () => {
    const half = await written();
    const { service, space, id } = half;
    const { control } = service.context.databases;
    const name = (await listFiles(control, { space_id: space.id, id }))[0]?.name ?? "";
    const key = fileKey({ space_id: space.id, id }, name);
    // A consumer that died after it had begun: its upload is in the ledger, its lease has run out.
    const upload = await service.context.bucket.createUpload(key, "application/gzip");
    await control.run(
      "UPDATE export_files SET upload_id = ?3, lease_until = ?4 WHERE space_id = ?1 AND export_id = ?2",
      [space.id, id, upload, service.now],
    );
    expect((await finished(half)).same).toBe(true);
    const part = utf8("late");
    await expect(service.context.bucket.uploadPart(key, upload, 1, part, await sha256Hex(part))).rejects.toThrow();
  });

  it("has the first record of its first chunk and the last of its last in the manifest", async () => {
    const half = await written();
    await finished(half);
    const path = `/v1/exports/${half.id}/manifest`;
    const manifest = await half.service.json("GET", path, 200, { key: half.space.key });
    expect(manifest).toMatchObject({ files: [{ rows: 3, first: { id: "0" }, last: { id: "2" } }] });
  });

  it("forgets its upload once it is there", async () => {
    const half = await written();
    await finished(half);
    expect(await uploadOf(half)).toBeNull();
  });

  it("is tried again when a segment is not as it was written, and is not completed without it", async () => {
    const half = await written();
    const { service, space, id } = half;
    await service.context.bucket.delete(segmentKey({ space_id: space.id, id }, 2));
    const message = take(service, "assemble");
    expect(await deliver(service, message, 1)).toEqual({ retryInSeconds: 2 });
    expect(await service.poll(space, id)).toMatchObject({
      status: "processing",
      error: { code: "incomplete_export", owner: "service" },
    });
    await deliver(service, message, MAX_ATTEMPTS);
    expect(await service.poll(space, id)).toMatchObject({ status: "failed", error: { code: "incomplete_export" } });
  });

  it("waits until every one of its chunks is written", async () => {
    const half = await written();
    const { service, space, id } = half;
    const { control } = service.context.databases;
    await control.run("UPDATE export_chunks SET done = 0 WHERE space_id = ?1 AND export_id = ?2 AND n = 1", [
      space.id,
      id,
    ]);
    expect(await deliver(service, take(service, "assemble"))).toBe("ack");
    const chunks = await listChunks(control, { space_id: space.id, id });
    expect(chunks.map((chunk) => chunk.done)).toEqual([1, 0, 1]);
    expect((await listFiles(control, { space_id: space.id, id })).map((file) => file.done)).toEqual([0]);
  });
});
