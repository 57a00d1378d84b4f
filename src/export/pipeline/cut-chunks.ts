/**
 * Cuts a source into chunks, and says which files each chunk writes. The cuts follow from the request, the snapshot and
 * the data alone, and from the ledger's last chunk, so that a slice of a plan goes on where the last one ended.
 *
 * A file of counted rows has exactly the rows that were asked for. Several small ones share a chunk. One that holds too
 * many bytes, or whose rows lie too far apart, has several chunks: each writes a segment, and `assemble` joins them.
 */

import type { Bounds, Key, Source } from "../../datasets/dataset.ts";
import type { CutLimits } from "../../db/events/event-cut.ts";
import type { PlannedChunk } from "../../db/exports/chunks.ts";
import type { ExportRow } from "../../db/exports/exports.ts";
import type { Sizes } from "../../context.ts";
import { MAX_FILES, tooManyFiles } from "../output/file-count.ts";
import { firstFileOfChunk, type ResultShape, resultShapeOf } from "./result-shape.ts";

/** Where a plan goes on: the next chunk's number and lower bound. */
export interface PlanPlace {
  n: number;
  lower: Key;
  /** Of counted files: the file that the next record belongs to, and how many records of it are planned already. */
  file: number;
  recordsInFile: number;
}

/** A chunk without records writes no file: its number is none that a file has. */
const NO_FILE = -1;

/**
 * Cuts the next chunk.
 * @returns the chunk; null where the result has no records, and so no file. `next` is null at the end of the source.
 * @throws export_too_large for too many counted files.
 */
export async function cutChunk(
  row: ExportRow,
  source: Source,
  sizes: Sizes,
  place: PlanPlace,
): Promise<{ chunk: PlannedChunk | null; next: PlanPlace | null }> {
  const shape = resultShapeOf(row);
  const { n, lower } = place;
  const counted = shape.kind === "counted_files";
  const end = source.bounds.upper;
  const cut = await (counted ? cutWholeFiles : cutOnce)(row, source, limitsOf(shape, sizes), place);
  const { records } = cut;
  const upper = cut.next ?? end;
  // Without a record, an assembled result is one empty file, and any other has no file.
  const isNeeded = n > 0 || records > 0 || cut.next !== null || shape.kind === "assembled";
  const chunk: PlannedChunk = {
    n,
    file_n: shape.kind === "counted_files" ? (records === 0 ? NO_FILE : place.file) : firstFileOfChunk(shape.kind, n),
    lower_time: lower.time,
    lower_id: lower.id,
    upper_time: upper.time,
    upper_id: upper.id,
    records,
    file_starts: counted ? await startsOf(row, source, { lower, upper }, place, cut) : null,
  };
  if (cut.next === null) return { chunk: isNeeded ? chunk : null, next: null };
  const inFile = place.recordsInFile + records;
  const file = place.file + Math.floor(inFile / row.file_rows);
  if (counted && file >= MAX_FILES) throw tooManyFiles();
  return { chunk, next: { n: n + 1, lower: cut.next, file, recordsInFile: inFile % row.file_rows } };
}

const limitsOf = ({ chunk_records: records }: ResultShape, { chunkBytes, chunkScan }: Sizes): CutLimits => ({
  records,
  bytes: chunkBytes,
  scanned: chunkScan,
});

const cutOnce = (_row: ExportRow, source: Source, limits: CutLimits, { lower }: PlanPlace) =>
  source.cut({ lower, upper: source.bounds.upper }, limits);

/** Cuts whole files, or a part of one file: where the first file is not filled, the chunk ends with it. */
async function cutWholeFiles(row: ExportRow, source: Source, limits: CutLimits, place: PlanPlace) {
  const bounds = { lower: place.lower, upper: source.bounds.upper };
  const { file_rows: fileRows } = row;
  const records = place.recordsInFile > 0 ? fileRows - place.recordsInFile : limits.records;
  const cut = await source.cut(bounds, { ...limits, records });
  const whole = cut.records - (cut.records % fileRows);
  if (place.recordsInFile > 0 || cut.next === null || whole === 0 || whole === cut.records) return cut;
  return source.cut(bounds, { ...limits, records: whole });
}

/**
 * When the first record of each file that begins in a chunk occurred: JSON.
 * @returns null where that is the chunk's lower bound alone.
 */
async function startsOf(
  row: ExportRow,
  { files }: Source,
  bounds: Bounds,
  { recordsInFile }: PlanPlace,
  { records, first }: { records: number; first?: Key | null },
): Promise<string | null> {
  if (records === 0 || recordsInFile > 0) return "[]";
  if (files.cut === "counted" && records > row.file_rows)
    return JSON.stringify(await files.starts(bounds, row.file_rows));
  const time = first?.time ?? bounds.lower.time;
  return time === bounds.lower.time ? null : JSON.stringify([time]);
}
