/** A member's header and trailer are the ones that any gunzip expects. */

import { constants, deflateRawSync, gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { compressFile } from "../../../../src/export/output/compression/codec.ts";
import { createGzip, gzip } from "../../../../src/export/output/compression/gzip.ts";

const { header, trailerBytes, trailer } = gzip.join;

describe("a member", () => {
  it("of nothing is a header and a trailer", () => {
    expect(gunzipSync(Buffer.concat([header, trailer({ crc32: 0, uncompressedBytes: 0 })]))).toHaveLength(0);
  });

  it("carries no time and no name, so that the same rows give the same bytes", () => {
    expect([...header]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
  });

  it("ends with the CRC and the length modulo 2^32, least byte first", () => {
    const end = Buffer.from(trailer({ crc32: 0xfedcba98, uncompressedBytes: 5 * 2 ** 32 + 7 }));
    expect(end).toHaveLength(trailerBytes);
    expect([end.readUInt32LE(2), end.readUInt32LE(6)]).toEqual([0xfedcba98, 7]);
  });

  it("is refused by a gunzip when its CRC is another's", () => {
    const member = Buffer.concat([header, trailer({ crc32: 1, uncompressedBytes: 0 })]);
    expect(() => gunzipSync(member)).toThrow(/incorrect data check/);
  });

  it.each(["", "one block"])("of a small body (%j) is a whole file", (body) => {
    const file = compressFile(gzip, Buffer.from(body), { gzip: { engine: "fflate", level: 3 } });
    expect(gunzipSync(file).toString()).toBe(body);
  });
});

describe("a block that an engine makes wrong", () => {
  const text = Buffer.from('{"eventId":"e-1","amount":1.25}\n'.repeat(2_000));
  const right = (block: Uint8Array) => deflateRawSync(block, { finishFlush: constants.Z_SYNC_FLUSH });
  const ended = (block: Uint8Array) => Buffer.from(deflateRawSync(block));

  it.each<[string, (block: Uint8Array) => Uint8Array]>([
    ["of another text", () => right(Buffer.from("another"))],
    ["with a byte too few", (block) => right(block.subarray(1))],
    ["with one wrong bit", (block) => right(block).map((byte, n) => (n === 40 ? byte ^ 4 : byte))],
    ["cut off", (block) => right(block).subarray(0, -6)],
    ["within a byte", (block) => right(block).subarray(0, -4)],
    ["with a final block", ended],
    [
      "with a final block, and an empty one behind it",
      (block) => Buffer.concat([ended(block), Buffer.of(0, 0, 0, 255, 255)]),
    ],
    ["of nothing", () => new Uint8Array()],
  ])("%s never leaves: the runtime's engine makes it again", (_what, deflate) => {
    const settings = { gzip: { engine: "fflate", level: 3 } } as const;
    const native = gzip.compressBlock(text, { gzip: { engine: "native", level: 3 } });
    expect(Buffer.from(createGzip(deflate).compressBlock(text, settings)).equals(native)).toBe(true);
    const own = createGzip((block) => Buffer.concat([right(block), right(Buffer.alloc(0))]));
    expect(Buffer.from(own.compressBlock(text, settings)).equals(native)).toBe(false);
  });
});
