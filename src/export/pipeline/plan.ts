/**
 * plan: cuts the work into chunks with known bounds and counts the records of each. The cuts depend on the request, the
 * snapshot and the data alone, so a repeated plan is the same plan. A plan of many chunks is written in slices, a
 * message for each.
 */

import type { CutLimits } from "../../db/events/event-cut.ts";
import type { Bounds, Key, Source } from "../../datasets/dataset.ts";
import type { ExportRow } from "../../db/exports/exports.ts";
import { startExport } from "../../db/exports/transitions.ts";
import { markPlanned, stepSucceeded } from "../../db/exports/progress.ts";
import { countPlanned, insertChunks, lastChunk, listFileStarts, type PlannedChunk } from "../../db/exports/chunks.ts";
import { insertFiles } from "../../db/exports/files.ts";
import { entry } from "../../db/exports/timeline.ts";
import { SpillwayError } from "../../errors.ts";
import { encodingOf, fileForm } from "../output/encode/encoder.ts";
import { type Context, type Message, sourceOf } from "../../context.ts";
import { endCustomersUploads } from "../delivery/key-conflicts.ts";
import { isCustomerBucket } from "../delivery/object-keys.ts";
import { MAX_FILES, tooManyFiles } from "../output/file-count.ts";
import { unguessableName } from "../output/file-names.ts";
import { joinOf, tooManyRows } from "../output/join.ts";
import { dispatchIdle } from "./dispatch.ts";
import { firstFileOfChunk, resultShapeOf } from "./result-shape.ts";

/** Chunks per slice: each costs a query, and an invocation may run a thousand. */
const SLICE = 200;
/** The time that one slice takes, about: one chunk may cost several queries. */
const SLICE_MS = 10_000;
const MAX_CHUNKS = 20_000;

export type PlanContext = Pick<Context, "bucket" | "config" | "customers" | "databases" | "runtime" | "send" | "sizes">;

export async function plan(context: PlanContext, message: Message): Promise<void> {
  const now = context.runtime.now();
  const { control } = context.databases;
  const { space_id: spaceId, export_id: exportId } = message;
  const wakeAt = now + context.config.resendAfterMs;
  const row = await startExport(control, { space_id: spaceId, id: exportId }, now, wakeAt);
  if (row === null) return;
  if (row.phase !== "planning") {
    // A retried export keeps its plan and continues from its last written chunk.
    await dispatchIdle(context, message);
    return;
  }

  const source = sourceOf(context, row);
  const before = await lastChunk(control, row);
  if (row.plan_version > 0 && before === null && isCustomerBucket(row)) await endCustomersUploads(context, row);
  const { chunks, complete } = await cut(context, row, source, before);
  if ((chunks.at(-1)?.n ?? 0) >= MAX_CHUNKS) throw new SpillwayError("export_too_large");
  if (!complete) {
    await control.batch([
      insertChunks(row, row.plan_version, chunks),
      stepSucceeded(row, now, context.config.resendAfterMs),
    ]);
    await context.send([message]);
    return;
  }

  const earlier = before === null ? 0 : await countPlanned(control, row, before.n);
  const total = chunks.reduce((sum, chunk) => sum + chunk.records, earlier);
  assertFits(row, total);
  const starts = before === null ? [] : await listFileStarts(control, row, before.n);
  starts.push(...chunks.flatMap(startsOf));
  await control.batch([
    insertChunks(row, row.plan_version, chunks),
    insertFiles(row, row.plan_version, fileNames(row, source, starts)),
    markPlanned(row, row.plan_version, total, wakeAt),
    entry(
      row,
      now,
      "export.planned",
      { rows: total, chunks: (chunks.at(-1) ?? before ?? { n: -1 }).n + 1 },
      { key: "planned" },
    ),
  ]);
  await dispatchIdle(context, message);
}

/** @throws export_too_large where each record is a row, so that the number of rows and files is known. */
function assertFits(row: ExportRow, records: number): void {
  const { kind, rows_vary } = resultShapeOf(row);
  if (rows_vary) return;
  const { maxRows } = joinOf(row);
  if (kind === "assembled" && records > maxRows) throw tooManyRows(maxRows);
  if (kind !== "assembled" && records > MAX_FILES * row.file_rows) throw tooManyFiles();
}

/** When the first record of each of a chunk's files occurred. */
const startsOf = ({ file_starts, lower_time }: PlannedChunk): number[] =>
  file_starts === null ? [lower_time] : (JSON.parse(file_starts) as number[]);

/** The chunks that come after `before`, a slice of them. */
async function cut(
  context: Pick<Context, "runtime" | "sizes">,
  row: ExportRow,
  source: Source,
  before: Pick<PlannedChunk, "n" | "upper_time" | "upper_id"> | null,
): Promise<{ chunks: PlannedChunk[]; complete: boolean }> {
  const shape = resultShapeOf(row);
  const { lower: start, upper: end } = source.bounds;
  const chunks: PlannedChunk[] = [];
  let lower: Key = before === null ? start : { time: before.upper_time, id: before.upper_id };
  let n = before === null ? 0 : before.n + 1;
  if (before !== null && lower.time === end.time && lower.id === end.id) return { chunks, complete: true };
  const limits = chunkLimits(row, context.sizes);
  const began = context.runtime.now();
  while (chunks.length < SLICE && (chunks.length === 0 || context.runtime.now() - began < SLICE_MS)) {
    const { records, next } = await source.cut({ lower, upper: end }, limits);
    const upper = next ?? end;
    // Without a record, an assembled result is one empty file, and any other has no file.
    if (n > 0 || records > 0 || shape.kind === "assembled")
      chunks.push({
        n,
        file_n: firstFileOfChunk(shape, n),
        lower_time: lower.time,
        lower_id: lower.id,
        upper_time: upper.time,
        upper_id: upper.id,
        records,
        file_starts: await fileStarts(row, source, { lower, upper }, records),
      });
    if (next === null) return { chunks, complete: true };
    lower = next;
    n += 1;
    if (shape.kind === "counted_files" && firstFileOfChunk(shape, n) >= MAX_FILES) throw tooManyFiles();
  }
  return { chunks, complete: false };
}

/** A file whose rows were counted is written by one chunk, whatever its size. */
function chunkLimits(row: ExportRow, { chunkBytes, chunkScan }: Context["sizes"]): CutLimits {
  const { kind, chunk_records: records } = resultShapeOf(row);
  const isWhole = kind === "counted_files";
  return { records, bytes: isWhole ? Infinity : chunkBytes, scanned: isWhole ? Infinity : chunkScan };
}

/** @returns null where the chunk has at most one file, or its files get their names as they are opened. */
async function fileStarts(row: ExportRow, { files }: Source, bounds: Bounds, records: number): Promise<string | null> {
  if (resultShapeOf(row).kind !== "counted_files" || files.cut !== "counted" || records <= row.file_rows) return null;
  return JSON.stringify(await files.starts(bounds, row.file_rows));
}

/**
 * The names of the files that the plan knows; split files get theirs when they are opened. Windows are contiguous: the
 * first starts with the request's, the last ends with it, each other boundary is the time of the next file's first
 * record. Equal names get -2, -3 … before the extension.
 *
 * @param starts when the first record of each file occurred.
 */
export function fileNames(
  row: Pick<ExportRow, "id" | "result_shape" | "encoding">,
  source: Pick<Source, "files" | "form" | "window">,
  starts: readonly number[],
): string[] {
  const { kind } = resultShapeOf(row);
  if (kind === "split_files") return [];
  const { files } = source;
  const { start, end } = source.window;
  const { fileExtension } = fileForm(encodingOf(row), source.form);
  if (files.cut === "written") return [`${unguessableName(files.secret, 0)}${fileExtension}`];
  const from = kind === "assembled" ? [start] : starts.map((time, n) => (n === 0 ? start : time));
  const seen = new Map<string, number>();
  return from.map((time, n) => {
    const stem = files.stem(row.id, { start: time, end: from[n + 1] ?? end });
    const times = (seen.get(stem) ?? 0) + 1;
    seen.set(stem, times);
    return `${stem}${times === 1 ? "" : `-${times}`}${fileExtension}`;
  });
}
