/**
 * A week of real flights: the domestic departures of the United States from 1 to 7 January 2001, 113,493 of them, out
 * of the npm package vega-datasets. The source has wall-clock times without a zone: they are taken as UTC.
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type FileMetaData, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { ROOT } from "./stack.ts";

/** In parquet. */
export const SOURCE_FILE = join(ROOT, "node_modules", "vega-datasets", "data", "flights-3m.parquet");

/** The window that holds them. */
export const WEEK = { start: "2001-01-01T00:00:00.000Z", end: "2001-01-08T00:00:00.000Z" } as const;

/** A row of the source. `departed_at` is RFC 3339, `delay` in minutes, `distance` in miles; airports are IATA codes. */
export interface Flight {
  departed_at: string;
  origin: string;
  destination: string;
  delay: number;
  distance: number;
}

/** In the order of the source, which is the order of time. */
export async function readFlights(): Promise<Flight[]> {
  const bytes = await readFile(SOURCE_FILE);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const metadata = await parquetMetadataAsync(file);
  const end = new Date(WEEK.end);
  const rows = await parquetReadObjects({ file, metadata, compressors, rowEnd: rowsOfGroupsBefore(end, metadata) });
  return rows.map(flightOf).filter((flight) => flight.departed_at < WEEK.end);
}

/** The file is sorted by time: from the first row group on that begins after the week, nothing has to be decoded. */
function rowsOfGroupsBefore(end: Date, metadata: FileMetaData): number {
  let rows = 0;
  for (const group of metadata.row_groups) {
    const date = group.columns.find((column) => column.meta_data?.path_in_schema[0] === "date");
    const earliest = date?.meta_data?.statistics?.min_value;
    if (earliest instanceof Date && earliest >= end) break;
    rows += Number(group.num_rows);
  }
  return rows;
}

/** Integers come as bigint. @throws for a row that lacks something. */
function flightOf({ date, origin, destination, delay, distance }: Record<string, unknown>): Flight {
  if (
    !(date instanceof Date) ||
    typeof origin !== "string" ||
    typeof destination !== "string" ||
    typeof delay !== "bigint" ||
    typeof distance !== "bigint"
  )
    throw new Error(`${SOURCE_FILE} has a row that is no flight.`);
  return { departed_at: date.toISOString(), origin, destination, delay: Number(delay), distance: Number(distance) };
}
