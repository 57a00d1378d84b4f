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
import { csvHeader, LINE_END, csvLine } from "./csv.ts";
import { CODECS, DEFAULT_CODEC, type Encoding, type Field } from "./encoding.ts";
import { PAGE_CODECS, type PageCodec } from "./parquet-codecs.ts";
import type { Value } from "./exact-numbers.ts";
import { cellReader, type Row, rowReader } from "./rows.ts";

export const PARQUET_TYPE = "application/vnd.apache.parquet";

/** The form of a file: the dataset's own, or that of the requested format. */
export interface FileForm extends Form {
  /** With its dots, after the name's stem. */
  fileExtension: string;
  /** Null when the format compresses its own pages. */
  compression: Compression | null;
  /** The media type of the stored object. */
  objectType: string;
}

interface OpenEncoder {
  /** Whether rows may be values; otherwise they must be lines. */
  readsValues: boolean;
  form: FileForm;
}

export interface LineEncoder extends OpenEncoder {
  kind: "text";
  compression: Compression;
  /** From the dataset's row to the file's line; null where the dataset's line is the file's. */
  line: ((row: Row) => string) | null;
}

export interface TableEncoder extends OpenEncoder {
  kind: "table";
  fields: readonly Field[];
  codec: PageCodec;
  cells: (row: Row) => Value[];
}

export type Encoder = LineEncoder | TableEncoder;

/** The encoding that is frozen with an export; null where its files hold the dataset's own lines. */
export function encodingOf(row: Pick<ExportRow, "encoding">): Encoding | null {
  return row.encoding === null ? null : (JSON.parse(row.encoding) as Encoding);
}

/** How the export's files are compressed; null when the format compresses its own pages. */
export function compressionOf(encoding: Encoding | null): Compression | null {
  const format = encoding?.format ?? "ndjson";
  if (format === "parquet") return null;
  return codecNamed<Compression>(CODECS[format], encoding?.compression ?? DEFAULT_CODEC[format]);
}

function codecNamed<Codec>(codecs: Readonly<Record<string, Codec>>, name: string): Codec {
  const codec = Object.hasOwn(codecs, name) ? codecs[name] : undefined;
  if (codec === undefined) throw new Error(`no codec is called ${name}`);
  return codec;
}

/** @param own the dataset's form. */
export function fileForm(encoding: Encoding | null, own: Form): FileForm {
  const compression = compressionOf(encoding);
  const form = formatForm(encoding, own);
  return {
    ...form,
    compression,
    fileExtension: form.extension + (compression?.extension ?? ""),
    objectType: compression?.mediaType ?? form.contentType,
  };
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
    const codec = codecNamed<PageCodec>(PAGE_CODECS, encoding?.compression ?? DEFAULT_CODEC.parquet);
    return { kind: "table", readsValues: true, form, fields, codec, cells };
  }
  return { kind: "text", form, compression, ...encodeLine(encoding, key) };
}

function encodeLine(encoding: Encoding | null, key: Uint8Array): Pick<LineEncoder, "line" | "readsValues"> {
  if (encoding === null) return { line: null, readsValues: false };
  const { format, fields, redact, escapeFormulas } = encoding;
  if (fields === null) {
    if (redact.length === 0) return { line: null, readsValues: false };
    const read = rowReader(redact, key);
    // The members keep their order.
    return { line: (row) => JSON.stringify(read(typeof row === "string" ? row : row.line())), readsValues: false };
  }
  const cells = cellReader(fields, redact, key);
  if (format === "csv") return { line: (row) => csvLine(cells(row), escapeFormulas), readsValues: true };
  // Written by hand, because an object would put names that are whole numbers first.
  const keys = fields.map((field) => `${JSON.stringify(field.name)}:`);
  const line = (row: Row) => {
    const values = cells(row);
    return `{${keys.map((name, index) => name + JSON.stringify(values[index])).join()}}`;
  };
  return { line, readsValues: true };
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
