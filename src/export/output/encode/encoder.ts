/** An export's encoding, opened: what its files are, and what becomes of a line. */

import { findRedactionSecret, keepRedactionSecret } from "../../../db/tenants/spaces.ts";
import type { Form } from "../../../datasets/dataset.ts";
import type { ExportRow } from "../../../db/exports/exports.ts";
import { decrypt, encrypt } from "../../../outbound/encryption.ts";
import type { Context } from "../../../context.ts";
import { headerOf, LINE_END, lineOf } from "./csv.ts";
import type { Encoding, Field } from "./encoding.ts";
import { cellsOf, rowReader, type Value } from "./rows.ts";

/** What a file is: the dataset's own form, or that of the format that was asked for. */
export interface FileForm extends Form {
  /** With its dots, after the name's stem. */
  fileExtension: string;
  gzip: boolean;
}

export interface TextEncoding {
  kind: "text";
  form: FileForm;
  /** The media type of the stored object. */
  objectType: string;
  /** From the dataset's line to the file's; null where they are the same. */
  line: ((line: string) => string) | null;
}

export interface TableEncoder {
  kind: "table";
  form: FileForm;
  objectType: string;
  fields: readonly Field[];
  cells: (line: string) => Value[];
}

export type Encoder = TextEncoding | TableEncoder;

/** The encoding that is frozen with an export; null where rows leave as the dataset writes them. */
export function encodingOf(row: Pick<ExportRow, "encoding">): Encoding | null {
  return row.encoding === null ? null : (JSON.parse(row.encoding) as Encoding);
}

const PARQUET = "application/vnd.apache.parquet";

/** What the files of an export are. */
export function fileForm(encoding: Encoding | null, own: Form): FileForm {
  switch (encoding?.format) {
    case undefined:
    case "ndjson":
      return { ...own, fileExtension: `${own.extension}.gz`, gzip: true };
    case "csv":
      return {
        ...own,
        contentType: "text/csv",
        fileExtension: ".csv.gz",
        gzip: true,
        before: headerOf(encoding?.fields ?? [], encoding?.escapeFormulas ?? false),
        between: "",
        lineEnd: LINE_END,
        after: "",
      };
    case "parquet":
      return { ...own, contentType: PARQUET, fileExtension: ".parquet", gzip: false };
  }
}

/** @param own the dataset's form. */
export async function openEncoder(context: SecretContext, row: ExportRow, own: Form): Promise<Encoder> {
  const encoding = encodingOf(row);
  const form = fileForm(encoding, own);
  if (encoding === null) return { kind: "text", form, objectType: "application/gzip", line: null };
  const hashes = encoding.redact.some(({ how }) => how === "sha256");
  return encoderOf(encoding, form, hashes ? await redactionKey(context, row.space_id) : new Uint8Array());
}

/** @param key of the hashes. */
export function encoderOf(encoding: Encoding, form: FileForm, key: Uint8Array): Encoder {
  const { format, fields, escapeFormulas } = encoding;
  const read = rowReader(encoding, key);
  if (format === "parquet")
    return {
      kind: "table",
      form,
      objectType: PARQUET,
      fields: fields ?? [],
      cells: (line) => cellsOf(read(line), fields ?? []),
    };
  const line =
    format === "csv"
      ? (text: string) => lineOf(cellsOf(read(text), fields ?? []), escapeFormulas)
      : objects(read, fields);
  return { kind: "text", form, objectType: "application/gzip", line };
}

/** Names in the order of the fields, whatever they are: an object would put whole numbers first. */
function objects(read: (line: string) => Value, fields: readonly Field[] | null): (line: string) => string {
  if (fields === null) return (line) => JSON.stringify(read(line));
  const keys = fields.map((field) => `${JSON.stringify(field.name)}:`);
  return (line) => {
    const cells = cellsOf(read(line), fields);
    return `{${keys.map((key, index) => key + JSON.stringify(cells[index])).join()}}`;
  };
}

type SecretContext = Pick<Context, "config" | "databases" | "runtime">;

/** The space's own key of its hashes: made when it is first needed, and never changed. */
export async function redactionKey(context: SecretContext, spaceId: string): Promise<Uint8Array> {
  const { config, databases, runtime } = context;
  const fresh = () => encrypt(config.secretsKey, spaceId, base64(runtime.randomBytes(32)), runtime.randomBytes(12));
  const sealed =
    (await findRedactionSecret(databases.control, spaceId)) ??
    (await keepRedactionSecret(databases.control, spaceId, await fresh()));
  return Buffer.from(await decrypt(config.secretsKey, spaceId, sealed), "base64");
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
