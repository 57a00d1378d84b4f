/**
 * plan: cuts the work into chunks with known bounds and counts the records of each. The cuts depend on the request, the
 * snapshot and the data alone, so a repeated plan is the same plan. A plan of many chunks is written in slices, a
 * message for each.
 */

import type { Source } from "../../datasets/dataset.ts";
import type { ExportRow } from "../../db/exports/exports.ts";
import { startExport } from "../../db/exports/transitions.ts";
import { markPlanned, stepSucceeded } from "../../db/exports/progress.ts";
import {
  type ChunkRow,
  countPlanned,
  insertChunks,
  lastChunk,
  lastPlannedFile,
  listFileStarts,
  type PlannedChunk,
} from "../../db/exports/chunks.ts";
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
import { cutChunk, type PlanPlace } from "./cut-chunks.ts";
import { resultShapeOf } from "./result-shape.ts";

/** Chunks per slice at most: each costs a few queries, and the invocation's budget may end the slice before. */
const SLICE = 200;
/** Rows that the cuts of a slice scan: the next cut may scan twice as many, and an invocation has a limit. */
const SLICE_ROWS = 8_000_000;
/** The time that one slice takes, about. */
const SLICE_MS = 10_000;
const MAX_CHUNKS = 20_000;

export type PlanContext = Pick<
  Context,
  "bucket" | "config" | "customers" | "databases" | "runtime" | "send" | "sizes" | "budget"
>;

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
  const { chunks, complete } = await cutSlice(context, row, source, await placeAfter(context, row, source, before));
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

/** When the first record of each file that begins in a chunk occurred. */
const startsOf = ({ file_starts, lower_time }: PlannedChunk): number[] =>
  file_starts === null ? [lower_time] : (JSON.parse(file_starts) as number[]);

/** The place after the last chunk that was planned so far; null: all of them are. */
async function placeAfter(
  { databases }: Pick<Context, "databases">,
  row: ExportRow,
  { bounds: { lower, upper } }: Source,
  before: ChunkRow | null,
): Promise<PlanPlace | null> {
  if (before === null) return { n: 0, lower, file: 0, recordsInFile: 0 };
  const next = { time: before.upper_time, id: before.upper_id };
  if (next.time === upper.time && next.id === upper.id) return null;
  const { file, records } = await lastPlannedFile(databases.control, row);
  const filled = Math.floor(records / row.file_rows);
  return { n: before.n + 1, lower: next, file: file + filled, recordsInFile: records % row.file_rows };
}

/** The chunks from a place on, a slice of them. */
async function cutSlice(
  context: Pick<Context, "budget" | "runtime" | "sizes">,
  row: ExportRow,
  source: Source,
  from: PlanPlace | null,
): Promise<{ chunks: PlannedChunk[]; complete: boolean }> {
  const chunks: PlannedChunk[] = [];
  const began = context.runtime.now();
  for (let place = from; place !== null;) {
    const { chunk, next } = await cutChunk(row, source, context.sizes, place);
    if (chunk !== null) chunks.push(chunk);
    const { budget } = context;
    const isLong =
      budget.isNearlySpent || budget.used.rowsRead >= SLICE_ROWS || context.runtime.now() - began >= SLICE_MS;
    if (next !== null && (chunks.length >= SLICE || isLong)) return { chunks, complete: false };
    place = next;
  }
  return { chunks, complete: true };
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
