/**
 * Texts in memory. V8 keeps a text in one byte a character, but in two where a single character is wide (beyond
 * U+00FF), and what such a text becomes a part of is wide as a whole: a parameter, and the message of a batch to D1.
 */

/** A character that a text cannot have if each of its characters is to take one byte of memory. */
const WIDE = /[\u0100-\uffff]/;
const EVERY_WIDE = /[\u0100-\uffff]/g;
/** Where fewer of a text's characters are wide, they are escaped. */
const MIN_WIDE_SHARE = 1 / 16;

export const isWide = (text: string): boolean => WIDE.test(text);

/** Whether so few of a text's characters are wide that the text is smaller with their escapes. */
export function isSmallerEscaped(text: string): boolean {
  if (!isWide(text)) return false;
  return (text.match(EVERY_WIDE)?.length ?? 0) <= text.length * MIN_WIDE_SHARE;
}

/** @param json a text of JSON, in which a wide character is inside a string. @returns the same JSON, escaped. */
export function escapeWide(json: string): string {
  const text = json.replaceAll(EVERY_WIDE, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  // What V8 replaces in a text of two bytes a character has two bytes a character too. This copy has one.
  return Buffer.from(text, "latin1").toString("latin1");
}
