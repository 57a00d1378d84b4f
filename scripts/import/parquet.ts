/**
 * Parquet: only the columns that are asked for, and never more than a slice of rows at once. Times that the file keeps in local
 * time come as texts without an offset, those in UTC with a Z; whole numbers stay exact, as bigint.
 */

import {
  asyncBufferFromFile,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type RowGroup,
  type SchemaTree,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { within } from "./ndjson.ts";
import { type Piece, type Reader, Unusable } from "./rows.ts";
import type { Source } from "./source.ts";

const SLICE_ROWS = 20_000;
const SLICE_BYTES = 16_000_000;

/** @param paths what will be got of a row; null for everything. @throws Unusable when the file cannot be read as Parquet. */
export async function parquetReader(source: Source, paths: readonly string[] | null): Promise<Reader> {
  const file = await asyncBufferFromFile(source.path);
  const metadata = await parquetMetadataAsync(file).catch((thrown: unknown) => {
    throw new Unusable(`${source.path} cannot be read as Parquet: ${sentence(thrown)}`);
  });
  const schema = parquetSchema(metadata);
  const names = schema.children.map((child) => child.element.name);
  const total = Number(metadata.num_rows);
  async function* pieces(): AsyncGenerator<Piece> {
    const columns = paths === null ? names : needed(names, paths);
    let from = 0;
    for (const group of metadata.row_groups) {
      const groupEnd = from + Number(group.num_rows);
      const slice = Math.ceil(Math.min(SLICE_ROWS, SLICE_BYTES / bytesARow(group)));
      while (from < groupEnd) {
        const to = Math.min(from + slice, groupEnd);
        const objects = await parquetReadObjects({
          file,
          metadata,
          compressors,
          rowStart: from,
          rowEnd: to,
          useOffsetIndex: true,
          columns,
        }).catch((thrown: unknown) => {
          throw new Unusable(`${source.path} cannot be read from row ${from + 1} on: ${sentence(thrown)}`);
        });
        const first = from + 1;
        const rows = objects.map((object, index) => ({
          n: first + index,
          line: first + index,
          ...read(object, schema),
        }));
        from = to;
        yield { rows, done: to };
      }
    }
  }
  return { columns: names, get: (value, column) => within(value as Record<string, unknown>, column), pieces, total };
}

/** On the average, not compressed. */
function bytesARow({ total_byte_size: bytes, num_rows: rows }: RowGroup): number {
  return Math.max(1, Number(bytes) / Math.max(1, Number(rows)));
}

/** One at least: rows must be counted by something. */
function needed(names: string[], paths: readonly string[]): string[] {
  const found = names.filter((name) => paths.some((path) => path === name || path.startsWith(`${name}.`)));
  return found.length > 0 ? found : names.slice(0, 1);
}

/** A time that is no date that JavaScript has: what it was is lost. */
class NoTime extends Error {}

function read(object: Record<string, unknown>, schema: SchemaTree): { value: unknown } | { problem: string } {
  try {
    return { value: withTexts(object, schema) };
  } catch (thrown) {
    if (thrown instanceof NoTime) return { problem: thrown.message };
    throw thrown;
  }
}

/** Dates as the texts that say what the file knows. @throws NoTime */
function withTexts(value: unknown, node: SchemaTree | undefined): unknown {
  if (value instanceof Date) return textOf(value, node);
  if (Array.isArray(value)) {
    // A list has a group between itself and its elements; a repeated field has none.
    const element = node?.children[0]?.children[0] ?? node?.children[0] ?? node;
    return value.map((item) => withTexts(item, element));
  }
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  const pairs = Object.entries(value).map(([name, inner]) => [
    name,
    withTexts(
      inner,
      node?.children.find((child) => child.element.name === name),
    ),
  ]);
  return Object.fromEntries(pairs) as Record<string, unknown>;
}

function textOf(date: Date, node: SchemaTree | undefined): unknown {
  if (Number.isNaN(date.getTime()))
    throw new NoTime(
      `${node?.element.name ?? "A column"} has a time that cannot be read: it is infinite, or too far away.`,
    );
  const text = date.toISOString();
  const { logical_type: logical, converted_type: converted } = node?.element ?? {};
  if (logical?.type === "DATE" || converted === "DATE") return text.slice(0, text.indexOf("T"));
  return logical?.type === "TIMESTAMP" && !logical.isAdjustedToUTC ? text.slice(0, -1) : text;
}

function sentence(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
