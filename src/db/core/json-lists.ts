/** Items as JSON lists that each fit a parameter of D1. An item is kept as its JSON, and becomes a value when read. */

// The global `Buffer` of workerd is a getter, which each use would call.
import { Buffer } from "node:buffer";
import type { BatchMemory } from "./batch-memory.ts";
import { MAX_TEXT_BYTES } from "./batching.ts";
import { escapeWide, isSmallerEscaped } from "./narrow-text.ts";

export class JsonLists<Item> implements Iterable<Item> {
  /** How many items there are. */
  length = 0;
  /** Of the items as JSON, in UTF-8. */
  bytes = 0;
  readonly #memory: BatchMemory | null;
  readonly #lists: string[] = [];
  #list: string[] = [];
  #listBytes = 2;

  /** @param memory counts what the lists take. */
  constructor(memory: BatchMemory | null = null) {
    this.#memory = memory;
  }

  add(item: Item): void {
    const json = JSON.stringify(item);
    const jsonBytes = Buffer.byteLength(json);
    const isEscaped = isSmallerEscaped(json);
    const text = isEscaped ? escapeWide(json) : json;
    const bytes = isEscaped ? text.length : jsonBytes;
    this.#memory?.add(text, bytes + 1);
    if (this.#listBytes + bytes + 1 > MAX_TEXT_BYTES) this.#end();
    this.#list.push(text);
    this.#listBytes += bytes + 1;
    this.length += 1;
    this.bytes += jsonBytes;
  }

  /** The lists, none of which is empty. An item that is larger than a parameter may be is a list by itself. */
  get texts(): readonly string[] {
    this.#end();
    return this.#lists;
  }

  /** Reads one list after the other. */
  *[Symbol.iterator](): Generator<Item, void> {
    for (const text of this.texts) yield* JSON.parse(text) as Item[];
  }

  #end(): void {
    if (this.#list.length > 0) this.#lists.push(`[${this.#list.join()}]`);
    this.#list = [];
    this.#listBytes = 2;
  }
}

/** Items as JSON lists that each fit a parameter, if each item does. Without items, no list. */
export function jsonLists(items: Iterable<unknown>): readonly string[] {
  const lists = new JsonLists();
  for (const item of items) lists.add(item);
  return lists.texts;
}
