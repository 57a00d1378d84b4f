/**
 * How rows leave: the format, which columns under which names, and what is kept from the reader. Checked against the dataset's
 * columns when the export is asked for, and frozen with it. Every dataset's rows go through here.
 */

import * as z from "zod";
import type { Column, ColumnType } from "../../datasets/dataset.ts";
import { type Fault, invalid } from "../../errors.ts";

export const FORMATS = ["ndjson", "csv", "parquet"] as const;
export type Format = (typeof FORMATS)[number];

/** Columns that one file may have. */
const MOST_COLUMNS = 2_000;
const MOST_REDACTIONS = 200;

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
        as: z.string().min(1).max(200).optional().meta({ description: "Another name for it." }),
      }),
    )
    .min(1)
    .max(MOST_COLUMNS)
    .optional()
    .meta({ description: "These columns alone, in this order. Left out: all of them." }),
  redact: z
    .record(Path, z.enum(["drop", "sha256"]))
    .refine((paths) => Object.keys(paths).length <= MOST_REDACTIONS, `At most ${MOST_REDACTIONS} paths.`)
    .optional()
    .meta({
      description:
        "Personal data by path: `drop` leaves it out, `sha256` puts a keyed hash (HMAC-SHA-256 in hex, the key is the space's own) in its place: equal values stay equal.",
      example: { externalPersonId: "sha256" },
    }),
  csv_escape_formulas: z.boolean().optional().meta({
    description:
      "For `csv`: a text that a spreadsheet would take for a formula (it begins with =, +, -, @, a tab or a carriage return) gets an apostrophe before it.",
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

/** What is frozen with an export. Null where rows leave as the dataset writes them. */
export interface Encoding {
  format: Format;
  /** Null: a row keeps its own shape. */
  fields: readonly Field[] | null;
  redact: readonly { path: readonly string[]; how: "drop" | "sha256" }[];
  escapeFormulas: boolean;
}

/** Does this request need anything but the dataset's own lines? */
export function isPlain(request: EncodingRequest): boolean {
  return request.format === "ndjson" && request.columns === undefined && request.redact === undefined;
}

/**
 * @param columns the dataset's; null where its result is one document.
 * @throws invalid_request naming the column or the path.
 */
export function resolveEncoding(request: EncodingRequest, columns: readonly Column[] | null): Encoding | null {
  const faults: Fault[] = [];
  if (request.csv_escape_formulas !== undefined && request.format !== "csv")
    faults.push({ pointer: "/csv_escape_formulas", detail: "csv_escape_formulas is for the format csv alone." });
  if (faults.length === 0 && isPlain(request)) return null;
  if (columns === null)
    throw invalid({ pointer: "/format", detail: "This dataset gives one JSON document: it has no columns." });
  const known = new Map(columns.map((column) => [column.path.join("."), column]));
  const redact = Object.entries(request.redact ?? {}).map(([path, how]) => {
    if (typeOf(known, path) === null)
      faults.push({ pointer: `/redact/${token(path)}`, detail: `The rows have no ${path}.` });
    return { path: path.split("."), how };
  });
  const hashed = new Set(redact.filter((each) => each.how === "sha256").map((each) => each.path.join(".")));
  const dropped = (path: string) =>
    redact.some((each) => each.how === "drop" && `${path}.`.startsWith(`${each.path.join(".")}.`));
  const typed = (path: string, type: ColumnType): ColumnType => (hashed.has(path) ? "text" : type);

  let fields: Field[] | null = null;
  if (request.columns !== undefined) {
    fields = [];
    const names = new Set<string>();
    for (const [index, { path, as }] of request.columns.entries()) {
      const at = `/columns/${index}`;
      const type = typeOf(known, path);
      const name = as ?? path;
      if (type === null) faults.push({ pointer: `${at}/path`, detail: `The rows have no ${path}.` });
      else if (dropped(path)) faults.push({ pointer: `${at}/path`, detail: `redact drops ${path}.` });
      if (names.has(name))
        faults.push({
          pointer: as === undefined ? `${at}/path` : `${at}/as`,
          detail: `A column before it is called ${name} already.`,
        });
      names.add(name);
      fields.push({ name, path: path.split("."), type: typed(path, type ?? "text") });
    }
  } else if (request.format !== "ndjson") {
    fields = columns
      .filter((column) => column.within !== true && !dropped(column.path.join(".")))
      .map((column) => ({
        name: column.path.join("."),
        path: column.path,
        type: typed(column.path.join("."), column.type),
      }));
    if (fields.length > MOST_COLUMNS)
      faults.push({
        pointer: "/columns",
        detail: `These events have ${fields.length} columns together, more than ${MOST_COLUMNS}: name the ones you want.`,
      });
  }
  if (faults.length > 0) throw invalid(...faults);
  return { format: request.format, fields, redact, escapeFormulas: request.csv_escape_formulas ?? false };
}

/** A path's type: a column's own, or of what stands in the objects of a list. */
function typeOf(known: ReadonlyMap<string, Column>, path: string): ColumnType | null {
  const column = known.get(path);
  if (column !== undefined) return column.type;
  const names = path.split(".");
  const last = names.pop() ?? "";
  const list = known.get(names.join("."));
  return list?.fields?.includes(last) === true ? "json" : null;
}

/** A name as a token of a JSON pointer (RFC 6901). */
const token = (name: string) => name.replaceAll("~", "~0").replaceAll("/", "~1");
