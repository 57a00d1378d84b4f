/**
 * The shape of a result: how its chunks become files. It is derived once, when the export is created, and stored with
 * it; plan, chunk, finish and estimate switch on it and derive nothing again.
 *
 * - `assembled`: one file, empty where there are no records. Each chunk writes a segment, and `assemble` joins the
 *   segments; the only chunk of a file writes the file itself. Parquet has no segments: its one chunk holds everything.
 * - `counted_files`: a chunk is a file. Every file but the last has exactly the rows that were asked for, so the plan
 *   knows how many files there are and what each is called.
 * - `split_files`: a chunk writes as many files as its rows fill, by rows and by bytes, and names them as it opens
 *   them. How many there are is known at the end.
 */

import type { Sizes } from "../../context.ts";
import type { Source } from "../../datasets/dataset.ts";
import type { ExportRow } from "../../db/exports/exports.ts";
import { fileNumber } from "../output/file-names.ts";

export interface ResultShape {
  readonly kind: "assembled" | "counted_files" | "split_files";
  /** A record may give several rows, or none. */
  readonly rows_vary: boolean;
  /** Records that one chunk reads at most. */
  readonly chunk_records: number;
}

export function deriveResultShape(
  { layout, format, file_rows }: { layout: "single" | "files"; format: string; file_rows: number },
  source: Pick<Source, "files" | "rowsVary" | "maxRecordsPerStep">,
  sizes: Pick<Sizes, "chunkRows">,
): ResultShape {
  const { files, rowsVary: rows_vary = false, maxRecordsPerStep = Infinity } = source;
  if (layout === "files") {
    const kind = files.cut === "written" ? "split_files" : "counted_files";
    return { kind, rows_vary, chunk_records: Math.min(file_rows, maxRecordsPerStep) };
  }
  const chunk_records = format === "parquet" ? file_rows : Math.min(sizes.chunkRows, maxRecordsPerStep);
  return { kind: "assembled", rows_vary, chunk_records };
}

/** The shape that is stored with an export. */
export function resultShapeOf(row: Pick<ExportRow, "result_shape">): ResultShape {
  return JSON.parse(row.result_shape) as ResultShape;
}

/** The number of the file that a chunk writes, or of the first of its files. */
export const firstFileOfChunk = ({ kind }: ResultShape, chunk: number): number =>
  ({ assembled: 0, counted_files: chunk, split_files: fileNumber(chunk, 0) })[kind];

/** The secret from which the names of a result's files are derived. */
export function fileSecretOf({ files }: Pick<Source, "files">): string {
  if (files.cut !== "written") throw new Error("only files that are split as they are written have a secret");
  return files.secret;
}
