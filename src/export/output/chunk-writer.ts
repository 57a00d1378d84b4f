/**
 * Writes a chunk's rows to one object (a whole file, or a segment of one), or to as many files as the rows fill. Each
 * file is closed before the next begins, so that memory holds one part of one file. A repeated chunk writes the same
 * files.
 */

import type { Page, ValuePage } from "../../datasets/dataset.ts";
import type { ChunkRow } from "../../db/exports/chunks.ts";
import type { ExportRow } from "../../db/exports/exports.ts";
import { countFiles, type FileRow, filesBetween, rememberUpload, type WrittenFile } from "../../db/exports/files.ts";
import { SpillwayError } from "../../errors.ts";
import { type BucketContext, bucketOf } from "../delivery/destination.ts";
import type { Encoder } from "./encode/encoder.ts";
import { concatContent, EMPTY } from "./crc32.ts";
import type { Context } from "../../context.ts";
import { nextFreeKey } from "../delivery/key-conflicts.ts";
import { fileKey, isCustomerBucket, segmentKey } from "../delivery/object-keys.ts";
import { tooManyRows } from "./join.ts";
import {
  type ObjectCounts,
  type PageWriter,
  pageWriter,
  rowsOf,
  type FilePosition,
  type FileLimits,
} from "./page-writer.ts";
import { MAX_FILES, tooManyFiles } from "./file-count.ts";
import { unguessableName } from "./file-names.ts";
import { ObjectWriter, type OpenUpload, type RunningHash } from "./object-writer.ts";

/** Where rows vary, a chunk may have more files than planned. An invocation has 10,000 subrequests for its chunks. */
const MAX_FILES_WRITTEN = 1_000;
/** Counting reads a row per file, so every 20th chunk counts: those between two counts add at most MAX_FILES. */
const COUNT_AT_EVERY = MAX_FILES / MAX_FILES_WRITTEN;

const WHOLE_FILE: FilePosition = { first_in_file: 1, last_in_file: 1, follows_records: 0 };

/** A file's identity in the ledger. */
type Named = Pick<FileRow, "n" | "name" | "upload_id">;

/** An object that is closed. `file` is null for a segment, whose `bytes` are those that become its file's. */
export interface WrittenObject extends WrittenFile {
  file: Named | null;
  key: string;
}

export interface Output {
  /** Rows, and bytes before compression, in all objects so far. */
  written(): Pick<ObjectCounts, "rows" | "uncompressedBytes">;
  /** Keys of the files that are closed already. */
  readonly closed: readonly string[];
  /** @param shouldContinue is called between files. @returns false when it stopped the write within the page. */
  write(page: Page | ValuePage, shouldContinue: () => Promise<boolean>): Promise<boolean>;
  finish(): Promise<ObjectCounts & { objects: readonly WrittenObject[] }>;
  abort(): Promise<void>;
}

export interface Tools {
  context: BucketContext & Pick<Context, "sizes">;
  row: ExportRow;
  chunk: ChunkRow & FilePosition;
  encoder: Encoder;
  /** The chunk's lease. Its end is in epoch ms, and each renewal sets a later one. */
  lease: { readonly until: number };
}

/** @param file null for a segment, which goes to the service's own bucket; a file goes to the destination. */
export async function openObject(tools: Tools, file: Named | null): Promise<Output> {
  const { row, chunk, encoder } = tools;
  // The records of a Parquet file may give more rows than it has room for.
  const limits = encoder.kind === "table" ? { rows: row.file_rows, bytes: Infinity } : null;
  const object = file === null ? beginSegment(tools, limits) : await beginFile(tools, file, chunk, limits);
  const { lines, writer } = object;
  return {
    written: () => lines.counts,
    closed: [],
    async write(page) {
      if (lines.write(page) < rowsOf(page).length) throw tooManyRows(row.file_rows);
      await writer.drain();
      return true;
    },
    async finish() {
      const counts = lines.end();
      const { bytes } = writer;
      writer.write(lines.description);
      const closed = { ...(await writer.finish()), bytes };
      // The chunk's ledger row keeps the first and last key, so the file's need not.
      const { first: _first, last: _last, ...fileCounts } = counts;
      return { ...counts, objects: [{ file, key: object.key, ...fileCounts, ...closed }] };
    },
    abort: () => writer.abort(),
  };
}

interface OpenObject {
  key: string;
  writer: ObjectWriter;
  lines: PageWriter;
}

function beginSegment({ context, row, chunk, encoder }: Tools, limits: FileLimits | null): OpenObject {
  const key = segmentKey(row, chunk.n);
  const { partBytes } = context.sizes;
  const writer = new ObjectWriter({ bucket: context.bucket, key, contentType: encoder.form.objectType, partBytes });
  return { key, writer, lines: pageWriter(encoder, context.config, chunk, (piece) => writer.write(piece), limits) };
}

async function beginFile(
  { context, row, chunk, encoder, lease }: Tools,
  file: Named,
  position: FilePosition,
  limits: FileLimits | null,
): Promise<OpenObject> {
  // Cleanup lists the service's own bucket, but not a customer's: the ledger keeps the id of an upload there.
  const remember = async (id: string) => {
    if (!isCustomerBucket(row)) return;
    const upload = { id, plan: row.plan_version, chunk: chunk.n, leaseUntil: lease.until };
    await rememberUpload(context.databases.control, row, file, upload);
  };
  const { key, writer } = await openFile(context, row, file, encoder.form.objectType, remember);
  return { key, writer, lines: pageWriter(encoder, context.config, position, (piece) => writer.write(piece), limits) };
}

/**
 * A writer of a file in the export's destination. Aborts the upload that an earlier try left open.
 * @param resumable continues an upload, with the hash of its parts; without it, the writer begins and hashes by itself.
 */
export async function openFile(
  context: Tools["context"],
  row: ExportRow,
  { name, upload_id }: Pick<FileRow, "name" | "upload_id">,
  contentType: string,
  onUpload: (id: string) => Promise<void>,
  resumable?: { hash: RunningHash; upload: OpenUpload | null },
): Promise<{ key: string; writer: ObjectWriter }> {
  const key = fileKey(row, name);
  const bucket = await bucketOf(context, row);
  if (upload_id !== null && upload_id !== resumable?.upload?.uploadId) await bucket.abortUpload(key, upload_id);
  const target = { bucket, key, contentType, partBytes: context.sizes.partBytes, onUpload };
  return { key, writer: new ObjectWriter(target, resumable?.hash, resumable?.upload) };
}

/**
 * @param naming `counted`: the plan counted and named this many files for the chunk. `written`: their names are derived
 * from a secret, and how many there are follows from their rows.
 * @throws export_too_large when the export has MAX_FILES files.
 */
export async function openFiles(tools: Tools, naming: { counted: number } | { secret: string }): Promise<Output> {
  const { context, row, chunk, encoder } = tools;
  const { control } = context.databases;
  const secret = "secret" in naming ? naming.secret : null;
  if (secret !== null && chunk.n % COUNT_AT_EVERY === 0 && (await countFiles(control, row)) >= MAX_FILES)
    throw tooManyFiles();
  // Split files are in the ledger where an earlier try left an upload open, or renamed one after a key conflict.
  const count = "counted" in naming ? naming.counted : MAX_FILES_WRITTEN;
  const found = await filesBetween(control, row, { from: chunk.file_n, to: chunk.file_n + count });
  const known = new Map(found.map((file) => [file.n, file]));
  const limits = { rows: row.file_rows, bytes: secret === null ? Infinity : context.sizes.fileBytes };
  const closed: (WrittenObject & ObjectCounts)[] = [];
  let open: (OpenObject & { file: Named }) | null = null;
  /** Of the files that were closed or renamed. */
  const ended = { files: 0, rows: 0, uncompressedBytes: 0 };
  let renamed = false;

  function newFile(n: number): Named {
    // The chunk has more rows than the plan counted.
    if (secret === null) throw new SpillwayError("incomplete_export");
    return { n, name: `${unguessableName(secret, n)}${encoder.form.fileExtension}`, upload_id: null };
  }

  async function next(): Promise<OpenObject & { file: Named }> {
    if (secret !== null && ended.files >= MAX_FILES_WRITTEN)
      throw tooManyFiles("One chunk of the result", MAX_FILES_WRITTEN);
    const n = chunk.file_n + ended.files;
    const file = known.get(n) ?? newFile(n);
    return { file, ...(await beginFile(tools, file, WHOLE_FILE, limits)) };
  }

  async function close(): Promise<void> {
    if (open === null) return;
    const { file, key, lines, writer } = open;
    const counts = lines.end();
    open = null;
    ended.files += 1;
    ended.rows += counts.rows;
    ended.uncompressedBytes += counts.uncompressedBytes;
    try {
      closed.push({ file, key, ...counts, ...(await writer.finish()) });
    } catch (thrown) {
      // Before the rename, which removes the upload's id from the ledger.
      await writer.abort().catch(() => {});
      // After a rename this file's rows must be written again. The rest of this pass finds the other key conflicts, and
      // the next pass writes all files under their new names.
      await nextFreeKey(context, row, file, thrown);
      renamed = true;
    }
  }

  return {
    written() {
      const { rows, uncompressedBytes } = open?.lines.counts ?? { rows: 0, uncompressedBytes: 0 };
      return { rows: ended.rows + rows, uncompressedBytes: ended.uncompressedBytes + uncompressedBytes };
    },
    get closed() {
      return closed.map(({ key }) => key);
    },
    async write(page, shouldContinue) {
      const rows = rowsOf(page).length;
      for (let from = 0; from < rows;) {
        open ??= await next();
        const { lines, writer } = open;
        const to = lines.write(page, from);
        if (to === from && lines.counts.rows === 0) throw new SpillwayError("export_too_large");
        from = to;
        await writer.drain();
        if (from === rows) break;
        await close();
        if (!(await shouldContinue())) return false;
      }
      return true;
    },
    async finish() {
      await close();
      if (renamed) throw new FileRenamed();
      const rows = closed.reduce((sum, file) => sum + file.rows, 0);
      const content = closed.reduce(concatContent, EMPTY);
      const [first, last] = [closed[0]?.first ?? null, closed.at(-1)?.last ?? null];
      return { rows, ...content, first, last, objects: closed };
    },
    async abort() {
      await open?.writer.abort();
    },
  };
}

/** A key conflict gave a file another name: the caller must write the chunk again. */
export class FileRenamed extends Error {}
