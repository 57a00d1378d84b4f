/** What S3 writes and reads as XML: its answers as values, null where an answer is not what it should be; and its error codes. */

import { XMLParser } from "fast-xml-parser";
import * as z from "zod";
import type { ErrorCode } from "../errors.ts";

export interface UploadedPart {
  number: number;
  etag: string;
}

/** A list of one item reads as the item, a list of none as nothing. */
const listOf = <Item extends z.ZodType>(item: Item) =>
  z.preprocess((value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]), z.array(item));
/** An element without any content reads as an empty text. */
const element = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.preprocess((value) => (value === "" ? {} : value), z.object(shape));

const Listing = z.object({ ListBucketResult: element({ Contents: listOf(z.object({ Key: z.string() })) }) });
const Uploads = z.object({
  ListMultipartUploadsResult: element({ Upload: listOf(z.object({ Key: z.string(), UploadId: z.string() })) }),
});
const Begun = z.object({ InitiateMultipartUploadResult: z.object({ UploadId: z.string().min(1) }) });
const Completed = z.object({ CompleteMultipartUploadResult: z.unknown() });
const Refusal = z.object({ Error: z.object({ Code: z.string() }) });

export function keysIn(answer: string): string[] | null {
  return read(Listing, answer)?.ListBucketResult.Contents.map((object) => object.Key) ?? null;
}

export function uploadsIn(answer: string): { key: string; uploadId: string }[] | null {
  const uploads = read(Uploads, answer)?.ListMultipartUploadsResult.Upload;
  return uploads?.map((upload) => ({ key: upload.Key, uploadId: upload.UploadId })) ?? null;
}

export function uploadIdIn(answer: string): string | null {
  return read(Begun, answer)?.InitiateMultipartUploadResult.UploadId ?? null;
}

/** S3 may answer 200 and then an error, once it has begun to keep the connection alive. */
export function isCompleted(answer: string): boolean {
  return read(Completed, answer)?.CompleteMultipartUploadResult !== undefined;
}

/** What completes a multipart upload. */
export function completionOf(parts: readonly UploadedPart[]): string {
  const list = parts.map((p) => `<Part><PartNumber>${p.number}</PartNumber><ETag>${escapeXml(p.etag)}</ETag></Part>`);
  return `<CompleteMultipartUpload>${list.join("")}</CompleteMultipartUpload>`;
}

/** S3's own code of a refusal; empty where it gives none. */
export function codeIn(answer: string): string {
  return read(Refusal, answer)?.Error.Code ?? "";
}

/** What S3's codes mean here. */
export const CODES: Readonly<Record<string, ErrorCode>> = {
  NoSuchBucket: "bucket_not_found",
  RequestTimeTooSkewed: "clock_skew",
  AccessDenied: "bucket_denied",
  InvalidAccessKeyId: "bucket_denied",
  SignatureDoesNotMatch: "bucket_denied",
};

function read<Output>(schema: z.ZodType<Output>, text: string): Output | null {
  let xml: unknown;
  try {
    xml = new XMLParser({ parseTagValue: false, ignoreAttributes: true, processEntities: true }).parse(text);
  } catch {
    return null;
  }
  return schema.safeParse(xml).data ?? null;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
