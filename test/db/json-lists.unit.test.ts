/** JSON lists that fit a parameter of D1, and what they take in memory. */

import { describe, expect, it } from "vitest";
import { BatchMemory } from "../../src/db/core/batch-memory.ts";
import { MAX_TEXT_BYTES } from "../../src/db/core/batching.ts";
import { JsonLists, jsonLists } from "../../src/db/core/json-lists.ts";

const isWide = (text: string) => /[\u0100-\uffff]/.test(text);

describe("JSON lists", () => {
  it("without items are none", () => {
    expect(jsonLists([])).toEqual([]);
  });

  it("have every item once, in order, and each fits a parameter", () => {
    const items = Array.from({ length: 5_000 }, (_, n) => ({ n, text: "é".repeat(n % 700) }));
    const lists = new JsonLists<(typeof items)[number]>();
    for (const item of items) lists.add(item);
    expect(lists.texts.length).toBeGreaterThan(1);
    for (const text of lists.texts) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_TEXT_BYTES);
    expect([...lists]).toEqual(items);
    expect([...lists]).toEqual(items);
    expect(lists.length).toBe(5_000);
    expect(lists.bytes).toBe(items.reduce((sum, item) => sum + Buffer.byteLength(JSON.stringify(item)), 0));
  });

  it("have an item that is larger than a parameter by itself", () => {
    const large = "x".repeat(MAX_TEXT_BYTES);
    expect(jsonLists(["a", large, "b"])).toEqual(['["a"]', JSON.stringify([large]), '["b"]']);
  });

  it("escape a few wide characters, which would double all others, and leave many as they are", () => {
    const few = `${"a".repeat(100)}\u{1F600}`;
    const [escaped = "", many = ""] = [jsonLists([few])[0], jsonLists(["привет"])[0]];
    expect([isWide(escaped), JSON.parse(escaped)]).toEqual([false, [few]]);
    expect(many).toBe('["привет"]');
  });
});

describe("the memory of a batch", () => {
  /** Of the parameter, of the message with its escaped quotes, and of the bytes of this message. */
  it.each([
    ["of narrow texts is a byte a character", "abc", 3 + 5 + 5],
    ["counts what a message escapes", '"a"', 3 + 7 + 7],
    ["of a wide text is two bytes a character", "aбв", 2 * (3 + 5) + 7],
  ])("%s", (_, text, bytes) => {
    const memory = new BatchMemory();
    memory.add(text, Buffer.byteLength(text));
    expect(memory.bytes).toBe(bytes);
  });

  it("is doubled by one wide text, for all of them", () => {
    const memory = new BatchMemory();
    memory.add("abc", 3);
    memory.add("б", 2);
    expect(memory.bytes).toBe(2 * (3 + 5) + 5 + 2 * (1 + 3) + 4);
  });

  it("is too large above 60,000,000 bytes", () => {
    const memory = new BatchMemory();
    memory.add("x".repeat(19_999_998), 19_999_998);
    expect(memory.isTooLarge).toBe(false);
    memory.add("x", 1);
    expect(memory.isTooLarge).toBe(true);
  });
});
