/** Quoting of names and texts, and lines that the statements of several systems share. */

import type { Load, LoadColumn } from "./system.ts";

/** A name in double quotes, as the SQL standard has it. */
export const doubleQuoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A text in which a backslash is a character like others. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A text in which a backslash escapes. */
export const escapedLiteral = (text: string): string => `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;

/** The parts of a name, each quoted. */
export const dotted = (parts: readonly string[], quote: (part: string) => string): string => parts.map(quote).join(".");

/** Items one a line, with commas between them. */
export const lines = (items: readonly string[], indent = "  "): string =>
  items.map((item) => indent + item).join(",\n");

/** A table's columns, one a line: name, type and NOT NULL. */
export const definitions = (columns: readonly LoadColumn[], quote: (name: string) => string): string =>
  lines(columns.map(({ name, sqlType, required }) => `${quote(name)} ${sqlType}${required ? " NOT NULL" : ""}`));

/** A comment of one line, whatever is in it. */
export const comment = (text: string): string => `-- ${text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, " ")}`;

/**
 * Where each file is: a folder's path or an address, with the name behind it. Of many files it is one pattern with an
 * asterisk.
 */
export function addresses({ files, place }: Pick<Load, "files" | "place">): string[] {
  const before = place.kind === "folder" ? place.path : `${place.scheme}://${place.bucket}/${place.prefix}`;
  if (files.kind === "listed") return files.names.map((name) => before + name);
  return [`${before}${files.prefix}*${files.suffix}`];
}

/** A regular expression of the names of many files. Names have letters, digits and `_=.-` alone. */
export const pattern = ({ prefix, suffix }: { prefix: string; suffix: string }): string =>
  `${prefix}*${suffix}`.replaceAll(".", "[.]").replace("*", ".*");

/** A query that shows how many rows the table has beside those of the manifest, for systems that have no assertion. */
export const countQuery = (table: string, rows: number, quote: (name: string) => string): string =>
  `SELECT count(*) AS ${quote("rows_loaded")}, ${rows} AS ${quote("rows_of_the_export")} FROM ${table};`;
