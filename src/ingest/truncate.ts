/** Texts made shorter. */

/** The first `max` UTF-16 units of a text, or one less where that would split a surrogate pair. */
export function truncate(text: string, max: number): string {
  if (text.length <= max) return text;
  const [before, after] = [text.charCodeAt(max - 1), text.charCodeAt(max)];
  const splits = before >= 0xd800 && before < 0xdc00 && after >= 0xdc00 && after < 0xe000;
  return text.slice(0, splits ? max - 1 : max);
}
