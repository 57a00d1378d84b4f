/**
 * The result as one stream, plain or compressed. One file that the client takes as it is stored is sent as it is, also
 * in parts. Compressed blocks join without compressing anything again, so several stored files become one: their
 * headers and trailers are cut off, and one header and one trailer enclose all blocks.
 */

import { findExport, type ExportRow } from "../../db/exports/exports.ts";
import { chunkPages } from "../../db/exports/chunks.ts";
import { type FileRow, listFilesAfter } from "../../db/exports/files.ts";
import { SpillwayError } from "../../errors.ts";
import { type Compression, compressFile } from "../../export/output/compression/codec.ts";
import { concatContent, contentOfChunks, EMPTY } from "../../export/output/crc32.ts";
import { encodingOf, type FileForm, fileForm } from "../../export/output/encode/encoder.ts";
import type { Encoding } from "../../export/output/encode/encoding.ts";
import { emptyParquet } from "../../export/output/encode/parquet.ts";
import { sourceOf } from "../../context.ts";
import { fileKey, isCustomerBucket } from "../../export/delivery/object-keys.ts";
import { log } from "../../log.ts";
import { utf8 } from "../../outbound/s3.ts";
import { noteExport } from "../middleware/request-log.ts";
import type { Call } from "../route.ts";
import { hasVersion, wantsVersion } from "../etag.ts";
import { requireResult } from "./no-result.ts";
import { contentRange, type Part, partOf } from "./ranges.ts";

/** The only format whose files can be concatenated. */
const NDJSON = "application/x-ndjson";

/** Each file is a request to the bucket, and an invocation may make a limited number of them. */
const MAX_JOINED = 1_000;

/** @throws not_found until the export is completed, gone, export_failed; conflict for files in a customer's bucket. */
export async function content(call: Call, spaceId: string, exportId: string): Promise<Response> {
  noteExport(call, exportId);
  const row = await findExport(call.databases.control, spaceId, exportId);
  requireResult(row);
  refuseDelivered(row);
  const files = await listFilesAfter(call.databases.control, row, -1, MAX_JOINED + 1);
  const form = fileForm(encodingOf(row), sourceOf(call.context, row).form);
  if (files.length > 1 && form.contentType !== NDJSON)
    throw new SpillwayError("conflict", "Several files of this format cannot be joined. Download them one by one.");
  if (files.length > MAX_JOINED)
    throw new SpillwayError("conflict", `At most ${MAX_JOINED} files are joined. Download the files one by one.`);
  const { compression } = form;
  const { compressed, headers } = negotiate(call.request, form);
  if (files.length === 0) return emptyFile(call, encodingOf(row), form, compressed, headers);
  const [only, ...others] = files;
  const isAsStored = compressed || (compression?.contentEncoding ?? null) === null;
  if (only !== undefined && others.length === 0 && isAsStored) return sendStored(call, row, only, headers);
  requireVersion(call.request, null);
  // RFC 9110, 14.3: of what is decompressed or joined on the way, no part can be asked for.
  headers.set("accept-ranges", "none");
  if (compression === null) throw new Error("files without a compression are not joined");
  const file = await joined(call, { row, files }, compression);
  if (!compressed) return new Response(compression.decompress(file), { headers });
  return new Response(file, { headers, encodeBody: "manual" });
}

/**
 * A file as it is stored: the whole, or a part of it.
 * @throws precondition_failed; range_not_satisfiable for a range beyond its end; gone where it is missing;
 * destination_unavailable.
 */
async function sendStored(call: Call, row: ExportRow, file: FileRow, headers: Headers): Promise<Response> {
  const bytes = file.bytes ?? 0;
  const etag = `"${file.sha256}"`;
  headers.set("accept-ranges", "bytes");
  headers.set("etag", etag);
  requireVersion(call.request, etag);
  if (hasVersion(call.request, etag)) return new Response(null, { status: 304, headers });
  const part = partOf(call.request, bytes, etag);
  if (part === "beyond") {
    const more = { headers: { "content-range": contentRange(part, bytes) } };
    throw new SpillwayError(
      "range_not_satisfiable",
      `The content has ${bytes} bytes, and the range begins after them.`,
      more,
    );
  }
  headers.set("content-length", String(part?.length ?? bytes));
  if (part !== null) headers.set("content-range", contentRange(part, bytes));
  const body = call.request.method === "HEAD" ? null : await storedFile(call, row, file, part ?? undefined);
  return new Response(body, { status: part === null ? 200 : 206, headers, encodeBody: "manual" });
}

/** @throws precondition_failed where the content is not the version that the request names. */
function requireVersion(request: Request, etag: string | null): void {
  if (wantsVersion(request, etag)) return;
  const detail =
    etag === null
      ? "This content is joined or decompressed on the way, and has no version that If-Match could name: send no If-Match."
      : `The content's version is ${etag}, and If-Match names another: get it as a whole.`;
  throw new SpillwayError("precondition_failed", detail);
}

/** @throws conflict for an export whose files are in a customer's own bucket. */
export function refuseDelivered(row: ExportRow): void {
  if (isCustomerBucket(row))
    throw new SpillwayError("conflict", "The files of this export are in your own bucket. Download them from there.");
}

/** The content of an export without rows, which has no file. */
function emptyFile(
  call: Call,
  encoding: Encoding | null,
  { before, after, compression }: FileForm,
  compressed: boolean,
  headers: Headers,
): Response {
  const body = encoding?.format === "parquet" ? emptyParquet(encoding.fields ?? []) : utf8(before + after);
  if (compression === null || !compressed) return new Response(body, { headers });
  const file = compressFile(compression, body, call.config);
  return new Response(file, { headers, encodeBody: "manual" });
}

/** One file of a completed export whose files are in the service's own bucket: plain, or compressed as it is stored. */
export async function fileContent(call: Call, row: ExportRow, file: FileRow): Promise<Response> {
  const form = fileForm(encodingOf(row), sourceOf(call.context, row).form);
  const { compressed, headers } = negotiate(call.request, form);
  const stored = await storedFile(call, row, file);
  if (compressed) return new Response(stored, { headers, encodeBody: "manual" });
  return new Response(form.compression === null ? stored : form.compression.decompress(stored), { headers });
}

/** Whether the answer is compressed, as the client accepts it; and its headers. */
function negotiate(request: Request, { contentType, compression }: FileForm) {
  const headers = new Headers({
    "content-type": contentType,
    vary: "Accept-Encoding",
    "cache-control": "no-store",
  });
  const coding = compression?.contentEncoding ?? null;
  const compressed = coding !== null && accepts(request, coding);
  if (compressed) headers.set("content-encoding", coding);
  return { compressed, headers };
}

/** @throws gone where the bucket has no object at the file's key; destination_unavailable. */
async function storedFile(call: Call, row: ExportRow, { name }: FileRow, part?: Part) {
  const stored = await call.context.bucket.get(fileKey(row, name), part);
  if (stored === null || stored.body === null) {
    log("export.file_missing", { export_id: row.id, file: name });
    throw new SpillwayError(
      "gone",
      `The file ${name} is not stored any more. POST /v1/exports/{id}/verify lists every file that is missing. A new export has the same rows while they are kept.`,
    );
  }
  return stored.body as ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** The runtime rewrites Accept-Encoding; `cf` has the value that the client sent. */
function accepts(request: Request, contentEncoding: string): boolean {
  const sent = request.cf?.["clientAcceptEncoding"];
  const accepted = typeof sent === "string" ? sent : (request.headers.get("accept-encoding") ?? "");
  const qualities = new Map(accepted.split(",").map(qualityOf));
  // "*" stands for the codings that the field does not name (RFC 9110, section 12.5.3).
  return (qualities.get(contentEncoding) ?? qualities.get("*") ?? 0) > 0;
}

function qualityOf(element: string): [coding: string, quality: number] {
  const [coding = "", ...parameters] = element.split(";").map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith("q="));
  return [coding, weight === undefined ? 1 : Number(weight.slice(2))];
}

/** An export with its files. */
interface Stored {
  row: ExportRow;
  files: readonly FileRow[];
}

/** All files, joined into one. @throws gone without the first file; destination_unavailable. */
async function joined(
  call: Call,
  stored: Stored,
  compression: Compression,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const bodies = blocksOf(call, stored, compression);
  // The first file is opened before the answer begins: its status can still say that the bucket is away.
  const first = await bodies.next();
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>();
  const writing = async () => {
    await put(writable, compression.join.header);
    if (first.done !== true) await first.value.pipeTo(writable, { preventClose: true });
    for await (const body of bodies) await body.pipeTo(writable, { preventClose: true });
    await put(writable, compression.join.trailer(await wholeOf(call, stored.row)));
    await writable.close();
  };
  call.waitUntil(
    writing().catch(async (thrown: unknown) => {
      // The reader sees an aborted stream, and cannot mistake a part for the whole.
      await writable.abort(thrown).catch(() => {});
    }),
  );
  return readable;
}

/** The compressed blocks of each file, without its header and trailer. Files without blocks are passed over. */
async function* blocksOf(call: Call, { row, files }: Stored, { join }: Compression) {
  const headerBytes = join.header.length;
  for (const file of files) {
    const length = (file.bytes ?? 0) - headerBytes - join.trailerBytes;
    if (length === 0) continue;
    yield await storedFile(call, row, file, { from: headerBytes, length });
  }
}

/** Length and checksum of everything that the export's chunks wrote. */
async function wholeOf(call: Call, row: ExportRow) {
  let whole = EMPTY;
  for await (const page of chunkPages(call.databases.control, row)) whole = concatContent(whole, contentOfChunks(page));
  return whole;
}

async function put(writable: WritableStream<Uint8Array>, bytes: Uint8Array): Promise<void> {
  const writer = writable.getWriter();
  await writer.write(bytes);
  writer.releaseLock();
}
