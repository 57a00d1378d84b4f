/**
 * How rows leave: the format, which columns under which names, and what is kept from the reader. As it is asked for,
 * and as it is frozen with an export; resolve.ts makes one of the other. Every dataset's rows go through here.
 */

import * as z from "zod";
import type { ColumnType, Edge } from "../../../datasets/dataset.ts";

export const FORMATS = ["ndjson", "csv", "parquet"] as const;
export type Format = (typeof FORMATS)[number];

/** Columns that one file may have. */
export const MAX_COLUMNS = 2_000;
const MAX_REDACTIONS = 200;

const Path = z
  .string()
  .min(1)
  .max(600)
  .meta({ description: "Names from the row inwards, with full stops between.", example: "properties.order_id" });

/** The parameters of a request that say how rows leave. */
export const encodingShape = {
  format: z.enum(FORMATS).default("ndjson").meta({
    description:
      "`ndjson`: a JSON object a line. `csv`: RFC 4180 with a header. `parquet`: typed from the definitions; not gzipped, as `files` by default.",
  }),
  columns: z
    .array(
      z.strictObject({
        path: Path,
        as: z
          .string()
          .min(1)
          .max(200)
          .refine((name) => name.isWellFormed(), "A name is whole characters: half of a surrogate pair is none.")
          .optional()
          .meta({ description: "Another name for it.", example: "order" }),
      }),
    )
    .min(1)
    .max(MAX_COLUMNS)
    .optional()
    .meta({
      description:
        "These columns alone, in this order. A path may go through a list (`items.sku`): it gives a list. Left out: every column.",
      example: [{ path: "eventId", as: "id" }, { path: "order_id" }],
    }),
  redact: z
    .record(Path, z.enum(["drop", "sha256"]))
    .refine((paths) => Object.keys(paths).length <= MAX_REDACTIONS, `At most ${MAX_REDACTIONS} paths.`)
    .optional()
    .meta({
      description:
        "Personal data by path: `drop` leaves it out, `sha256` puts a keyed hash (HMAC-SHA-256 in hex, the key is the space's own) in its place: equal values stay equal. Of a list or an object its JSON is hashed.",
      example: { externalPersonId: "sha256" },
    }),
  csv_escape_formulas: z.boolean().optional().meta({
    description:
      "For `csv`: a text that a spreadsheet would take for a formula (it begins with =, +, -, @, also in full width, a tab or a line break) gets an apostrophe before it. Default: `false`.",
  }),
} as const;

export interface EncodingRequest {
  format: Format;
  columns?: readonly { path: string; as?: string | undefined }[] | undefined;
  redact?: Readonly<Record<string, "drop" | "sha256">> | undefined;
  csv_escape_formulas?: boolean | undefined;
}

/** A column of the result. */
export interface Field {
  name: string;
  path: readonly string[];
  type: ColumnType;
}

export interface Redaction {
  path: readonly string[];
  how: "drop" | "sha256";
}

/** What is frozen with an export. Null where rows leave as the dataset writes them. */
export interface Encoding {
  format: Format;
  /** Null: a row keeps its own shape. */
  fields: readonly Field[] | null;
  /** What stands within another path comes before it. */
  redact: readonly Redaction[];
  /** What the manifest does not say of a file's first and last record, because the rows do not. */
  hidden: readonly Edge[];
  escapeFormulas: boolean;
}

/** Does this request need anything but the dataset's own lines? */
export function isPlain(request: EncodingRequest): boolean {
  return request.format === "ndjson" && request.columns === undefined && request.redact === undefined;
}

/**
 * Does the result depend on which columns the rows have, and of which types? What names its columns as texts does not.
 */
export function dependsOnRows({ format, columns }: EncodingRequest): boolean {
  return format === "parquet" || (format === "csv" && columns === undefined);
}
