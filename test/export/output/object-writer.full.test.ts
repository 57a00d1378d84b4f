/**
 * Objects of any length in bounded memory: one PUT up to a part, equal parts beyond it, no object when it is aborted.
 */

import { createHash } from "node:crypto";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../../src/config.ts";
import { SIZES } from "../../../src/context.ts";
import { ObjectWriter } from "../../../src/export/output/object-writer.ts";
import { Bucket } from "../../../src/outbound/s3.ts";
import type { UploadedPart } from "../../../src/outbound/s3-xml.ts";
import { between, dice } from "../../support/random.ts";
import { reach } from "../../support/service.ts";

const PART_BYTES = SIZES.partBytes;

/** The real bucket, and a list of what was sent to it. */
class WatchedBucket extends Bucket {
  readonly sent: string[] = [];
  failPart = Number.POSITIVE_INFINITY;

  override async putOnce(key: string, body: Uint8Array<ArrayBuffer>, sha256: string, type: string): Promise<void> {
    this.sent.push(`put ${body.length}`);
    return super.putOnce(key, body, sha256, type);
  }

  override async uploadPart(
    key: string,
    uploadId: string,
    number: number,
    body: Uint8Array<ArrayBuffer>,
    sha256: string,
  ): Promise<UploadedPart> {
    if (number === this.failPart) throw new Error("the line went dead");
    this.sent.push(`part ${number}: ${body.length}`);
    return super.uploadPart(key, uploadId, number, body, sha256);
  }
}

function begin() {
  const bucket = new WatchedBucket(readConfig({ ...env }).bucket, () => Date.now(), reach);
  const key = `tests/upload/${crypto.randomUUID()}`;
  const uploads: string[] = [];
  const writer = new ObjectWriter({
    bucket,
    key,
    contentType: "application/gzip",
    partBytes: PART_BYTES,
    onUpload: async (id) => void uploads.push(id),
  });
  return { bucket, key, uploads, writer };
}

/** Bytes that depend on their position, so that swapped or repeated parts are detected. */
function bytes(length: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(length);
  const view = new DataView(all.buffer);
  for (let at = 0; at + 4 <= length; at += 4) view.setUint32(at, Math.imul(at, 2_654_435_761));
  return all;
}

/** Writes them in pieces of up to `most` bytes, draining as it goes. */
async function writeIn(writer: ObjectWriter, all: Uint8Array, most: number): Promise<void> {
  const roll = dice(all.length);
  for (let from = 0; from < all.length;) {
    const to = Math.min(all.length, from + between(roll, 1, most));
    writer.write(all.subarray(from, to));
    await writer.drain();
    from = to;
  }
}

const sha256 = (all: Uint8Array) => createHash("sha256").update(all).digest("hex");

describe.each([
  ["nothing", 0, ["put 0"]],
  ["one byte", 1, ["put 1"]],
  ["a part less one byte", PART_BYTES - 1, [`put ${PART_BYTES - 1}`]],
  ["exactly a part", PART_BYTES, [`put ${PART_BYTES}`]],
  ["a part and one byte", PART_BYTES + 1, [`part 1: ${PART_BYTES}`, "part 2: 1"]],
  ["exactly two parts", 2 * PART_BYTES, [`part 1: ${PART_BYTES}`, `part 2: ${PART_BYTES}`]],
  [
    "three parts and a bit",
    3 * PART_BYTES + 1000,
    [`part 1: ${PART_BYTES}`, `part 2: ${PART_BYTES}`, `part 3: ${PART_BYTES}`, "part 4: 1000"],
  ],
])("an object of %s", (_what, length, requests) => {
  it("arrives whole, in the parts that its length asks for, with its length and hash", async () => {
    const { bucket, key, writer } = begin();
    const all = bytes(length);
    await writeIn(writer, all, 3_000_000);
    expect(await writer.finish()).toEqual({ bytes: length, sha256: sha256(all) });
    expect(bucket.sent).toEqual(requests);
    const stored = new Uint8Array((await (await bucket.get(key))?.arrayBuffer()) ?? new ArrayBuffer(0));
    expect([stored.length, sha256(stored)]).toEqual([length, sha256(all)]);
  });
});

describe("a writer", () => {
  it("reports the upload id before the first part, and none for a single PUT", async () => {
    const [large, small] = [begin(), begin()];
    await writeIn(large.writer, bytes(PART_BYTES + 1), PART_BYTES + 1);
    expect(large.uploads).toHaveLength(1);
    await large.writer.finish();
    small.writer.write(bytes(10));
    await small.writer.finish();
    expect([large.uploads.length, small.uploads.length]).toEqual([1, 0]);
  });

  it("leaves no object when it is aborted before it finished", async () => {
    const { bucket, key, uploads, writer } = begin();
    await writeIn(writer, bytes(2 * PART_BYTES + 5), 1_000_000);
    await writer.abort();
    expect(await bucket.get(key)).toBeNull();
    // The upload is over: it takes no part any more.
    await expect(bucket.uploadPart(key, uploads[0] ?? "", 1, bytes(5), sha256(bytes(5)))).rejects.toThrow();
  });

  it("has nothing to drop when it is aborted before its first part", async () => {
    const { bucket, key, writer } = begin();
    writer.write(bytes(10));
    await writer.abort();
    expect(bucket.sent).toEqual([]);
    expect(await bucket.get(key)).toBeNull();
  });

  it("fails when a part in progress failed, and can still be aborted", async () => {
    const { bucket, key, writer } = begin();
    bucket.failPart = 2;
    await expect(
      (async () => {
        await writeIn(writer, bytes(4 * PART_BYTES), PART_BYTES);
        await writer.finish();
      })(),
    ).rejects.toThrow("the line went dead");
    await writer.abort();
    expect(await bucket.get(key)).toBeNull();
  });
});
