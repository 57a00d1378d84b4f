/** Downloads every file of a completed export: each is checked against the manifest while it streams. */

import { failure } from "../errors.ts";
import { getExportManifest, listExportFiles } from "../generated/sdk.gen.ts";
import type { Manifest } from "../generated/types.gen.ts";
import type { Page } from "../pages.ts";
import type { CallOptions, Transport } from "../transport.ts";
import { fileBytes, type LinkedFile } from "./file-bytes.ts";
import { type Bytes, streamOf } from "./read.ts";
import type { ExportFile } from "./request.ts";

export interface DownloadProgress {
  /** Files that are complete, of all. */
  files: number;
  filesTotal: number;
  /** Bytes of stored objects that came, of all. */
  bytes: number;
  bytesTotal: number;
}

export interface DownloadOptions extends CallOptions {
  /** Called after each piece and each file. */
  onProgress?: (progress: DownloadProgress) => void;
  /** Files at once: 1 by default. */
  concurrency?: number;
  /** The first bytes of a file that were fetched before: the file is continued after them, and they are checked too. */
  have?: (file: ExportFile) => AsyncIterable<Uint8Array> | undefined;
  /** `false` leaves the file out: it is there already. */
  wanted?: (file: ExportFile) => boolean | Promise<boolean>;
}

/** Takes a file's bytes. A stream that fails at its end was not the file: throw away what came of it. */
export type FileSink = (file: ExportFile, bytes: ReadableStream<Bytes>) => Promise<void>;

const LINKS_PER_PAGE = 200;

/** @throws SpillwayError `file_damaged`: a file is not what the manifest says; what `sink` throws. */
export async function downloadExport(
  transport: Transport,
  id: string,
  sink: FileSink,
  { onProgress, concurrency = 1, have, wanted, ...options }: DownloadOptions,
): Promise<void> {
  const path = { id };
  const manifest = await transport.repeatable((wiring) => getExportManifest({ ...wiring, path }), options);
  const expected = new Map(manifest.files.map((file) => [file.name, file]));
  const progress = { files: 0, filesTotal: manifest.totals.files, bytes: 0, bytesTotal: manifest.totals.bytes };
  const files = linkedFiles(transport, id, options);
  const state = { failed: false };

  const take = async (linked: LinkedFile): Promise<void> => {
    const { file } = linked;
    compare(file, expected.get(file.name));
    expected.delete(file.name);
    if ((await wanted?.(file)) === false) {
      progress.bytes += file.bytes;
    } else {
      const had = have?.(file);
      const count = (bytes: number) => {
        progress.bytes += bytes;
        onProgress?.({ ...progress });
      };
      const before = had === undefined ? {} : { have: counted(had, count) };
      const bytes = remembered(counted(fileBytes(transport, linked, { ...options, ...before }), count));
      try {
        await sink(file, streamOf(bytes.pieces));
      } catch (error) {
        // Chromium's `new Response(bytes).text()` hides a stream's error behind a TypeError.
        throw bytes.failure() ?? error;
      }
    }
    progress.files += 1;
    onProgress?.({ ...progress });
  };
  const worker = async (): Promise<void> => {
    try {
      for (let next = await files.next(); !next.done && !state.failed; next = await files.next())
        await take(next.value);
    } catch (error) {
      state.failed = true;
      throw error;
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: concurrency }, worker));
  for (const each of workers) if (each.status === "rejected") throw each.reason;
  const [left] = expected.keys();
  if (left !== undefined) throw unlisted(left);
}

/** One file by its name. @throws SpillwayError `not_found` where the export has no file of this name. */
export async function downloadFile(
  transport: Transport,
  id: string,
  name: string,
  options: CallOptions,
): Promise<ReadableStream<Bytes>> {
  for await (const linked of linkedFiles(transport, id, options))
    if (linked.file.name === name) return streamOf(fileBytes(transport, linked, options));
  throw failure({ code: "not_found", status: 404, detail: `Export ${id} has no file ${name}.` });
}

/** Every file of an export. A link is renewed by reading its page again. */
async function* linkedFiles(transport: Transport, id: string, options: CallOptions): AsyncGenerator<LinkedFile, void> {
  let cursor: string | null = null;
  do {
    const query = { limit: LINKS_PER_PAGE, ...(cursor !== null && { cursor }) };
    const read = (): Promise<Page<ExportFile>> =>
      transport.repeatable((wiring) => listExportFiles({ ...wiring, path: { id }, query }), options);
    const page = await read();
    for (const file of page.data) {
      const renew = async () => (await read()).data.find(({ name }) => name === file.name)?.url;
      yield { file, renew };
    }
    cursor = page.next_cursor;
  } while (cursor !== null);
}

async function* counted<Piece extends Uint8Array>(
  pieces: AsyncIterable<Piece>,
  count: (bytes: number) => void,
): AsyncGenerator<Piece, void> {
  for await (const piece of pieces) {
    count(piece.byteLength);
    yield piece;
  }
}

/** The same pieces, and the error that they ended with, once they have. */
function remembered(pieces: AsyncGenerator<Bytes, void>) {
  let failed: unknown;
  const same = async function* (): AsyncGenerator<Bytes, void> {
    try {
      yield* pieces;
    } catch (error) {
      failed = error;
      throw error;
    }
  };
  return { pieces: same(), failure: () => failed };
}

function compare(listed: ExportFile, expected: Manifest["files"][number] | undefined): void {
  if (expected?.bytes === listed.bytes && expected.sha256 === listed.sha256) return;
  const detail = `${listed.name} is listed with another size or SHA-256 than the manifest has.`;
  throw failure({ code: "file_damaged", status: 0, detail, file: listed.name });
}

const unlisted = (name: string) =>
  failure({ code: "file_damaged", status: 0, detail: `${name} is in the manifest and not listed.`, file: name });
