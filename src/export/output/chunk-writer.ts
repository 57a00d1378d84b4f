/**
 * Writes a chunk's rows to one object (a whole file, or a segment of one), or to as many files as the rows fill. Each
 * file is closed before the next begins, so that memory holds one part of one file. A repeated chunk writes the same
 * files.
 */

import type { Page } from "../../datasets/dataset.ts";
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
import { type ObjectCounts, type PageWriter, pageWriter, type FilePosition, type FileLimits } from "./page-writer.ts";
import { fileNumber, unguessableName } from "./file-names.ts";
import { ObjectWriter } from "./object-writer.ts";

/** Each file costs several subrequests, and an invocation has 10,000 of them for all its chunks. */
const MAX_FILES_PER_CHUNK = 1_000;
/** About as many as an export may have chunks: the manifest and the poll list them all. */
const MAX_FILES = 20_000;
/** Counting reads a row per file, so every 20th chunk counts: those between two counts add at most MAX_FILES. */
const COUNT_AT_EVERY = MAX_FILES / MAX_FILES_PER_CHUNK;

/** A file's identity in the ledger. */
type Named = Pick<FileRow, "n" | "name" | "upload_id">;

/** An object that is closed. `file` is null for a segment. */
export interface WrittenObject extends WrittenFile {
  file: Named | null;
  key: string;
}

export interface Output {
  /** Written so far, in all objects. */
  readonly rows: number;
  /** Before compression. */
  readonly bytes: number;
  /** Keys of the files that are closed already. */
  readonly closed: readonly string[];
  /** @param shouldContinue is called between files. @returns false when it stopped the write within the page. */
  write(page: Page, shouldContinue: () => Promise<boolean>): Promise<boolean>;
  finish(): Promise<ObjectCounts & { objects: readonly WrittenObject[] }>;
  abort(): Promise<void>;
}

export interface Tools {
  context: BucketContext & Pick<Context, "sizes">;
  row: ExportRow;
  chunk: ChunkRow & FilePosition;
  encoder: Encoder;
  /** Of the chunk, in epoch ms: whoever renews it moves it. */
  lease: { readonly until: number };
}

/** @param file null for a segment, which goes to the service's own bucket; a file goes to the destination. */
export async function openObject(tools: Tools, file: Named | null): Promise<Output> {
  const { row, chunk, encoder } = tools;
  // A Parquet file is written whole, and its records may give more rows than a file has room for.
  const limits = encoder.kind === "table" ? { rows: row.file_rows, bytes: Infinity } : null;
  const object = file === null ? await beginSegment(tools) : await beginFile(tools, file, chunk, limits);
  return {
    get rows() {
      return object.lines.rows;
    },
    get bytes() {
      return object.lines.bytes;
    },
    closed: [],
    async write(page) {
      if (object.lines.write(page) < page.lines.length) throw new SpillwayError("export_too_large");
      await object.writer.drain();
      return true;
    },
    async finish() {
      const counts = object.lines.end();
      const closed = await object.writer.finish();
      // The chunk's ledger row keeps the first and last key, so the file's need not.
      const { first: _first, last: _last, ...fileCounts } = counts;
      return { ...counts, objects: [{ file, key: object.key, ...fileCounts, ...closed }] };
    },
    abort: () => object.writer.abort(),
  };
}

async function beginSegment({ context, row, chunk, encoder }: Tools): Promise<OpenObject> {
  const key = segmentKey(row, chunk.n);
  const writer = new ObjectWriter(context.bucket, key, encoder.objectType, context.sizes.partBytes, async () => {});
  return { key, writer, lines: pageWriter(encoder, context.config, chunk, (piece) => writer.write(piece)) };
}

interface OpenObject {
  key: string;
  writer: ObjectWriter;
  lines: PageWriter;
}

async function beginFile(
  tools: Tools,
  file: Named,
  position: FilePosition,
  limits: FileLimits | null,
): Promise<OpenObject> {
  const { context, row, chunk, encoder, lease } = tools;
  const key = fileKey(row, file.name);
  const bucket = await bucketOf(context, row);
  if (file.upload_id !== null) await bucket.abortUpload(key, file.upload_id);
  // Cleanup lists the service's own bucket, but not a customer's: the ledger keeps the id of an upload there.
  const remember = (id: string) =>
    rememberUpload(context.databases.control, row, file, {
      id,
      plan: row.plan_version,
      chunk: chunk.n,
      leaseUntil: lease.until,
    });
  const onUpload = isCustomerBucket(row) ? remember : async () => {};
  const writer = new ObjectWriter(bucket, key, encoder.objectType, context.sizes.partBytes, onUpload);
  const lines = pageWriter(encoder, context.config, position, (piece) => writer.write(piece), limits);
  return { key, writer, lines };
}

const WHOLE: FilePosition = { first_in_file: 1, last_in_file: 1 };

/** @param secret from which file names are derived. @throws export_too_large when the export has MAX_FILES files. */
export async function openFiles(tools: Tools, secret: string): Promise<Output> {
  const { context, row, chunk } = tools;
  const { control } = context.databases;
  if (chunk.n % COUNT_AT_EVERY === 0 && (await countFiles(control, row)) >= MAX_FILES)
    throw tooManyFiles("The result", MAX_FILES);
  // An earlier try may have left an open upload, or may have renamed a file after a key conflict.
  const numbers = { from: fileNumber(chunk.n, 0), to: fileNumber(chunk.n + 1, 0) };
  const known = await filesBetween(control, row, numbers);
  return new Files(tools, secret, new Map(known.map((file) => [file.n, file])));
}

const tooManyFiles = (subject: string, max: number) =>
  new SpillwayError("export_too_large", `${subject} would have more than ${max} files: ask for more rows per file.`);

class Files implements Output {
  readonly #tools: Tools;
  readonly #secret: string;
  readonly #known: ReadonlyMap<number, Named>;
  readonly #closed: (WrittenObject & ObjectCounts)[] = [];
  #open: { file: Named; object: OpenObject } | null = null;
  /** Files that were closed or renamed. */
  #ended = 0;
  #renamed = false;
  #rows = 0;
  #bytes = 0;

  constructor(tools: Tools, secret: string, known: ReadonlyMap<number, Named>) {
    this.#tools = tools;
    this.#secret = secret;
    this.#known = known;
  }

  get rows(): number {
    return this.#rows + (this.#open?.object.lines.rows ?? 0);
  }

  get bytes(): number {
    return this.#bytes + (this.#open?.object.lines.bytes ?? 0);
  }

  get closed(): string[] {
    return this.#closed.map(({ key }) => key);
  }

  async write(page: Page, shouldContinue: () => Promise<boolean>): Promise<boolean> {
    for (let from = 0; from < page.lines.length;) {
      this.#open ??= await this.#next();
      const { lines, writer } = this.#open.object;
      const next = lines.write(page, from);
      if (next === from && lines.rows === 0) throw new SpillwayError("export_too_large");
      from = next;
      await writer.drain();
      if (from === page.lines.length) break;
      await this.#close();
      if (!(await shouldContinue())) return false;
    }
    return true;
  }

  async finish(): Promise<ObjectCounts & { objects: readonly WrittenObject[] }> {
    await this.#close();
    if (this.#renamed) throw new FileRenamed();
    const rows = this.#closed.reduce((sum, file) => sum + file.rows, 0);
    const content = this.#closed.reduce(concatContent, EMPTY);
    const [first, last] = [this.#closed[0]?.first ?? null, this.#closed.at(-1)?.last ?? null];
    return { rows, ...content, first, last, objects: this.#closed };
  }

  async abort(): Promise<void> {
    await this.#open?.object.writer.abort();
  }

  async #next(): Promise<{ file: Named; object: OpenObject }> {
    const { context, row, chunk, encoder } = this.#tools;
    if (this.#ended >= MAX_FILES_PER_CHUNK) throw tooManyFiles("One chunk of the result", MAX_FILES_PER_CHUNK);
    const n = fileNumber(chunk.n, this.#ended);
    const name = `${unguessableName(this.#secret, n)}${encoder.form.fileExtension}`;
    const file = this.#known.get(n) ?? { n, name, upload_id: null };
    const limits = { rows: row.file_rows, bytes: context.sizes.fileBytes };
    return { file, object: await beginFile(this.#tools, file, WHOLE, limits) };
  }

  async #close(): Promise<void> {
    if (this.#open === null) return;
    const { file, object } = this.#open;
    const counts = object.lines.end();
    this.#open = null;
    this.#ended += 1;
    this.#rows += counts.rows;
    this.#bytes += counts.uncompressedBytes;
    try {
      this.#closed.push({ file, key: object.key, ...counts, ...(await object.writer.finish()) });
    } catch (thrown) {
      // Before the rename, which removes the upload's id from the ledger.
      await object.writer.abort().catch(() => {});
      // After a rename this file's rows must be written again. The rest of this pass finds the other key conflicts, and
      // the next pass writes all files under their new names.
      await nextFreeKey(this.#tools.context, this.#tools.row, file, thrown);
      this.#renamed = true;
    }
  }
}

/** A key conflict gave a file another name: the caller must write the chunk again. */
export class FileRenamed extends Error {}
