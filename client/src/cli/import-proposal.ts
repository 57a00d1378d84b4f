/** What the import says of a file that needs a mapping: its columns, a mapping to begin with, and the next command. */

import { statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import type { MappingNeeded } from "../import/needs-mapping.ts";
import type { Options } from "../import/options.ts";
import { count } from "../import/report.ts";
import { STDIN } from "../import/spool.ts";
import { printable } from "./text.ts";

/** The file of a proposed mapping. */
export interface MappingFile {
  /** As the user may type it; null: there is none. */
  path: string | null;
  /** It was there before, and was not changed. */
  isOlder: boolean;
}

/** Writes the mapping beside the file, unless there is one already. @param folder where the command runs. */
export function writeMapping({ proposal }: MappingNeeded, { file }: Options, folder: string): MappingFile {
  // The name of a pipe tells nothing.
  if (file === STDIN || !statSync(file).isFile()) return { path: null, isOlder: false };
  const [base = "import"] = basename(file).split(".");
  const absolute = join(dirname(file), `${base === "" ? "import" : base}.mapping.json`);
  const path = relative(folder, absolute);
  const text = json(proposal.mapping);
  try {
    writeFileSync(absolute, text, { flag: "wx" });
    return { path, isOlder: false };
  } catch (thrown) {
    // In a folder that may not be written the mapping is only shown.
    return (thrown as NodeJS.ErrnoException).code === "EEXIST"
      ? { path, isOlder: true }
      : { path: null, isOlder: false };
  }
}

/** @returns the lines that a person reads. */
export function proposalLines(needed: MappingNeeded, file: MappingFile, options: Options, folder: string): string[] {
  const { columns, proposal } = needed;
  const rows = columns.columns.map(({ name, filled, example }) => [
    name,
    filled === columns.rows ? "all" : count(filled),
    example,
    proposal.becomes.get(name) ?? (filled === 0 ? "nothing: it is empty" : "nothing"),
  ]);
  return [
    needed.message,
    "",
    `Its columns, by ${columns.isWhole ? "all of its" : "the first"} ${count(columns.rows)} rows, and what they may become:`,
    ...table([["COLUMN", "VALUES", "EXAMPLE", "BECOMES"], ...rows]),
    "",
    ...written(needed, file),
    ...proposal.checks.map((check) => `  - ${check}`),
    "",
    "Then load the file:",
    `  ${commandFor(options, file.path ?? "mapping.json", folder)}`,
  ];
}

/** The command that loads the file with its mapping. */
export function commandFor(options: Options, mapping: string, folder: string): string {
  const { file, profiles, encoding, space, format, fillMissing } = options;
  const words = [
    `spillway ${profiles ? "profiles" : "events"} import`,
    file === STDIN ? STDIN : quoted(relative(folder, file)),
    `--map ${quoted(mapping)} --define`,
    ...(profiles ? [] : ["--create-profiles"]),
    ...(space === null ? [] : [`--space ${quoted(space)}`]),
    ...(encoding === "utf-8" ? [] : [`--encoding ${encoding}`]),
    ...(format === undefined ? [] : [`--format ${format}`]),
    ...(fillMissing ? ["--fill-missing"] : []),
  ];
  return words.join(" ");
}

function written({ proposal }: MappingNeeded, { path, isOlder }: MappingFile): string[] {
  if (path === null) return [`Save this as mapping.json, and check:`, json(proposal.mapping).trimEnd()];
  if (!isOlder) return [`This mapping is in ${path}. Check it, and above all:`];
  return [`${path} was there before, and was not changed: use it, or move it away for this one. To check in this one:`];
}

/** JSON with each value of the mapping in one line: `"Amount": { "column": "Amount", "type": "number" }`. */
function json(mapping: Readonly<Record<string, unknown>>): string {
  const value = (inner: unknown): string =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? `{ ${Object.entries(inner)
          .map(([name, each]) => `${JSON.stringify(name)}: ${value(each)}`)
          .join(", ")} }`
      : JSON.stringify(inner);
  const members = (object: object, indent: string, nested: boolean): string =>
    Object.entries(object)
      .map(([name, inner]) => {
        const isMap = nested && ["properties", "attributes", "identifiers"].includes(name);
        const text = isMap ? `{\n${members(inner as object, `${indent}  `, false)}\n${indent}}` : value(inner);
        return `${indent}${JSON.stringify(name)}: ${text}`;
      })
      .join(",\n");
  return `{\n${members(mapping, "  ", true)}\n}\n`;
}

function table(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, at) => oneLine(cell).padEnd(widths[at] ?? 0)).join("  ")}`.trimEnd());
}

/** A value as one cell of the table. */
function oneLine(text: string): string {
  return printable(text).replaceAll(/[\t\n]/g, " ");
}

/** For a shell. */
function quoted(text: string): string {
  return /^[\w./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
