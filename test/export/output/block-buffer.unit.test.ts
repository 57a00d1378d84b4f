/**
 * Text in pieces of any size gives the same blocks of UTF-8, so that a file's bytes do not depend on how its rows were
 * paged.
 */

import { describe, expect, it } from "vitest";
import { BlockBuffer } from "../../../src/export/output/block-buffer.ts";
import { between, dice } from "../../support/random.ts";

const SIZE = BlockBuffer.BLOCK_BYTES;

function blocksOf(pieces: readonly string[]): Buffer[] {
  const blocks: Buffer[] = [];
  const writer = new BlockBuffer((block) => blocks.push(Buffer.from(block)));
  for (const piece of pieces) writer.write(piece);
  writer.flush();
  return blocks;
}

/** Cuts between characters, never inside one. */
function cut(text: string, seed: number, most: number): string[] {
  const roll = dice(seed);
  const pieces: string[] = [];
  for (let from = 0; from < text.length;) {
    let to = Math.min(text.length, from + between(roll, 1, most));
    if (/[\udc00-\udfff]/.test(text.charAt(to))) to += 1;
    pieces.push(text.slice(from, to));
    from = to;
  }
  return pieces;
}

const sizes = (blocks: readonly Buffer[]) => blocks.map((block) => block.length);

describe("a text of several blocks", () => {
  // Characters of one to four bytes, so that the ends of blocks fall inside some of them.
  const text = "aé日🛒".repeat(250_000);

  it("is passed on whole", () => {
    expect(Buffer.concat(blocksOf([text])).equals(Buffer.from(text))).toBe(true);
  });

  it.each([
    [1, 50],
    [2, 5_000],
    [3, 600_000],
    [4, 1_048_576],
  ])("gives the same blocks for pieces of any size (seed %i, up to %i characters a piece)", (seed, most) => {
    const [whole, pieces] = [blocksOf([text]), blocksOf(cut(text, seed, most))];
    expect(sizes(pieces)).toEqual(sizes(whole));
    expect(Buffer.concat(pieces).equals(Buffer.concat(whole))).toBe(true);
  });
});

describe("a block", () => {
  it.each(["é", "日", "🛒"])("ends before %s when only a part of it would fit", (character) => {
    const blocks = blocksOf(["a".repeat(SIZE - 1) + character]);
    expect(blocks.map((block) => block.toString()).at(-1)).toBe(character);
    expect(sizes(blocks)).toEqual([SIZE - 1, Buffer.byteLength(character)]);
  });

  it("is full to the byte when the text fits", () => {
    expect(sizes(blocksOf(["a".repeat(SIZE)]))).toEqual([SIZE]);
  });

  it("is not passed on before the next byte needs its place, or it is flushed", () => {
    const seen: number[] = [];
    const writer = new BlockBuffer((block) => seen.push(block.length));
    writer.write("a".repeat(SIZE));
    expect(seen).toEqual([]);
    writer.write("b");
    expect(seen).toEqual([SIZE]);
    writer.flush();
    expect(seen).toEqual([SIZE, 1]);
  });

  it("is never empty", () => {
    expect(blocksOf([""])).toEqual([]);
    expect(blocksOf([])).toEqual([]);
  });
});
