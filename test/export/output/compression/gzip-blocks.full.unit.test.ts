/**
 * Blocks that are compressed apart and joined in any order inflate to their texts, by a decoder that is not the
 * product's.
 */

import { constants, crc32, gunzipSync, inflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { gzip } from "../../../../src/export/output/compression/gzip.ts";
import { concatContent, EMPTY } from "../../../../src/export/output/crc32.ts";
import { between, dice, noise, pick, shuffled } from "../../../support/random.ts";

const ENGINES = ["fflate", "native"] as const;
const LEVELS = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const KINDS: ((roll: () => number, length: number) => string)[] = [
  noise,
  (_roll, length) => "a".repeat(length),
  (roll, length) => pick(roll, ["ab", "{}", "🛒", "0"]).repeat(length).slice(0, length),
  (roll, length) => {
    let text = "";
    while (text.length < length)
      text += `{"definitionId":"order_placed","eventId":"e-${between(roll, 0, 99_999)}","amount":${roll()}}\n`;
    return text.slice(0, length);
  },
];

/** Texts of 1 byte to 64 KiB, short and long ones alike often. */
function blocks(seed: number, count: number): Uint8Array[] {
  const roll = dice(seed);
  return Array.from({ length: count }, () => {
    const length = Math.floor(2 ** (roll() * 16));
    return new Uint8Array(Buffer.from(pick(roll, KINDS)(roll, length)).subarray(0, length));
  });
}

const STREAMED = { finishFlush: constants.Z_SYNC_FLUSH };
/** An empty final block: the end of a stream. */
const END = new Uint8Array([0x03, 0x00]);

interface Engine {
  engine: (typeof ENGINES)[number];
  level: number;
}

const compressor = (engine: Engine) => (block: Uint8Array) => gzip.compressBlock(block, { gzip: engine });

function compressAll(engine: Engine, texts: readonly Uint8Array[]): Uint8Array[] {
  const compress = compressor(engine);
  return texts.map((text) => compress(text));
}

describe.each(ENGINES)("%s", (engine) => {
  describe.each(LEVELS)("at level %i", (level) => {
    const texts = blocks(100 + level, 60);

    it("makes blocks that join in any order to their texts", () => {
      const packed = compressAll({ engine, level }, texts);
      const order = shuffled(dice(level), [...texts.keys()]);
      const joined = Buffer.concat([...order.map((n) => packed[n] ?? END), END]);
      const wanted = Buffer.concat(order.map((n) => texts[n] ?? END));
      expect(inflateRawSync(joined).equals(wanted)).toBe(true);
    });

    it("compresses the same text to the same bytes, independently of earlier texts", () => {
      const compress = compressor({ engine, level });
      const first = texts.map((text) => Buffer.from(compress(text)).toString("base64"));
      const again = compressAll({ engine, level }, texts.toReversed()).toReversed();
      expect(again.map((bytes) => Buffer.from(bytes).toString("base64"))).toEqual(first);
    });
  });

  it("makes blocks that are whole by themselves and end on a byte, with no final block", () => {
    const texts = blocks(5, 500);
    const packed = compressAll({ engine, level: 3 }, texts);
    const wrong = packed.filter((bytes, n) => {
      // The last thing is an empty stored block, which ends on a byte: its length, 0, and the complement of that.
      const ends = Buffer.from(bytes.subarray(-4)).equals(Buffer.from([0, 0, 0xff, 0xff]));
      // Were there a final block, the decoder would stop at it and not read the second copy.
      const twice = inflateRawSync(Buffer.concat([bytes, bytes, END]));
      const text = texts[n] ?? END;
      return !ends || !twice.equals(Buffer.concat([text, text]));
    });
    expect(wrong).toEqual([]);
  });

  it.each([1, 3, 9])("packs blocks of a megabyte at level %i", (level) => {
    const roll = dice(level);
    const texts = KINDS.map((kind) => new Uint8Array(Buffer.from(kind(roll, 1_048_576)).subarray(0, 1_048_576)));
    const packed = compressAll({ engine, level }, texts);
    const back = packed.map((bytes) => inflateRawSync(bytes, STREAMED));
    expect(back.map((bytes, n) => bytes.equals(texts[n] ?? END))).toEqual([true, true, true, true]);
  });

  it("makes segments that a header and a trailer turn into one gzip member", () => {
    const texts = blocks(9, 40);
    const packed = compressAll({ engine, level: 6 }, texts);
    const contents = texts.map((text) => ({ crc32: crc32(text), uncompressedBytes: text.length }));
    const trailer = gzip.join.trailer(contents.reduce(concatContent, EMPTY));
    const member = Buffer.concat([gzip.join.header, ...packed, trailer]);
    expect(gunzipSync(member).equals(Buffer.concat(texts))).toBe(true);
  });

  it("does not touch the block, and keeps nothing of it: it may be used again", () => {
    const roll = dice(2);
    const block = new Uint8Array(Buffer.from(noise(roll, 5_000)));
    const before = Buffer.from(block);
    const packed = compressor({ engine, level: 4 })(block);
    expect(before.equals(block)).toBe(true);
    block.fill(0);
    expect(inflateRawSync(packed, STREAMED).equals(before)).toBe(true);
  });
});

it("makes event lines at least four times smaller at the default level", () => {
  const lines = KINDS[3]?.(dice(1), 1_000_000) ?? "";
  const packed = compressor({ engine: "fflate", level: 3 })(new Uint8Array(Buffer.from(lines)));
  expect(lines.length / packed.length).toBeGreaterThan(4);
});

it("leaves nothing to the runtime's engine where fflate is asked", () => {
  const roll = dice(12);
  const texts = Array.from({ length: 300 }, () => {
    const lines = KINDS[3]?.(roll, between(roll, 2_000, 30_000)) ?? "";
    return new Uint8Array(Buffer.from(lines));
  });
  const [ours, native] = ENGINES.map((engine) => compressAll({ engine, level: 3 }, texts).map((each) => each.join()));
  expect(ours?.filter((bytes, n) => bytes === native?.[n])).toHaveLength(0);
});
