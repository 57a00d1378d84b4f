/** What an export can be asked for: each dataset's own parameters, and the ones that all share. */

import * as z from "zod";
import type { AnyDataset } from "../../datasets/dataset.ts";
import { datasetNamed, DATASETS } from "../../datasets/index.ts";
import { Delivery } from "../delivery/schema.ts";
import { type EncodingRequest, encodingShape } from "../output/encode/encoding.ts";

export const MAX_FILE_ROWS = 50_000;

const common = {
  delivery: Delivery,
  layout: z.enum(["single", "files"]).optional().meta({
    description:
      "`single`: one file. `files`: files of `file_rows` rows. Default: `single`, and `files` for `parquet` and for a delivery to `s3`. What is one document is always `single`.",
  }),
  ...encodingShape,
  file_rows: z
    .number()
    .int()
    .min(1)
    .max(MAX_FILE_ROWS)
    .default(MAX_FILE_ROWS)
    .meta({ description: "Rows a file, for `files`." }),
  since: z.uuid().optional().meta({
    description:
      "The id of a completed export of this dataset: only what it did not have. That is whatever was accepted after its snapshot, and what was there but occurred at its window's end or later. A chain of such exports has everything once.",
  }),
  callback_url: z.url().max(2_000).optional().meta({
    description:
      "Is told when the export ends, by a webhook signed with the space's `webhook_secret`. https, and no private address.",
    example: "https://shop.example/hooks/spillway",
  }),
} as const;

/** The request of one dataset, as a schema of its own. */
export function requestSchema(dataset: AnyDataset) {
  return z.strictObject(shapeOf(dataset)).meta({
    id: `ExportRequest_${dataset.name}`,
    description: dataset.title,
    example: { dataset: dataset.name, ...dataset.example },
  });
}

/** Every parameter that a dataset's request has. */
export function shapeOf(dataset: AnyDataset) {
  return { dataset: z.literal(dataset.name), ...dataset.shape, ...common };
}

/** As a client sends it, checked. */
export interface SentRequest extends EncodingRequest {
  dataset: string;
  delivery: Delivery;
  layout?: "single" | "files" | undefined;
  file_rows: number;
  since?: string | undefined;
  callback_url?: string | undefined;
}

/** With every default filled in. */
export interface ExportRequest extends SentRequest {
  layout: "single" | "files";
}

/** Names come in the schema's order, whether they were sent or filled in: equal requests are equal texts. */
export function filledIn(sent: SentRequest): ExportRequest {
  const inFiles = sent.format === "parquet" || sent.delivery.type === "s3";
  const usual = inFiles && datasetNamed(sent.dataset).tabular !== undefined ? "files" : "single";
  const { layout = usual, csv_escape_formulas: escape, ...others } = sent;
  const ordered = Object.entries(others).flatMap(([name, value]) =>
    name === "delivery"
      ? [
          [name, value],
          ["layout", layout],
        ]
      : [[name, value]],
  );
  const filled = { ...(Object.fromEntries(ordered) as typeof others), layout };
  if (sent.format === "csv") return { ...filled, csv_escape_formulas: escape ?? false };
  return escape === undefined ? filled : { ...filled, csv_escape_formulas: escape };
}

const [first, ...others] = DATASETS.map(requestSchema);
if (first === undefined) throw new Error("no dataset is listed");

/** Any dataset's request, defaults filled in. What is null is left out: nothing here has null for a value. */
export const AnyExportRequest = z.preprocess(
  (sent) => withoutNulls(sent),
  z.discriminatedUnion("dataset", [first, ...others]),
);

/** As deep as a request goes: a member, an item of it, a member of that. */
const LEVELS = 3;

export function withoutNulls(sent: unknown, depth = LEVELS): unknown {
  if (typeof sent !== "object" || sent === null || depth === 0) return sent;
  if (Array.isArray(sent)) return sent.map((item) => withoutNulls(item, depth - 1));
  const members = Object.entries(sent).filter(([, value]) => value !== null);
  return Object.fromEntries(members.map(([name, value]) => [name, withoutNulls(value, depth - 1)]));
}
