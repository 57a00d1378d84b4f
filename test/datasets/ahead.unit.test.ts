/** Reading ahead: what is under way while a page is worked on. */

import { describe, expect, it } from "vitest";
import { ahead, withLookUp } from "../../src/datasets/ahead.ts";

/** Pages 1, 2 … of one number each. @param log gets `read n` when a page is requested. */
async function* numbers(log: string[], count: number): AsyncGenerator<number[]> {
  try {
    for (let n = 1; n <= count; n += 1) {
      log.push(`read ${n}`);
      yield [n];
    }
  } finally {
    log.push("closed");
  }
}

/** Lets everything run that waits for no one. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

describe("pages with look-ups", () => {
  it("have two round trips under way while one is worked on: the look-up of the next page and the read after it", async () => {
    const log: string[] = [];
    const pages = withLookUp(numbers(log, 9), async (items) => {
      log.push(`look ${items.join()}`);
      return items.length;
    });
    expect((await pages.next()).value).toEqual([[1], 1]);
    await settled();
    expect(log).toContain("look 2");
    expect(log).toContain("read 3");
    expect(log).not.toContain("look 4");
    const rest: number[] = [];
    for await (const [items] of pages) rest.push(...items);
    expect(rest).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("are closed when the caller stops early", async () => {
    const log: string[] = [];
    for await (const [items] of withLookUp(numbers(log, 9), async () => null)) if (items[0] === 2) break;
    expect(log).toContain("closed");
    expect(log).not.toContain("read 6");
  });

  it("fail where a look-up fails, after the pages before it", async () => {
    const seen: number[] = [];
    const failing = withLookUp(numbers([], 9), async ([n]) => {
      if (n === 3) throw new Error("the database is away");
    });
    const all = async () => {
      for await (const [items] of failing) seen.push(...items);
    };
    await expect(all()).rejects.toThrow("the database is away");
    expect(seen).toEqual([1, 2]);
  });
});

describe("items read ahead", () => {
  it("are the same items, one of them requested early", async () => {
    const log: string[] = [];
    const items = ahead(numbers(log, 3));
    expect((await items.next()).value).toEqual([1]);
    await settled();
    expect(log).toEqual(["read 1", "read 2"]);
    expect(await items.next()).toEqual({ value: [2], done: false });
    expect(await items.next()).toEqual({ value: [3], done: false });
    expect((await items.next()).done).toBe(true);
    expect(log.at(-1)).toBe("closed");
  });
});
