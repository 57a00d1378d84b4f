/** S3's XML: answers as values, null for an answer that is not as S3 specifies. */

import { XMLParser } from "fast-xml-parser";
import * as z from "zod";

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

/** Is stored, and sent back. */
const UploadId = z.string().min(1).max(2_048);
const Listing = z.object({ ListBucketResult: element({ Contents: listOf(z.object({ Key: z.string() })) }) });
const Uploads = z.object({
  ListMultipartUploadsResult: element({ Upload: listOf(z.object({ Key: z.string(), UploadId: UploadId })) }),
});
const Begun = z.object({ InitiateMultipartUploadResult: z.object({ UploadId }) });
const Completed = z.object({ CompleteMultipartUploadResult: z.unknown() });
const Deleted = z.object({ DeleteResult: element({ Error: listOf(z.object({ Code: z.string() })) }) });
const Refusal = z.object({
  Error: z.object({ Code: z.string(), Message: z.string().optional(), Region: z.string().optional() }),
});

export function keysIn(answer: string): string[] | null {
  return readXml(Listing, answer)?.ListBucketResult.Contents.map((object) => object.Key) ?? null;
}

export function uploadsIn(answer: string): { key: string; uploadId: string }[] | null {
  const uploads = readXml(Uploads, answer)?.ListMultipartUploadsResult.Upload;
  return uploads?.map((upload) => ({ key: upload.Key, uploadId: upload.UploadId })) ?? null;
}

export function uploadIdIn(answer: string): string | null {
  return readXml(Begun, answer)?.InitiateMultipartUploadResult.UploadId ?? null;
}

export function isCompleted(answer: string): boolean {
  return readXml(Completed, answer)?.CompleteMultipartUploadResult !== undefined;
}

/** The body of CompleteMultipartUpload. */
export function completionXml(parts: readonly UploadedPart[]): string {
  const list = parts.map((p) => `<Part><PartNumber>${p.number}</PartNumber><ETag>${escapeXml(p.etag)}</ETag></Part>`);
  return `<CompleteMultipartUpload>${list.join("")}</CompleteMultipartUpload>`;
}

/** The body of DeleteObjects, whose answer then names failures alone. */
export function deletionXml(keys: readonly string[]): string {
  const list = keys.map((key) => `<Object><Key>${escapeXml(key)}</Key></Object>`);
  return `<Delete>${list.join("")}<Quiet>true</Quiet></Delete>`;
}

/** The codes of the objects that were not deleted. */
export function notDeletedIn(answer: string): string[] | null {
  return readXml(Deleted, answer)?.DeleteResult.Error.map((error) => error.Code) ?? null;
}

/** The fields of an error answer; empty where they are missing. */
export function refusalIn(answer: string): { code: string; message: string; region: string } {
  const error = readXml(Refusal, answer)?.Error;
  return { code: error?.Code ?? "", message: error?.Message ?? "", region: error?.Region ?? "" };
}

/** S3 defines no entities of its own, so few are enough; the others are XML's five. */
const ENTITIES = { enabled: true, maxEntityCount: 10, maxTotalExpansions: 100_000, maxExpandedLength: 100_000 };

/** @returns null when the text is not XML or does not match the schema. */
export function readXml<Output>(schema: z.ZodType<Output>, text: string): Output | null {
  let xml: unknown;
  try {
    xml = new XMLParser({ parseTagValue: false, ignoreAttributes: true, processEntities: ENTITIES }).parse(text);
  } catch {
    return null;
  }
  return schema.safeParse(xml).data ?? null;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
