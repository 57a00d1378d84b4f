/**
 * The shape of a result: how its chunks become files. It is derived once, when the export is created, and stored with
 * it; plan, chunk, finish and estimate switch on it and derive nothing again.
 *
 * - `assembled`: one file, empty where there are no records. Each chunk writes a segment, and `assemble` joins the
 *   segments; the only chunk of a file writes the file itself.
 * - `counted_files`: every file but the last has exactly the rows that were asked for, so the plan knows how many files
 *   there are and what each is called. Small files share a chunk. A file of very many bytes has several chunks, each of
 *   which writes a segment, as for `assembled`.
 * - `split_files`: a chunk writes as many files as its rows fill, by rows and by bytes, and names them as it opens
 *   them. How many there are is known at the end.
 */

import type { Sizes } from "../../context.ts";
import type { Source } from "../../datasets/dataset.ts";
import type { ExportRow } from "../../db/exports/exports.ts";
import { MAX_FILES_PER_CHUNK } from "../output/file-count.ts";
import { fileNumber } from "../output/file-names.ts";

export interface ResultShape {
  readonly kind: "assembled" | "counted_files" | "split_files";
  /** A record may give several rows, or none. */
  readonly rows_vary: boolean;
  /** Records that one chunk reads at most: those of whole files, where a record is a row. */
  readonly chunk_records: number;
  /** Files that a full chunk of counted files has; 1 in other shapes. */
  readonly chunk_files: number;
}

export function deriveResultShape(
  { layout, file_rows }: { layout: "single" | "files"; file_rows: number },
  source: Pick<Source, "files" | "rowsVary" | "maxRecordsPerStep">,
  sizes: Pick<Sizes, "chunkRows">,
): ResultShape {
  const { files, rowsVary: rows_vary = false, maxRecordsPerStep = Infinity } = source;
  if (layout === "files") {
    const kind = files.cut === "written" ? "split_files" : "counted_files";
    // How many files the rows of a record fill is unknown where rows vary.
    const together = rows_vary ? 1 : Math.floor(Math.min(sizes.chunkRows, maxRecordsPerStep) / file_rows);
    const chunk_files = Math.min(MAX_FILES_PER_CHUNK, Math.max(1, together));
    return { kind, rows_vary, chunk_records: Math.min(file_rows * chunk_files, maxRecordsPerStep), chunk_files };
  }
  return { kind: "assembled", rows_vary, chunk_records: Math.min(sizes.chunkRows, maxRecordsPerStep), chunk_files: 1 };
}

/** The shape that is stored with an export. */
export function resultShapeOf(row: Pick<ExportRow, "result_shape">): ResultShape {
  return JSON.parse(row.result_shape) as ResultShape;
}

/** The number of the file that a chunk writes, or of the first of its files, where it does not depend on counts. */
export const firstFileOfChunk = (kind: Exclude<ResultShape["kind"], "counted_files">, chunk: number): number =>
  ({ assembled: 0, split_files: fileNumber(chunk, 0) })[kind];

/** The secret from which the names of a result's files are derived. */
export function fileSecretOf({ files }: Pick<Source, "files">): string {
  if (files.cut !== "written") throw new Error("only files that are split as they are written have a secret");
  return files.secret;
}
