/**
 * zstd files are one frame, whose blocks were compressed apart and join in any order: read by decoders that are not the
 * product's. What an engine does wrong never leaves.
 */

import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { decompress } from "fzstd";
import { describe, expect, it } from "vitest";
import { compressFile } from "../../../../src/export/output/compression/codec.ts";
import { createZstd, zstd } from "../../../../src/export/output/compression/zstd.ts";
import { independentBlocks } from "../../../../src/export/output/compression/zstd-blocks.ts";
import type { ZstdEngine } from "../../../../src/export/output/compression/zstd-engine.ts";
import { between, dice, noise, pick, shuffled } from "../../../support/random.ts";

const SETTINGS = { gzip: { engine: "native", level: 1 } } as const;
const engine: ZstdEngine = { compress: (content) => zstdCompressSync(content), decompress: zstdDecompressSync };

/** Texts that begin with a repetition at 1, 2, 4 or 8 bytes use the offsets that every frame begins with. */
const KINDS: ((roll: () => number, length: number) => string)[] = [
  noise,
  (roll, length) => pick(roll, ["a", "ab", "abcd", "abcdefgh", "🛒"]).repeat(length),
  (roll, length) => " ".repeat(between(roll, 1, 3_000)) + "abcdefgh".repeat(length),
  (roll, length) => {
    let text = "";
    while (text.length < length) text += `{"eventId":"e-${between(roll, 0, 99_999)}","amount":${roll()},"page":null}\n`;
    return text;
  },
];

/** Texts of 1 byte to 256 KiB. */
function texts(seed: number, count: number): Buffer[] {
  const roll = dice(seed);
  return Array.from({ length: count }, () => {
    const length = Math.ceil(2 ** (roll() * 18));
    return Buffer.from(pick(roll, KINDS)(roll, length)).subarray(0, length);
  });
}

const fileOf = (blocks: readonly Uint8Array[]) =>
  Buffer.concat([zstd.join.header, ...blocks, zstd.join.trailer({ crc32: 0, uncompressedBytes: 0 })]);

describe("zstd", () => {
  it.each([1, 2, 3])("makes blocks that join in any order into one frame (seed %i)", (seed) => {
    const all = texts(seed, 80);
    const packed = all.map((text) => zstd.compressBlock(text, SETTINGS));
    const order = shuffled(dice(seed), [...all.keys()]);
    const file = fileOf(order.map((n) => packed[n] ?? Buffer.alloc(0)));
    const wanted = Buffer.concat(order.map((n) => all[n] ?? Buffer.alloc(0)));
    expect(Buffer.from(decompress(file)).equals(wanted)).toBe(true);
    // Node's zlib reads the first frame of a file alone.
    expect(zstdDecompressSync(file).equals(wanted)).toBe(true);
  });

  it("compresses the same text to the same bytes, and keeps nothing of it: the block may be used again", () => {
    const text = Buffer.from(KINDS[3]?.(dice(4), 200_000) ?? "");
    const before = Buffer.from(text);
    const packed = zstd.compressBlock(text, SETTINGS);
    const again = zstd.compressBlock(text, SETTINGS);
    expect(text.equals(before)).toBe(true);
    expect(Buffer.from(packed).equals(again)).toBe(true);
    text.fill(0);
    expect(Buffer.from(decompress(fileOf([packed]))).equals(before)).toBe(true);
  });

  it("makes event lines at least four times smaller", () => {
    const text = Buffer.from(KINDS[3]?.(dice(1), 1_000_000) ?? "");
    expect(text.length / zstd.compressBlock(text, SETTINGS).length).toBeGreaterThan(4);
  });

  it("makes a long run of one character small", () => {
    expect(zstd.compressBlock(Buffer.from(" ".repeat(1_048_576)), SETTINGS).length).toBeLessThan(200);
  });

  it.each(["", "one line\n"])("of a small body (%j) is a whole file", (body) => {
    expect(Buffer.from(decompress(compressFile(zstd, Buffer.from(body), SETTINGS))).toString()).toBe(body);
  });

  it("stores bytes that are no text", () => {
    const bytes = Buffer.alloc(100_000, 0xff).fill(0x80, 50_000, 50_010);
    expect(Buffer.from(decompress(fileOf(independentBlocks(bytes, engine)))).equals(bytes)).toBe(true);
  });
});

describe("an engine", () => {
  const text = Buffer.from(KINDS[3]?.(dice(9), 300_000) ?? "");
  const read = (compress: ZstdEngine["compress"]) => {
    const file = fileOf(independentBlocks(text, { ...engine, compress }));
    return { isRight: Buffer.from(decompress(file)).equals(text), bytes: file.length };
  };
  const plain = read(engine.compress).bytes;

  it("whose frames may not be large, as today's workerd's, has its pieces cut", () => {
    const small = read((content) => {
      const frame = engine.compress(content);
      if (frame.length > 4_000) throw new Error("Unexpected end of file");
      return frame;
    });
    expect(small.isRight).toBe(true);
    expect(small.bytes / plain).toBeLessThan(1.3);
  });

  it("that makes frames with checksums, sizes and several blocks is read all the same", () => {
    const params = { [constants.ZSTD_c_checksumFlag]: 1, [constants.ZSTD_c_compressionLevel]: 19 };
    const other = read((content) => zstdCompressSync(content, { params, pledgedSrcSize: content.length }));
    expect([other.isRight, other.bytes < plain * 1.2]).toEqual([true, true]);
  });

  it.each<[string, ZstdEngine["compress"]]>([
    ["another text's frame", () => engine.compress(Buffer.from("other"))],
    ["a frame that is cut off", (content) => engine.compress(content).subarray(0, 5_000)],
    ["one wrong bit", (content) => engine.compress(content).map((byte, n) => (n === 900 ? byte ^ 4 : byte))],
    ["nothing", () => new Uint8Array()],
  ])("that makes %s does no harm: its blocks are left out", (_what, compress) => {
    const { isRight, bytes } = read(compress);
    expect([isRight, bytes > plain]).toEqual([true, true]);
  });

  /**
   * RFC 8878, 3.1.1.3: nine raw literals, then one sequence, whose codes are one each (literals 9, offset 0 or 1, match
   * 1: four bytes), and the offset's extra bit below the one that marks the end. At 1, 4 and 8 bytes there is the same.
   */
  it.each([
    ["first", [0, 1, 0b1]],
    ["second", [1, 1, 0b10]],
    ["third", [1, 1, 0b11]],
  ] as const)(
    "that repeats the %s offset that a frame begins with has the text stored",
    (_which, [offset, ...rest]) => {
      const literals = "xaaaaaaaa";
      const block = [0x48, ...Buffer.from(literals), 1, 0x54, 9, offset, ...rest];
      const last = [1 | (2 << 1) | (block.length << 3), 0, 0];
      const frame = new Uint8Array([...zstd.join.header, ...last, ...block]);
      const whole = `${literals}aaaa`;
      expect(Buffer.from(decompress(frame)).toString()).toBe(whole);
      const blocks = independentBlocks(Buffer.from(whole), { ...engine, compress: () => frame });
      expect(Buffer.concat(blocks).subarray(3).toString()).toBe(whole);
    },
  );

  it("that fails, or that the runtime lacks, is not supported", () => {
    const failing = () => {
      throw new Error("no");
    };
    expect(createZstd(null).isSupported()).toBe(false);
    expect(createZstd({ ...engine, compress: failing }).isSupported()).toBe(false);
    expect(createZstd({ ...engine, decompress: failing }).isSupported()).toBe(false);
    expect(createZstd(engine).isSupported()).toBe(true);
  });
});
