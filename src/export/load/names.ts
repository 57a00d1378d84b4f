/** The names of a table's columns: as the export has them, as far as the system allows it, and no name twice. */

import type { NameRules } from "./system.ts";

/**
 * Most systems do not tell names apart that differ in letter case alone, so none of these do.
 * @param names the export's, in their order. @returns one for each, in the same order.
 */
export function columnNames(names: readonly string[], rules: NameRules): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const allowed = rules.allowed?.(name) ?? name;
    let unique = cut(allowed, rules, "");
    for (let n = 2; taken.has(unique.toLowerCase()); n += 1) unique = cut(allowed, rules, `_${n}`);
    taken.add(unique.toLowerCase());
    return unique;
  });
}

/** The longest beginning that leaves room for the ending, whole characters alone. */
function cut(name: string, { max, unit }: NameRules, ending: string): string {
  const lengthOf = (text: string) => (unit === "bytes" ? Buffer.byteLength(text) : text.length);
  let [kept, length] = ["", lengthOf(ending)];
  for (const character of name) {
    length += lengthOf(character);
    if (length > max) break;
    kept += character;
  }
  return kept + ending;
}

/** Letters of ASCII, digits and underscores, the first of them no digit. */
export function asciiName(name: string): string {
  const ascii = name.replaceAll(/[^A-Za-z0-9_]/gu, "_");
  return /^[A-Za-z_]/.test(ascii) ? ascii : `_${ascii}`;
}
