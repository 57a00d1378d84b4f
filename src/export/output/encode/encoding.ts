/**
 * The encoding of a result: its format, its columns with their names, and its redactions, both as a client requests
 * them and as an export freezes them. resolve.ts turns the one into the other. Every dataset's rows pass through it.
 */

import * as z from "zod";
import type { ColumnType, Edge, RowCondition } from "../../../datasets/column.ts";
import { isOneLine, NOT_ONE_LINE } from "../../../names.ts";
import { COMPRESSIONS } from "../compression/index.ts";
import { PAGE_CODECS } from "./parquet-codecs.ts";

export const FORMATS = ["ndjson", "csv", "parquet"] as const;
export type Format = (typeof FORMATS)[number];

/** The codecs of each format, by name. */
export const CODECS = { ndjson: COMPRESSIONS, csv: COMPRESSIONS, parquet: PAGE_CODECS } as const;
export type CodecName = { [Each in Format]: keyof (typeof CODECS)[Each] }[Format];

const CODEC_NAMES = [...new Set(Object.values(CODECS).flatMap((codecs) => Object.keys(codecs) as CodecName[]))];
export const DEFAULT_CODEC = { ndjson: "gzip", csv: "gzip", parquet: "snappy" } as const satisfies Record<
  Format,
  CodecName
>;

export const MAX_COLUMNS = 2_000;
const MAX_REDACTIONS = 200;

const Path = z
  .string()
  .min(1)
  .max(600)
  .refine(isOneLine, NOT_ONE_LINE)
  .meta({ description: "Names from the row inwards, separated by full stops.", example: "properties.order_id" });

const SelectedColumn = z
  .strictObject({
    path: Path,
    as: z
      .string()
      .min(1)
      .max(200)
      .refine(isOneLine, NOT_ONE_LINE)
      .optional()
      .meta({ description: "The column's name in the result. Default: the path.", example: "order" }),
  })
  .meta({ id: "SelectedColumn" });

const FormatName = z.enum(FORMATS).meta({ id: "ExportFormat" });
const Codec = z.enum(CODEC_NAMES).meta({ id: "Compression" });

/** The parameters of a request that describe the encoding. */
export const encodingShape = {
  format: FormatName.default("ndjson").meta({
    description:
      "`ndjson`: one JSON object per line. `csv`: RFC 4180 with a header. `parquet`: columns are typed from the definitions, files are compressed inside, and the default layout is `files`.",
  }),
  compression: Codec.optional().meta({
    description:
      "Of `ndjson` and `csv`: `gzip`, `zstd` or `none`, and a name ends with `.gz`, `.zst` or neither. Of the pages inside `parquet`: `snappy`, `zstd` or `none`. Default: `gzip`; of `parquet` `snappy`.",
    example: "zstd",
  }),
  columns: z
    .array(SelectedColumn)
    .min(1)
    .max(MAX_COLUMNS)
    .optional()
    .meta({
      description:
        "The result has only these columns, in this order. A path may lead through a list (`items.sku`): its values form a list. Default: every column.",
      example: [{ path: "eventId", as: "id" }, { path: "order_id" }],
    }),
  redact: z
    .record(Path, z.enum(["drop", "sha256"]).meta({ id: "Redaction" }))
    .refine((paths) => Object.keys(paths).length <= MAX_REDACTIONS, `redact may have at most ${MAX_REDACTIONS} paths.`)
    .optional()
    .meta({
      description:
        "Redacts values by path. `drop` removes the value; `sha256` replaces it by a keyed hash (HMAC-SHA-256 in hex, with a key of the space), so that equal values have equal hashes. A list or an object is hashed as JSON.",
      example: { externalPersonId: "sha256" },
    }),
  csv_escape_formulas: z.boolean().optional().meta({
    description:
      "For `csv` only: puts an apostrophe before each text that a spreadsheet would read as a formula, because it begins with =, +, -, @ (also in full width), a tab or a line break. Default: `false`.",
  }),
} as const;

export interface EncodingRequest {
  format: Format;
  compression: CodecName;
  columns?: readonly { path: string; as?: string | undefined }[] | undefined;
  redact?: Readonly<Record<string, "drop" | "sha256">> | undefined;
  csv_escape_formulas?: boolean | undefined;
}

/** A column of the result. */
export interface Field {
  name: string;
  path: readonly string[];
  type: ColumnType;
  /** Every row has a value. */
  required?: true;
  /** Only these rows have a value in it. */
  rows?: RowCondition;
}

export interface Redaction {
  path: readonly string[];
  how: "drop" | "sha256";
  /** Only in these rows. */
  rows?: RowCondition;
}

/** Frozen with an export. An export without one has the dataset's own lines. */
export interface Encoding {
  format: Format;
  /** Null when a row keeps its own shape. */
  fields: readonly Field[] | null;
  /** Deeper paths come first. */
  redact: readonly Redaction[];
  /** Fields of the first and last record that the manifest hides, because the rows hide them. */
  hidden: readonly Edge[];
  escapeFormulas: boolean;
  compression: CodecName;
}

/** Whether the dataset's own lines satisfy the request, however they are compressed. */
export function isPlain(request: EncodingRequest): boolean {
  return request.format === "ndjson" && request.columns === undefined && request.redact === undefined;
}
