/** Which hash an assembled file has, and that it is the same when another invocation hashes the file's parts again. */

import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { SIZES } from "../../../src/context.ts";
import type { ExportRow } from "../../../src/db/exports/exports.ts";
import { beginHash, hashAgain } from "../../../src/export/pipeline/file-hash.ts";
import { ResumableSha256 } from "../../../src/export/output/resumable-sha256.ts";
import { dice, noise } from "../../support/random.ts";

const PART_BYTES = 640;

const segments = (...sizes: number[]) => sizes.map((bytes, n) => ({ n, bytes }));

it.each([
  ["of one segment", segments(10), false],
  ["of 1,000 segments", segments(...Array.from({ length: 1_000 }, () => 1)), false],
  ["of 128 parts", segments(64 * PART_BYTES, 64 * PART_BYTES), false],
  ["of 1,001 segments", segments(...Array.from({ length: 1_001 }, () => 1)), true],
  ["of more than 128 parts", segments(64 * PART_BYTES, 64 * PART_BYTES, 1), true],
])("the hash of a file %s is one whose state can be written down: %#", (_what, all, hasState) => {
  expect(beginHash(all, PART_BYTES) instanceof ResumableSha256).toBe(hasState);
});

describe("the hash of a file's parts, from its segments", () => {
  const header = Buffer.from("0123456789");
  const bodies = [1_500, 0, 3, 2_000].map((length, n) => Buffer.from(noise(dice(n), length)).subarray(0, length));
  const file = Buffer.concat([header, ...bodies]);
  const bucket = {
    async read(key: string, { from, length }: { from: number; length: number }) {
      return new Uint8Array(bodies[Number(key.split("/").at(-1))]?.subarray(from, from + length) ?? []);
    },
  };
  // The segments are read by their keys alone.
  const context = { bucket, sizes: { ...SIZES, partBytes: PART_BYTES } } as unknown as Parameters<typeof hashAgain>[0];
  const row = { space_id: "s", id: "e", plan_version: 0 } as ExportRow;
  const all = segments(...bodies.map(({ length }) => length));

  it.each([0, 1, 2, 5])("is that of %i parts", async (parts) => {
    const hash = await hashAgain(context, row, all, header, parts * PART_BYTES);
    const wanted = createHash("sha256").update(file.subarray(0, parts * PART_BYTES));
    expect(hash.digest()).toBe(wanted.digest("hex"));
  });

  it("has a state, from which the rest is hashed", async () => {
    const hash = new ResumableSha256((await hashAgain(context, row, all, header, 2 * PART_BYTES)).save());
    hash.update(file.subarray(2 * PART_BYTES));
    expect(hash.digest()).toBe(createHash("sha256").update(file).digest("hex"));
  });
});
