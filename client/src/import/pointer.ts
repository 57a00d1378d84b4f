/** JSON pointers (RFC 6901). */

/** A path of names and indexes as a JSON pointer; empty for the whole document. */
export function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
