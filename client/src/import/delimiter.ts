/** The delimiter of CSV, told by the header. Pure. */

const COMMA = ",";
const OTHERS = [";", "\t", "|"];

/**
 * A comma, unless the first line has none: then the other delimiter that it has most of.
 * @param head the beginning of the content.
 */
export function detectDelimiter(head: string): string {
  const header = /^[^\r\n]*/.exec(head.trimStart())?.[0] ?? "";
  const bare = header.replaceAll(/"[^"]*"/g, "");
  const count = (delimiter: string) => bare.split(delimiter).length - 1;
  if (count(COMMA) > 0) return COMMA;
  const [most] = OTHERS.filter((delimiter) => count(delimiter) > 0).toSorted((a, b) => count(b) - count(a));
  return most ?? COMMA;
}
