/** Random numbers from a seed, the same in every run. */

/** @returns numbers in [0, 1) (mulberry32). */
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A whole number from `least` to `most`, both in. */
export function between(roll: () => number, least: number, most: number): number {
  return least + Math.floor(roll() * (most - least + 1));
}

export function pick<Item>(roll: () => number, items: readonly Item[]): Item {
  const item = items[Math.floor(roll() * items.length)];
  if (item === undefined) throw new Error("there is nothing to pick from");
  return item;
}

/** The same items in another order. */
export function shuffled<Item>(roll: () => number, items: readonly Item[]): Item[] {
  const rest = [...items];
  const order: Item[] = [];
  while (rest.length > 0) order.push(...rest.splice(Math.floor(roll() * rest.length), 1));
  return order;
}

/** Text that hardly compresses, of characters that JSON leaves as they are. */
export function noise(roll: () => number, length: number): string {
  const words = new Uint32Array(Math.ceil((length * 3) / 16));
  for (let at = 0; at < words.length; at += 1) words[at] = Math.floor(roll() * 4_294_967_296);
  return Buffer.from(words.buffer).toString("base64").slice(0, length);
}
