/**
 * Parquet: reads only the needed columns, and at most a slice of rows at once. Local times become texts without an
 * offset, times in UTC texts with a Z; integers stay exact, as bigint, and decimals as WrittenNumber.
 */

import {
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type RowGroup,
  type SchemaTree,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { within } from "./ndjson.ts";
import { type Piece, type Reader, InputError } from "./rows.ts";
import type { Source } from "./source.ts";
import { WrittenNumber } from "./numbers.ts";

const SLICE_ROWS = 20_000;
const SLICE_BYTES = 16_000_000;

/**
 * @param paths the paths that are read; null for all columns. @throws InputError when the file cannot be read as
 * Parquet.
 */
export async function parquetReader(source: Source, paths: readonly string[] | null): Promise<Reader> {
  const file = await asyncBufferFromFile(source.path);
  const read = await parquetMetadataAsync(file).catch((thrown: unknown) => {
    throw new InputError(`${source.name} cannot be read as Parquet: ${sentence(thrown)}`);
  });
  const metadata = withRawDecimals(read);
  const schema = parquetSchema(metadata);
  const names = schema.children.map((child) => child.element.name);
  const total = Number(metadata.num_rows);
  async function* pieces(): AsyncGenerator<Piece> {
    const columns = paths === null ? names : needed(names, paths);
    let from = 0;
    for (const group of metadata.row_groups) {
      const groupEnd = from + Number(group.num_rows);
      const slice = Math.ceil(Math.min(SLICE_ROWS, SLICE_BYTES / bytesPerRow(group)));
      while (from < groupEnd) {
        const to = Math.min(from + slice, groupEnd);
        const objects = await parquetReadObjects({
          file,
          metadata,
          compressors,
          utf8: false,
          rowStart: from,
          rowEnd: to,
          useOffsetIndex: true,
          columns,
        }).catch((thrown: unknown) => {
          throw new InputError(`${source.name} cannot be read from row ${from + 1} on: ${sentence(thrown)}`);
        });
        const first = from + 1;
        const rows = objects.map((object, index) => ({
          n: first + index,
          line: first + index,
          ...valueOf(object, schema),
        }));
        from = to;
        yield { rows, done: to };
      }
    }
  }
  return { columns: names, get: (value, column) => within(value as Record<string, unknown>, column), pieces, total };
}

/**
 * The library converts decimals to doubles: 19.99 becomes 19.990000000000002. Without the old annotation it returns the
 * stored integer, which `decimalOf` writes. Decimals in bytes also need the option `utf8: false`, which turns bytes
 * without an annotation into bytes: those columns are annotated as texts here. The keys of a map become names, so
 * decimals among them stay as they are.
 */
function withRawDecimals(metadata: FileMetaData): FileMetaData {
  const own: FileMetaData = { ...metadata, schema: metadata.schema.map((element) => ({ ...element })) };
  const visit = ({ element, children }: SchemaTree, isKey: boolean): void => {
    if (element.logical_type?.type === "VARIANT") return;
    const isDecimal = element.converted_type === "DECIMAL" || element.logical_type?.type === "DECIMAL";
    if (isDecimal && !isKey) {
      const [scale, precision] = [element.scale ?? 0, element.precision ?? 0];
      element.logical_type ??= { type: "DECIMAL", scale, precision };
      delete element.converted_type;
    } else if (element.type === "BYTE_ARRAY" && !isDecimal && isText(element)) element.converted_type = "UTF8";
    if (!isMap(element)) for (const child of children) visit(child, false);
    else for (const [index, child] of (children[0]?.children ?? []).entries()) visit(child, index === 0);
  };
  visit(parquetSchema(own), false);
  return own;
}

/** @returns whether the library reads this column of bytes as texts by default. */
function isText({ converted_type: converted, logical_type: logical }: SchemaTree["element"]): boolean {
  const isShape = logical?.type === "GEOMETRY" || logical?.type === "GEOGRAPHY";
  return !isShape && (converted === undefined || converted === "ENUM");
}

function isMap({ converted_type: converted, logical_type: logical }: SchemaTree["element"]): boolean {
  return logical?.type === "MAP" || converted === "MAP" || converted === "MAP_KEY_VALUE";
}

/** Average bytes per row, not compressed. */
function bytesPerRow({ total_byte_size: bytes, num_rows: rows }: RowGroup): number {
  return Math.max(1, Number(bytes) / Math.max(1, Number(rows)));
}

/** At least one column, so that the rows are counted. */
function needed(names: string[], paths: readonly string[]): string[] {
  const found = names.filter((name) => paths.some((path) => path === name || path.startsWith(`${name}.`)));
  return found.length > 0 ? found : names.slice(0, 1);
}

/** A time beyond the range of JavaScript's dates: the library has lost its value. */
class UnreadableTimeError extends Error {}

function valueOf(object: Record<string, unknown>, schema: SchemaTree): { value: unknown } | { problem: string } {
  try {
    return { value: withTexts(object, schema) };
  } catch (thrown) {
    if (thrown instanceof UnreadableTimeError) return { problem: thrown.message };
    throw thrown;
  }
}

/** Converts dates and decimals to texts without loss. @throws UnreadableTimeError */
function withTexts(value: unknown, node: SchemaTree | undefined): unknown {
  if (value instanceof Date) return textOf(value, node);
  if (Array.isArray(value)) {
    // A list has a group between itself and its elements; a repeated field has none.
    const element = node?.children[0]?.children[0] ?? node?.children[0] ?? node;
    return value.map((item) => withTexts(item, element));
  }
  const logical = node?.element.logical_type;
  if (logical?.type === "DECIMAL") return decimalOf(value, logical.scale);
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  const ofMap = node !== undefined && isMap(node.element) ? node.children[0]?.children[1] : undefined;
  const pairs = Object.entries(value).map(([name, inner]) => [
    name,
    withTexts(inner, ofMap ?? node?.children.find((child) => child.element.name === name)),
  ]);
  return Object.fromEntries(pairs) as Record<string, unknown>;
}

/** @param value without its point: an integer, or its bytes, big-endian in two's complement. */
function decimalOf(value: unknown, scale: number): unknown {
  const whole = value instanceof Uint8Array ? wholeOf(value) : value;
  if (typeof whole !== "bigint" && typeof whole !== "number") return value;
  const digits = String(whole)
    .replace("-", "")
    .padStart(scale + 1, "0");
  const point = digits.length - scale;
  const sign = whole < 0 ? "-" : "";
  return new WrittenNumber(`${sign}${digits.slice(0, point)}${scale > 0 ? `.${digits.slice(point)}` : ""}`);
}

function wholeOf(bytes: Uint8Array): bigint {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
  return hex === "" ? 0n : BigInt.asIntN(bytes.byteLength * 8, BigInt(`0x${hex}`));
}

function textOf(date: Date, node: SchemaTree | undefined): unknown {
  if (Number.isNaN(date.getTime()))
    throw new UnreadableTimeError(
      `${node?.element.name ?? "A column"} has an unreadable time: it is infinite, or out of range.`,
    );
  const text = date.toISOString();
  const { logical_type: logical, converted_type: converted } = node?.element ?? {};
  if (logical?.type === "DATE" || converted === "DATE") return text.slice(0, text.indexOf("T"));
  return logical?.type === "TIMESTAMP" && !logical.isAdjustedToUTC ? text.slice(0, -1) : text;
}

function sentence(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
