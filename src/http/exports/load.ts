/** Statements that load a completed export into a database or a warehouse. */

import * as z from "zod";
import { sourceOf } from "../../context.ts";
import { fileTotals } from "../../db/exports/files.ts";
import { SpillwayError } from "../../errors.ts";
import { destinationOf } from "../../export/delivery/destination.ts";
import { manifestKey } from "../../export/delivery/object-keys.ts";
import { loadFiles } from "../../export/load/export-files.ts";
import { loadStatements, maxListed } from "../../export/load/statements.ts";
import { SYSTEM_NAMES } from "../../export/load/systems.ts";
import { encodingOf, fileForm } from "../../export/output/encode/encoder.ts";
import { DEFAULT_CODEC } from "../../export/output/encode/encoding.ts";
import { readManifestColumns } from "../../export/output/manifest.ts";
import type { ExportRow } from "../../db/exports/exports.ts";
import { IdInPath } from "../schemas.ts";
import { type Call, route } from "../route.ts";
import { LOAD_EXAMPLES } from "./load-examples.ts";
import { noResultBecause } from "./no-result.ts";
import { unexpired } from "./resource.ts";

const PART = "[A-Za-z_][A-Za-z0-9_-]{0,62}";

const Query = z.strictObject({
  for: z.enum(SYSTEM_NAMES).meta({ description: "The system that loads the files.", example: "duckdb" }),
  table: z
    .string()
    .regex(
      new RegExp(`^${PART}(\\.${PART}){0,2}$`),
      "must be a table's name: one to three parts with full stops between them, each of at most 63 letters, digits, underscores and hyphens, the first of them a letter or an underscore.",
    )
    .optional()
    .meta({
      description: "The name of the table, with its schema or database before it. Default: `spillway_<dataset>`.",
      example: "analytics.events",
    }),
  path: z
    .string()
    .max(500)
    .regex(
      /^(?![-~])[\p{L}\p{M}\p{N} _./:@=+,()~-]+$/u,
      "must be a folder or an address of letters, digits, spaces and the characters _ . / : @ = + , ( ) ~ -, and begin with neither - nor ~.",
    )
    .optional()
    .meta({
      description:
        "Where the files are, if not in the export's bucket: a folder, or an address such as `s3://bucket/folder/`. Default for a download: the current folder, or a placeholder where the system reads no local files.",
      example: "exports/january",
    }),
});

export const loadRoute = route({
  method: "GET",
  path: "/{id}/load",
  operationId: "getExportLoadStatements",
  summary: "Get statements that load the files",
  description:
    "SQL that makes a table of the export's columns and loads its files, ready to paste. Credentials are placeholders that begin with `YOUR_`. The statements check that the table has as many rows as the export, or show both numbers. A format or a compression that the system cannot read is refused, with those that it can. The result of a dataset without rows is a table of one JSON value.",
  auth: "exports:read",
  portal: ["exports:read"],
  limit: "poll",
  params: IdInPath,
  query: Query,
  responses: {
    200: {
      description: "The statements.",
      contentTypes: ["text/plain"],
      examples: LOAD_EXAMPLES,
      headers: { "Cache-Control": "`no-store`" },
    },
  },
  errors: ["gone", "destination_unavailable"],
  async handle(call, { space, params: { id }, query }) {
    const row = await unexpired(call, space.id, id);
    const columns = await columnsOfResult(call, row);
    const encoding = encodingOf(row);
    const format = columns === null ? "document" : (encoding?.format ?? "ndjson");
    const { fileExtension } = fileForm(encoding, sourceOf(call.context, row).form);
    const totals = await fileTotals(call.databases.control, row);
    const files = await loadFiles(call.context, row, totals, fileExtension, maxListed(query.for));
    const destination = destinationOf(row);
    const text = loadStatements(
      {
        id: row.id,
        dataset: row.dataset,
        format,
        compression: encoding?.compression ?? DEFAULT_CODEC.ndjson,
        columns,
        source: destination === null ? null : { location: destination.bucket_location, prefix: destination.prefix },
        files: totals.files,
        rows: totals.rows,
        uncompressedBytes: totals.largest_bytes,
      },
      files,
      { system: query.for, table: query.table, path: query.path },
    );
    return new Response(text, {
      headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
    });
  },
});

/** From the manifest: definitions may have changed since. @throws not_found until the export is completed. */
async function columnsOfResult(call: Call, row: ExportRow) {
  const stored = row.status === "completed" ? await call.context.bucket.get(manifestKey(row)) : null;
  if (stored === null || stored.body === null)
    throw new SpillwayError("not_found", noResultBecause(row) ?? "The manifest is not stored any more.");
  return readManifestColumns(stored.body as ReadableStream<Uint8Array<ArrayBuffer>>);
}
