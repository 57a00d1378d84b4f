/** What an export's files have, read by other readers than the systems that load them, with the manifest's types. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import { parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import type { Column, Delivered } from "./scene.ts";

/** A row's values in the order of the columns: times as epoch ms. */
export type Row = unknown[];

export async function contentOf(delivered: Delivered): Promise<Row[]> {
  const { columns, files } = delivered;
  const rows: Row[] = [];
  for (const name of files) {
    const bytes = readFileSync(join(delivered.folder, name));
    if (columns === null) rows.push([JSON.parse(textOf(name, bytes))]);
    else if (name.endsWith(".parquet")) rows.push(...(await parquetRows(bytes, columns)));
    else if (name.includes(".csv")) rows.push(...csvRows(textOf(name, bytes), columns));
    else rows.push(...jsonRows(textOf(name, bytes), columns));
  }
  return rows;
}

function textOf(name: string, bytes: Buffer): string {
  if (name.endsWith(".gz")) return gunzipSync(bytes).toString("utf8");
  return (name.endsWith(".zst") ? zstdDecompressSync(bytes) : bytes).toString("utf8");
}

async function parquetRows(bytes: Buffer, columns: readonly Column[]): Promise<Row[]> {
  const file = new Uint8Array(bytes).buffer;
  const rows = await parquetReadObjects({ file, compressors });
  return rows.map((row) => columns.map(({ name, type }) => plain(row[name] ?? null, type)));
}

function csvRows(text: string, columns: readonly Column[]): Row[] {
  // In a file of one column null is quoted too.
  const isNull = (value: string, isQuoted: boolean) => value === "" && (!isQuoted || columns.length === 1);
  const [header, ...rows] = parse(text, {
    record_delimiter: "\r\n",
    cast: (value, { quoting }) => (isNull(value, quoting) ? null : value),
  }) as (string | null)[][];
  if (JSON.stringify(header) !== JSON.stringify(columns.map(({ name }) => name))) throw new Error("another header");
  return rows.map((cells) => columns.map(({ type }, n) => ofText(cells[n] ?? null, type)));
}

function jsonRows(text: string, columns: readonly Column[]): Row[] {
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    const row = JSON.parse(line) as unknown;
    return columns.map(({ name, path = [name], type }) => plain(path.reduce(member, row), type));
  });
}

const member = (from: unknown, name: string): unknown =>
  typeof from === "object" && from !== null && Object.hasOwn(from, name)
    ? (from as Record<string, unknown>)[name]
    : null;

function ofText(text: string | null, type: Column["type"]): unknown {
  if (text === null || type === "text") return text;
  return plain(type === "date" ? text : JSON.parse(text), type);
}

/** A value as JavaScript has it, whichever reader it is from. */
export function plain(value: unknown, type: Column["type"]): unknown {
  if (value === null || value === undefined) return null;
  if (type === "date") return value instanceof Date ? value.getTime() : Date.parse(value as string);
  if (type === "text") return typeof value === "string" ? value : JSON.stringify(value);
  return value;
}
