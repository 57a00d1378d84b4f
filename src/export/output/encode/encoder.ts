/**
 * An export's encoding, ready to use: the form of its files, and a function from a dataset's line to a file's line or
 * cells.
 */

import { findRedactionSecret, keepRedactionSecret } from "../../../db/tenants/spaces.ts";
import type { Form } from "../../../datasets/dataset.ts";
import type { ExportRow } from "../../../db/exports/exports.ts";
import { decrypt, encrypt } from "../../../outbound/encryption.ts";
import type { Context } from "../../../context.ts";
import type { Compression } from "../compression/codec.ts";
import { COMPRESSIONS } from "../compression/index.ts";
import { csvHeader, LINE_END, csvLine } from "./csv.ts";
import type { Encoding, Field } from "./encoding.ts";
import { cellReader, rowReader, type Value } from "./rows.ts";

export const PARQUET_TYPE = "application/vnd.apache.parquet";

/** The form of a file: the dataset's own, or that of the requested format. */
export interface FileForm extends Form {
  /** With its dots, after the name's stem. */
  fileExtension: string;
  /** Null when the format compresses its own pages. */
  compression: Compression | null;
}

interface OpenEncoder {
  form: FileForm;
  /** The media type of the stored object. */
  objectType: string;
}

export interface LineEncoder extends OpenEncoder {
  kind: "text";
  compression: Compression;
  /** From the dataset's line to the file's; null where they are the same. */
  line: ((line: string) => string) | null;
}

export interface TableEncoder extends OpenEncoder {
  kind: "table";
  fields: readonly Field[];
  cells: (line: string) => Value[];
}

export type Encoder = LineEncoder | TableEncoder;

/** The encoding that is frozen with an export; null where its files hold the dataset's own lines. */
export function encodingOf(row: Pick<ExportRow, "encoding">): Encoding | null {
  return row.encoding === null ? null : (JSON.parse(row.encoding) as Encoding);
}

/** How the export's files are compressed; null when the format compresses its own pages. */
export const compressionOf = (encoding: Encoding | null): Compression | null =>
  encoding?.format === "parquet" ? null : COMPRESSIONS.gzip;

/** @param own the dataset's form. */
export function fileForm(encoding: Encoding | null, own: Form): FileForm {
  const compression = compressionOf(encoding);
  const form = formatForm(encoding, own);
  return { ...form, compression, fileExtension: form.extension + (compression?.extension ?? "") };
}

function formatForm(encoding: Encoding | null, own: Form): Form {
  switch (encoding?.format) {
    case undefined:
    case "ndjson":
      return own;
    case "csv":
      return {
        contentType: "text/csv",
        extension: ".csv",
        before: csvHeader(encoding?.fields ?? [], encoding?.escapeFormulas ?? false),
        between: "",
        lineEnd: LINE_END,
        after: "",
      };
    case "parquet":
      return { ...own, contentType: PARQUET_TYPE, extension: ".parquet" };
  }
}

/** @param own the dataset's form. */
export async function openEncoder(context: SecretContext, row: ExportRow, own: Form): Promise<Encoder> {
  const encoding = encodingOf(row);
  const hashes = encoding?.redact.some(({ how }) => how === "sha256") === true;
  const key = hashes ? await redactionKey(context, row.space_id) : new Uint8Array();
  return createEncoder(encoding, fileForm(encoding, own), key);
}

/** @param key of the hashes; empty where the encoding has none. */
export function createEncoder(encoding: Encoding | null, form: FileForm, key: Uint8Array): Encoder {
  const { compression } = form;
  if (compression === null) {
    const fields = encoding?.fields ?? [];
    const cells = cellReader(fields, encoding?.redact ?? [], key);
    return { kind: "table", form, objectType: form.contentType, fields, cells };
  }
  const line = encoding === null ? null : encodeLine(encoding, key);
  return { kind: "text", form, compression, objectType: compression.mediaType, line };
}

function encodeLine({ format, fields, redact, escapeFormulas }: Encoding, key: Uint8Array): (line: string) => string {
  if (fields === null) {
    const read = rowReader(redact, key);
    return (line) => JSON.stringify(read(line));
  }
  const cells = cellReader(fields, redact, key);
  if (format === "csv") return (line) => csvLine(cells(line), escapeFormulas);
  // Written by hand, because an object would put names that are whole numbers first.
  const keys = fields.map((field) => `${JSON.stringify(field.name)}:`);
  return (line) => {
    const values = cells(line);
    return `{${keys.map((name, index) => name + JSON.stringify(values[index])).join()}}`;
  };
}

type SecretContext = Pick<Context, "config" | "databases" | "runtime">;

/** The key of a space's hashes: created at its first use, and never changed. */
export async function redactionKey(context: SecretContext, spaceId: string): Promise<Uint8Array> {
  const { config, databases, runtime } = context;
  const place = { purpose: "redaction-key", row: spaceId } as const;
  const create = () => encrypt(config.secretsKey, place, base64(runtime.randomBytes(32)), runtime.randomBytes(12));
  const encrypted =
    (await findRedactionSecret(databases.control, spaceId)) ??
    (await keepRedactionSecret(databases.control, spaceId, await create()));
  return Buffer.from(await decrypt(config.secretsKey, place, encrypted), "base64");
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
