/**
 * Where a chunk's rows go: into one object, a whole file or a segment of one; or into as many files as they fill, each closed
 * before the next is begun, so that no more than a part of one is in memory. The same rows fill the same files, whoever repeats it.
 */

import type { Page } from "../../datasets/dataset.ts";
import type { ChunkRow } from "../../db/exports/chunks.ts";
import type { ExportRow } from "../../db/exports/exports.ts";
import { countFiles, type FileRow, filesBetween, rememberUpload, type WrittenFile } from "../../db/exports/files.ts";
import { SpillwayError } from "../../errors.ts";
import { bucketOf } from "../delivery/destination.ts";
import type { Encoder } from "./encode/encoder.ts";
import { combineCrc32 } from "./gzip.ts";
import type { Context } from "../../context.ts";
import { nextFreeKey } from "../delivery/key-conflicts.ts";
import { fileKey, isCustomers, segmentKey } from "../delivery/object-keys.ts";
import { type Held, type PageWriter, pageWriter, type Place, type Room } from "./page-writer.ts";
import { fileNumber, unguessableName } from "./file-names.ts";
import { ObjectWriter } from "./object-writer.ts";

/**
 * What a chunk may have: each file is some calls to a store, D1 takes them as lists, and an invocation has ten thousand of
 * the one and a thousand of the other for all its chunks.
 */
const MAX_FILES_PER_CHUNK = 1_000;
/** What an export may have, about: as many as it may have chunks. All are listed together. */
const MAX_FILES = 20_000;
/** To count them reads a row each: these chunks do, and between two of them no more are made than that. */
const COUNT_AT_EVERY = MAX_FILES / MAX_FILES_PER_CHUNK;

/** What the ledger knows a file by. */
type Named = Pick<FileRow, "n" | "name" | "upload_id">;

/** An object that is closed. `file`: what it is in the ledger; null for a segment. */
export interface WrittenObject extends WrittenFile {
  file: Named | null;
  key: string;
}

export interface Output {
  /** Written so far, in all its objects. */
  readonly rows: number;
  /** Before compression. */
  readonly bytes: number;
  /** Keys of files that are closed, while others are still to come. */
  readonly closed: readonly string[];
  /** @param goesOn is asked between files whether the work is still wanted. @returns false when it stopped because it was not. */
  write(page: Page, goesOn: () => Promise<boolean>): Promise<boolean>;
  finish(): Promise<Held & { objects: readonly WrittenObject[] }>;
  abort(): Promise<void>;
}

export interface Tools {
  context: Pick<Context, "bucket" | "config" | "customers" | "databases" | "sizes">;
  row: ExportRow;
  chunk: ChunkRow & Place;
  encoder: Encoder;
  /** Of the chunk, in epoch ms: whoever renews it moves it. */
  lease: { readonly until: number };
}

/** @param file null for a segment, which stands in the service's own bucket; a whole file stands where the export's files go. */
export async function openObject(tools: Tools, file: Named | null): Promise<Output> {
  const { context, row, chunk, encoder } = tools;
  // A Parquet file is written whole, and its records may give more rows than a file has room for.
  const room = encoder.kind === "table" ? { rows: row.file_rows, bytes: Infinity } : null;
  const object = await begin(tools, file, chunk, room);
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
      const held = object.lines.end();
      const closed = await object.writer.finish();
      // Of a file that is one chunk's, the chunk tells the first and last row.
      const { first: _first, last: _last, ...counts } = held;
      return { ...held, objects: [{ file, key: object.key, ...counts, ...closed }] };
    },
    abort: () => object.writer.abort(),
  };

  async function begin(of: Tools, named: Named | null, place: Place, most: Room | null): Promise<OpenObject> {
    if (named !== null) return beginFile(of, named, place, most);
    const key = segmentKey(row, chunk.n);
    const writer = new ObjectWriter(context.bucket, key, encoder.objectType, context.sizes.partBytes, async () => {});
    return {
      key,
      writer,
      lines: pageWriter(encoder, context.config.gzip, place, (piece) => writer.write(piece), most),
    };
  }
}

interface OpenObject {
  key: string;
  writer: ObjectWriter;
  lines: PageWriter;
}

async function beginFile(tools: Tools, file: Named, place: Place, room: Room | null): Promise<OpenObject> {
  const { context, row, chunk, encoder, lease } = tools;
  const key = fileKey(row, file.name);
  const bucket = await bucketOf(context, row);
  if (file.upload_id !== null) await bucket.abortUpload(key, file.upload_id);
  // A customer's bucket is not searched for uploads that a killed step left: they are written down.
  const begun = (id: string) =>
    rememberUpload(context.databases.control, row.space_id, row.id, file, {
      id,
      plan: row.plan_version,
      chunk: chunk.n,
      leaseUntil: lease.until,
    });
  const onUpload = isCustomers(row) ? begun : async () => {};
  const writer = new ObjectWriter(bucket, key, encoder.objectType, context.sizes.partBytes, onUpload);
  const lines = pageWriter(encoder, context.config.gzip, place, (piece) => writer.write(piece), room);
  return { key, writer, lines };
}

const WHOLE: Place = { first_in_file: 1, last_in_file: 1 };

/**
 * @param secret what the files' names are made of.
 * @throws export_too_large when the export has too many files already.
 */
export async function openFiles(tools: Tools, secret: string): Promise<Output> {
  const { context, row, chunk } = tools;
  const { control } = context.databases;
  if (chunk.n % COUNT_AT_EVERY === 0 && (await countFiles(control, row.space_id, row.id)) >= MAX_FILES)
    throw tooMany("The result", MAX_FILES);
  // An earlier try was killed in the middle of an upload, or found other bytes under a file's name.
  const numbers = { from: fileNumber(chunk.n, 0), to: fileNumber(chunk.n + 1, 0) };
  const known = await filesBetween(control, row.space_id, row.id, numbers);
  return new Files(tools, secret, new Map(known.map((file) => [file.n, file])));
}

const tooMany = (what: string, most: number) =>
  new SpillwayError("export_too_large", `${what} would be more than ${most} files: ask for more rows a file.`);

class Files implements Output {
  readonly #tools: Tools;
  readonly #secret: string;
  readonly #known: ReadonlyMap<number, Named>;
  readonly #closed: (WrittenObject & Held)[] = [];
  #open: { file: Named; object: OpenObject } | null = null;
  /** Files that were begun and are over, those among them that have another name now. */
  #over = 0;
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

  async write(page: Page, goesOn: () => Promise<boolean>): Promise<boolean> {
    for (let from = 0; from < page.lines.length;) {
      this.#open ??= await this.#next();
      const { lines, writer } = this.#open.object;
      const taken = lines.write(page, from);
      if (taken === from && lines.rows === 0) throw new SpillwayError("export_too_large");
      from = taken;
      await writer.drain();
      if (from === page.lines.length) break;
      await this.#close();
      if (!(await goesOn())) return false;
    }
    return true;
  }

  async finish(): Promise<Held & { objects: readonly WrittenObject[] }> {
    await this.#close();
    if (this.#renamed) throw new FileRenamed();
    const whole = this.#closed.reduce(
      (sum, { rows, uncompressedBytes: bytes, crc32 }) => ({
        rows: sum.rows + rows,
        uncompressedBytes: sum.uncompressedBytes + bytes,
        crc32: combineCrc32(sum.crc32, crc32, bytes),
      }),
      { rows: 0, uncompressedBytes: 0, crc32: 0 },
    );
    const [first, last] = [this.#closed[0]?.first ?? null, this.#closed.at(-1)?.last ?? null];
    return { ...whole, first, last, objects: this.#closed };
  }

  async abort(): Promise<void> {
    await this.#open?.object.writer.abort();
  }

  async #next(): Promise<{ file: Named; object: OpenObject }> {
    const { context, row, chunk, encoder } = this.#tools;
    if (this.#over >= MAX_FILES_PER_CHUNK)
      throw tooMany("A part of the result that is written at once", MAX_FILES_PER_CHUNK);
    const n = fileNumber(chunk.n, this.#over);
    const name = `${unguessableName(this.#secret, n)}${encoder.form.fileExtension}`;
    const file = this.#known.get(n) ?? { n, name, upload_id: null };
    const room = { rows: row.file_rows, bytes: context.sizes.fileBytes };
    return { file, object: await beginFile(this.#tools, file, WHOLE, room) };
  }

  async #close(): Promise<void> {
    if (this.#open === null) return;
    const { file, object } = this.#open;
    const held = object.lines.end();
    this.#open = null;
    this.#over += 1;
    this.#rows += held.rows;
    this.#bytes += held.uncompressedBytes;
    try {
      this.#closed.push({ file, key: object.key, ...held, ...(await object.writer.finish()) });
    } catch (thrown) {
      // While the ledger still knows of its upload.
      await object.writer.abort().catch(() => {});
      // Where it goes on under another name, its rows have to be written again, and probably those of later files too: the next
      // pass does, and finds all of these names.
      await nextFreeKey(this.#tools.context, this.#tools.row, file, thrown);
      this.#renamed = true;
    }
  }
}

/** A file could not be written under its name and has another now: the chunk is to be written again. */
export class FileRenamed extends Error {}
