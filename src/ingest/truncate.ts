/** Texts made shorter. */

/** The first `most` UTF-16 units of a text, one less where that would leave half of a surrogate pair. */
export function truncate(text: string, most: number): string {
  if (text.length <= most) return text;
  const [before, after] = [text.charCodeAt(most - 1), text.charCodeAt(most)];
  const splits = before >= 0xd800 && before < 0xdc00 && after >= 0xdc00 && after < 0xe000;
  return text.slice(0, splits ? most - 1 : most);
}
