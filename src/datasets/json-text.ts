/** Quotes texts as JSON. */

/** The characters that JSON must escape, and lone surrogates. Most ids have none of them and need no stringify. */
// oxlint-disable-next-line no-control-regex -- the expression finds control characters
const UNSAFE = /[\u0000-\u001f"\\\ud800-\udfff]/;

export function quote(text: string): string {
  return UNSAFE.test(text) ? JSON.stringify(text) : `"${text}"`;
}

export function quoteOrNull(text: string | null): string {
  return text === null ? "null" : quote(text);
}
