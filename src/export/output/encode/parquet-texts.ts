/**
 * The texts of a Parquet column whose values are mostly distinct, encoded together: the writer's own call of an encoder
 * for each value takes longer than the values' bytes do.
 */

const ENCODER = new TextEncoder();

/** Values that are looked at, spread over the column. */
const SAMPLE = 1_000;
/** The writer gives up a dictionary where the sample's distinct values have a larger share of its bytes. */
const MAX_DICTIONARY_SHARE = 0.9;
/** Of the length before each value. */
const LENGTH_BYTES = 4;

/** Whether a dictionary of these values would hardly be smaller than they are: the rule of the writer itself. */
export function isMostlyDistinct(texts: readonly string[]): boolean {
  const size = Math.min(texts.length, SAMPLE);
  const step = size < 2 ? 0 : (texts.length - 1) / (size - 1);
  const seen = new Set<string>();
  let [distinct, all] = [0, 0];
  for (let n = 0; n < size; n += 1) {
    const text = texts[Math.floor(n * step)] ?? "";
    const bytes = text.length + LENGTH_BYTES;
    if (!seen.has(text)) distinct += bytes;
    seen.add(text);
    all += bytes;
  }
  return distinct > MAX_DICTIONARY_SHARE * all;
}

/** @returns the UTF-8 of each text: views of one buffer. */
export function encodeTexts(texts: readonly string[]): Uint8Array[] {
  const joined = texts.join("");
  const bytes = ENCODER.encode(joined);
  const isAscii = bytes.length === joined.length;
  let at = 0;
  const views = texts.map((text) => {
    const from = at;
    at += isAscii ? text.length : Buffer.byteLength(text);
    return bytes.subarray(from, at);
  });
  // Where a text ends with half of a surrogate pair and the next one begins with the other, they became a character.
  return at === bytes.length ? views : texts.map((text) => ENCODER.encode(text));
}
