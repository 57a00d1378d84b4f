/** How values look to people: no control characters, short sizes, rows in columns. Pure. */

import stringWidth from "string-width";

const CONTROL = /(?![\t\n])[\p{Cc}\p{Bidi_Control}]/gu;
const UNITS = ["bytes", "kB", "MB", "GB", "TB"];
const STEP = 1_000;
const GAP = "  ";
const ELLIPSIS = "…";

/**
 * @returns the text without what a terminal would act on: a name from the service must not move the cursor, change
 *   colours or hide text. A control character becomes its code, as in JSON.
 */
export function printable(text: string): string {
  return text.replaceAll(CONTROL, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** @returns a value in one line: texts as they are, null as "–", lists and objects as JSON. */
export function shown(value: unknown): string {
  if (value === null || value === undefined || value === "") return "–";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return printable(text).replaceAll(/[\t\n]/g, " ");
}

/** @returns `1 file`, `2 files`, `12,000 rows`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}

/** @returns such as `183 bytes`, `4.2 MB`. */
export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= STEP && unit < UNITS.length - 1) {
    value /= STEP;
    unit += 1;
  }
  return unit === 0 ? counted(bytes, "byte") : `${value.toFixed(1)} ${UNITS[unit] ?? ""}`;
}

export interface Column<Row> {
  title: string;
  value: (row: Row) => unknown;
  /** Numbers are aligned to the right. */
  right?: boolean;
}

/**
 * @param width columns of the terminal; lines are cut there. Undefined outside a terminal: nothing is cut.
 * @returns a line of titles and one a row.
 */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], width?: number): string[] {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ value }) => shown(value(row)))),
  ];
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => stringWidth(line[at] ?? ""))));
  return cells.map((line) => {
    const padded = line.map((cell, at) => {
      const space = " ".repeat((widths[at] ?? 0) - stringWidth(cell));
      return columns[at]?.right === true ? space + cell : cell + space;
    });
    return cut(padded.join(GAP).trimEnd(), width);
  });
}

/** @returns a line for each field: its name and its value. */
export function record(fields: Readonly<Record<string, unknown>>): string[] {
  const widest = Math.max(0, ...Object.keys(fields).map((name) => name.length));
  return Object.entries(fields).map(([name, value]) => `${name.padEnd(widest)}${GAP}${shown(value)}`);
}

function cut(line: string, width: number | undefined): string {
  if (width === undefined || stringWidth(line) <= width) return line;
  let kept = "";
  for (const character of line) {
    if (stringWidth(kept + character) >= width) break;
    kept += character;
  }
  return kept + ELLIPSIS;
}
