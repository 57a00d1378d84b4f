/** A member's header and trailer are the ones that any gunzip expects. */

import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { compressFile } from "../../../../src/export/output/compression/codec.ts";
import { gzip } from "../../../../src/export/output/compression/gzip.ts";

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
