/** In workerd, whose zstd fails where a frame would be large: texts that hardly compress are right all the same. */

import { decompress } from "fzstd";
import { describe, expect, it } from "vitest";
import { PAGE_CODECS } from "../../../../src/export/output/encode/parquet-codecs.ts";
import { compressFile } from "../../../../src/export/output/compression/codec.ts";
import { zstd } from "../../../../src/export/output/compression/zstd.ts";
import { dice } from "../../../support/random.ts";

const roll = dice(5);
/** Becomes smaller by a quarter. */
const TEXT = Buffer.from(Uint8Array.from({ length: 300_000 }, () => Math.floor(roll() * 256))).toString("base64");

describe("zstd in workerd", () => {
  it("is supported", () => {
    expect(zstd.isSupported()).toBe(true);
  });

  it("compresses a text that hardly compresses", () => {
    const file = compressFile(zstd, Buffer.from(TEXT), { gzip: { engine: "fflate", level: 3 } });
    expect(Buffer.from(decompress(file)).toString() === TEXT).toBe(true);
    expect(file.length / TEXT.length).toBeLessThan(0.8);
  });

  it("compresses a page that hardly compresses, and is larger than any other", () => {
    const page = PAGE_CODECS.zstd.options.compressors.ZSTD(Buffer.from(TEXT));
    expect(Buffer.from(decompress(page)).toString() === TEXT).toBe(true);
    expect(page.length / TEXT.length).toBeLessThan(0.8);
  });
});
