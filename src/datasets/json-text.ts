/** Texts as JSON. */

/** What JSON must escape, and lone surrogates. Most ids have none of it: they need no stringify. */
// oxlint-disable-next-line no-control-regex -- control characters are what this finds
const UNSAFE = /[\u0000-\u001f"\\\ud800-\udfff]/;

export function quote(text: string): string {
  return UNSAFE.test(text) ? JSON.stringify(text) : `"${text}"`;
}

export function quoteOrNull(text: string | null): string {
  return text === null ? "null" : quote(text);
}
