/**
 * The result as one stream, plain or gzipped. Files are stored as gzip members whose segments end on a byte, so several
 * are joined into one member without compressing again: headers and trailers are dropped, and the CRCs are combined.
 */

import { gzipSync } from "node:zlib";
import { findExport, type ExportRow } from "../../db/exports/exports.ts";
import { type ChunkRow, listChunks } from "../../db/exports/chunks.ts";
import { type FileRow, listFiles } from "../../db/exports/files.ts";
import { SpillwayError } from "../../errors.ts";
import { combineCrc32, GZIP_HEADER, GZIP_TRAILER_BYTES, gzipTrailer } from "../../export/output/gzip.ts";
import { encodingOf, type FileForm, fileForm } from "../../export/output/encode/encoder.ts";
import type { Encoding } from "../../export/output/encode/encoding.ts";
import { emptyParquet } from "../../export/output/encode/parquet.ts";
import { sourceOf } from "../../context.ts";
import { fileKey, isCustomers } from "../../export/delivery/object-keys.ts";
import { utf8 } from "../../outbound/s3.ts";
import type { Call } from "../route.ts";

/** The only format whose files can be concatenated. */
const NDJSON = "application/x-ndjson";

/** Each file is a request to the bucket, and an invocation may make a limited number of them. */
const MAX_JOINED = 1_000;

/** @throws not_found until the export is completed, gone, export_failed; conflict for files in a customer's bucket. */
export async function content(call: Call, spaceId: string, exportId: string): Promise<Response> {
  call.notes["export_id"] = exportId;
  const row = await findExport(call.databases.control, spaceId, exportId);
  if (row === null || row.status === "expired" || row.status === "canceled")
    throw new SpillwayError(
      "gone",
      "No export with this id has content: it is unknown, canceled or expired. Create a new export.",
    );
  if (row.status === "failed")
    throw new SpillwayError("export_failed", "The export failed. GET the export to see why.");
  if (row.status !== "completed")
    throw new SpillwayError(
      "not_found",
      "The export is not completed yet. Poll it, and ask again when its status is completed.",
      { retryAfterSeconds: 2 },
    );

  refuseDelivered(row);
  const [files, chunks] = await Promise.all([
    listFiles(call.databases.control, spaceId, exportId),
    listChunks(call.databases.control, spaceId, exportId),
  ]);
  const form = fileForm(encodingOf(row), sourceOf(call.context, row).form);
  if (files.length > 1 && form.contentType !== NDJSON)
    throw new SpillwayError("conflict", "Several files of this format cannot be joined. Download them one by one.");
  if (files.length > MAX_JOINED)
    throw new SpillwayError("conflict", `At most ${MAX_JOINED} files are joined. Download the files one by one.`);
  const headers = new Headers({
    "content-type": form.contentType,
    vary: "Accept-Encoding",
    "cache-control": "no-store",
  });
  const gzip = form.gzip && acceptsGzip(call.request);
  if (files.length === 0) return emptyFile(encodingOf(row), form, gzip, headers);
  if (!form.gzip) return asStored(call, row, files[0], headers);
  const member = joined(call, row, files, chunks);
  if (!gzip) return new Response(member.pipeThrough(new DecompressionStream("gzip")), { headers });
  headers.set("content-encoding", "gzip");
  return new Response(member, { headers, encodeBody: "manual" });
}

/** @throws conflict for an export whose files are in a customer's own bucket. */
export function refuseDelivered(row: ExportRow): void {
  if (isCustomers(row))
    throw new SpillwayError("conflict", "The files of this export are in your own bucket. Download them from there.");
}

/** The content of an export without rows, which has no file. */
function emptyFile(encoding: Encoding | null, form: FileForm, gzip: boolean, headers: Headers): Response {
  const body = encoding?.format === "parquet" ? emptyParquet(encoding.fields ?? []) : utf8(form.before + form.after);
  if (!gzip) return new Response(body, { headers });
  headers.set("content-encoding", "gzip");
  return new Response(gzipSync(body), { headers, encodeBody: "manual" });
}

/** A file that is not gzipped is streamed unchanged. */
async function asStored(call: Call, row: ExportRow, file: FileRow | undefined, headers: Headers): Promise<Response> {
  const stored = file === undefined ? null : await call.context.bucket.get(fileKey(row, file.name));
  if (stored === null) throw new Error("a file of a completed export is missing");
  return new Response(stored.body, { headers });
}

/** The runtime rewrites Accept-Encoding; `cf` has the value that the client sent. */
function acceptsGzip(request: Request): boolean {
  const sent = request.cf?.["clientAcceptEncoding"];
  const accepted = typeof sent === "string" ? sent : (request.headers.get("accept-encoding") ?? "");
  return accepted.split(",").some((each) => {
    const [coding, ...parameters] = each.split(";").map((part) => part.trim().toLowerCase());
    const refused = parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
    return (coding === "gzip" || coding === "*") && !refused;
  });
}

/** All files as one gzip member. */
function joined(
  call: Call,
  row: ExportRow,
  files: readonly FileRow[],
  chunks: readonly ChunkRow[],
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>();
  call.waitUntil(
    writeAll(call, row, files, chunks, writable).catch(async (thrown: unknown) => {
      // The reader sees an aborted stream, and cannot mistake a part for the whole.
      await writable.abort(thrown).catch(() => {});
    }),
  );
  return readable;
}

async function writeAll(
  call: Call,
  row: ExportRow,
  files: readonly FileRow[],
  chunks: readonly ChunkRow[],
  writable: WritableStream<Uint8Array>,
): Promise<void> {
  let crc32 = 0;
  let bytes = 0;
  await put(writable, GZIP_HEADER);
  for (const file of files) {
    const length = (file.bytes ?? 0) - GZIP_HEADER.length - GZIP_TRAILER_BYTES;
    if (length === 0) continue;
    const response = await call.context.bucket.get(fileKey(row, file.name), { from: GZIP_HEADER.length, length });
    if (response?.body === null || response === null) throw new Error("a file of a completed export is missing");
    await response.body.pipeTo(writable, { preventClose: true });
  }
  for (const chunk of chunks) {
    crc32 = combineCrc32(crc32, chunk.crc32 ?? 0, chunk.uncompressed_bytes ?? 0);
    bytes += chunk.uncompressed_bytes ?? 0;
  }
  await put(writable, gzipTrailer(crc32, bytes));
  await writable.close();
}

async function put(writable: WritableStream<Uint8Array>, bytes: Uint8Array): Promise<void> {
  const writer = writable.getWriter();
  await writer.write(bytes);
  writer.releaseLock();
}
