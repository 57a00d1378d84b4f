/** The request of an export: each dataset's own parameters, and the parameters that all datasets share. */

import * as z from "zod";
import type { AnyDataset } from "../../datasets/dataset.ts";
import { datasetNamed, DATASETS } from "../../datasets/index.ts";
import { Delivery } from "../delivery/schema.ts";
import { DEFAULT_CODEC, type EncodingRequest, encodingShape } from "../output/encode/encoding.ts";
import { inPascalCase, isOneLine, NOT_ONE_LINE } from "../../names.ts";

const MAX_FILE_ROWS = 50_000;

const common = {
  delivery: Delivery,
  layout: z.enum(["single", "files"]).optional().meta({
    description:
      "`single`: one file. `files`: several files of at most `file_rows` rows. Default: `files` for `parquet` and for a delivery to `s3`, else `single`. A result that is one document is always `single`.",
  }),
  ...encodingShape,
  file_rows: z
    .number()
    .int()
    .min(1)
    .max(MAX_FILE_ROWS)
    .default(MAX_FILE_ROWS)
    .meta({ description: "Rows per file, for the layout `files`. A result has at most 20,000 files." }),
  since: z.uuid().optional().meta({
    description:
      "The id of a completed export of this dataset. The new export contains only what that one does not: what was accepted after its snapshot, and what occurred at the end of its window or later. A chain of such exports contains everything once.",
  }),
  callback_url: z.url().max(2_000).refine(isOneLine, NOT_ONE_LINE).optional().meta({
    description:
      "Receives a webhook when the export ends, signed with the space's `webhook_secret`. Must be https and resolve to a public address. It may contain a token: answers show its origin and the beginning of its path.",
    example: "https://shop.example/hooks/spillway",
  }),
} as const;

/** The request of one dataset, as a schema of its own. */
function requestSchema(dataset: AnyDataset) {
  return z.strictObject(requestShape(dataset)).meta({
    id: `${inPascalCase(dataset.name)}Request`,
    description: dataset.title,
    example: { dataset: dataset.name, ...dataset.example },
  });
}

/** Every parameter that a dataset's request has. */
export function requestShape(dataset: AnyDataset) {
  return { dataset: z.literal(dataset.name), ...dataset.shape, ...common };
}

/** What every request has, sent or filled in. */
interface CommonRequest {
  dataset: string;
  delivery: Delivery;
  file_rows: number;
  since?: string | undefined;
  callback_url?: string | undefined;
}

/** A request as a client sends it, after validation. */
interface SentRequest extends CommonRequest, Omit<EncodingRequest, "compression"> {
  layout?: "single" | "files" | undefined;
  compression?: EncodingRequest["compression"] | undefined;
}

/** A request with every default filled in. */
export interface ExportRequest extends CommonRequest, EncodingRequest {
  layout: "single" | "files";
}

/** Fills in the defaults. Names keep the schema's order, so that equal requests are equal texts. */
export function withDefaults(sent: SentRequest): ExportRequest {
  const inFiles = sent.format === "parquet" || sent.delivery.type === "s3";
  const defaultLayout = inFiles && datasetNamed(sent.dataset).tabular !== undefined ? "files" : "single";
  const { layout = defaultLayout, compression = DEFAULT_CODEC[sent.format], ...rest } = sent;
  const { csv_escape_formulas: escape, ...others } = rest;
  const ordered = Object.entries(others).flatMap(([name, value]) => {
    const next = name === "delivery" ? { layout } : name === "format" ? { compression } : {};
    return [[name, value], ...Object.entries(next)];
  });
  const filled = { ...(Object.fromEntries(ordered) as typeof others), layout, compression };
  if (sent.format === "csv") return { ...filled, csv_escape_formulas: escape ?? false };
  return escape === undefined ? filled : { ...filled, csv_escape_formulas: escape };
}

const [first, ...others] = DATASETS.map(requestSchema);
if (first === undefined) throw new Error("no dataset is listed");

/** The request of any dataset. Members that are null are dropped first: no parameter has null as a value. */
export const AnyExportRequest = z
  .preprocess((sent) => withoutNulls(sent), z.discriminatedUnion("dataset", [first, ...others]))
  .meta({ id: "ExportRequest" });

/** The depth of a request: a member, an item of it, a member of the item. */
const LEVELS = 3;

export function withoutNulls(sent: unknown, depth = LEVELS): unknown {
  if (typeof sent !== "object" || sent === null || depth === 0) return sent;
  if (Array.isArray(sent)) return sent.map((item) => withoutNulls(item, depth - 1));
  const members = Object.entries(sent).filter(([, value]) => value !== null);
  return Object.fromEntries(members.map(([name, value]) => [name, withoutNulls(value, depth - 1)]));
}
