/** /v1/exports: create an export, follow its progress, download its files. */

import * as z from "zod";
import { listExports } from "../../db/exports/exports.ts";
import { DATASETS } from "../../datasets/index.ts";
import { SpillwayError } from "../../errors.ts";
import { createExport } from "../../export/api/create.ts";
import { estimate } from "../../export/api/estimate.ts";
import { manifestKey } from "../../export/delivery/object-keys.ts";
import { AnyExportRequest, withDefaults } from "../../export/api/request.ts";
import { byCreation, list } from "../list.ts";
import { resource } from "../resource.ts";
import { json, route } from "../route.ts";
import { BUDGET_HELP, scanBudget } from "../scan-budget.ts";
import { changeRoutes } from "./changes.ts";
import { content } from "./content.ts";
import { fileRoutes } from "./files.ts";
import { idempotencyKey, limitOfCreate } from "./idempotency.ts";
import { loadRoute } from "./load.ts";
import { Manifest } from "./manifest-schema.ts";
import { exportOf, ExportStatus, POLL_AFTER, show, showListed, showNew, unexpired, withTotals } from "./resource.ts";
import { Estimate, Export, ListedExport } from "./schemas.ts";
import { SegmentProfilesDocument } from "./row-schemas.ts";
import { noResultBecause } from "./no-result.ts";
import { requireDelivery } from "../portal/destinations.ts";
import { timelineRoute } from "./timeline.ts";
import { problemsRoute, verifyRoute } from "./verify.ts";
import { IdInPath } from "../schemas.ts";

const MAX_BYTES = 1_048_576;
const example = {
  dataset: "activity_events",
  start: "2026-01-01T00:00:00.000Z",
  end: "2026-01-08T00:00:00.000Z",
  event_names: ["order_*"],
  format: "csv",
  columns: [{ path: "eventId", as: "id" }, { path: "externalPersonId" }, { path: "order_id" }],
  redact: { externalPersonId: "sha256" },
};
const body = { schema: AnyExportRequest, maxBytes: MAX_BYTES, example };

export const exportsResource = resource("/v1/exports", "Exports", [
  route({
    method: "POST",
    operationId: "createExport",
    summary: "Create an export",
    description:
      "The export contains every write that was answered before this call, and none that arrives after this call's answer, however long the export runs.\n\nWith `Idempotency-Key` (at most 255 characters, kept for 24 hours) a call may be repeated: the same request gets the same answer and creates nothing new. A repeated call counts against `poll`, not `create`.",
    auth: "exports:write",
    portal: ["exports:write"],
    limit: "create",
    limitOf: limitOfCreate,
    headers: z.object({
      "Idempotency-Key": z
        .string()
        .min(1)
        .max(255)
        .optional()
        .meta({ description: "A key of your choice that makes the call repeatable." }),
    }),
    body,
    responses: {
      202: {
        description: "The export is queued. Poll the address in Location.",
        schema: Export,
        headers: {
          Location: "The export's address.",
          "Retry-After": "Seconds to wait before polling.",
          "Idempotent-Replay": "`true` if an earlier call with the same key created the export.",
        },
      },
    },
    errors: ["too_many_pending_exports", "idempotency_mismatch", "conflict", "segment_too_complex"],
    async handle(call, { space, session, body }) {
      const request = withDefaults(body);
      requireDelivery(session, request.delivery);
      const { id, answer, replayed } = await createExport(call.context, {
        space,
        request,
        requestId: call.requestId,
        idempotencyKey: idempotencyKey(call),
        answer: (row) => JSON.stringify(showNew(call, row)),
      });
      call.notes["export_id"] = id;
      const headers = { "content-type": "application/json", location: `/v1/exports/${id}`, ...POLL_AFTER };
      return new Response(answer, {
        status: 202,
        headers: replayed ? { ...headers, "idempotent-replay": "true" } : headers,
      });
    },
  }),
  list({
    operationId: "listExports",
    summary: "List exports",
    auth: "exports:read",
    portal: ["exports:read"],
    limit: "poll",
    filters: { status: ExportStatus.optional(), dataset: z.enum(DATASETS.map(({ name }) => name)).optional() },
    item: ListedExport,
    page: "Exports without their files and links, newest first. A page of large requests ends early, with a cursor.",
    async read(call, { space, filters: { status = null, dataset = null }, limit, after }) {
      const filter = { status, datasets: dataset === null ? null : [dataset], limit: limit - 1, after };
      const { rows, shown } = await listExports(call.databases.control, space.id, filter);
      return { rows: await withTotals(call, space.id, rows), shown };
    },
    positionOf: ({ row }) => byCreation(row),
    show: (each, call) => showListed(call, each),
  }),
  route({
    method: "POST",
    path: "/estimate",
    operationId: "estimateExport",
    summary: "Estimate an export",
    description: `Accepts the body of a create, and creates nothing. Rows are counted; compressed bytes are estimated from a sample. ${BUDGET_HELP} Then \`rows_at_least\` replaces \`rows\`, and \`files\` and \`bytes_estimate\` are those of the rows that were counted.`,
    auth: "exports:read",
    portal: ["exports:read"],
    limit: "list",
    body,
    responses: {
      200: {
        description: "The size that the export would have now.",
        schema: Estimate,
      },
    },
    errors: ["segment_too_complex"],
    async handle(call, parsed) {
      const request = withDefaults(parsed.body);
      requireDelivery(parsed.session, request.delivery);
      return json(await estimate(call.context, parsed.space, request, scanBudget(call)));
    },
  }),
  route({
    method: "GET",
    path: "/{id}",
    operationId: "getExport",
    summary: "Poll an export",
    description:
      "Each poll returns new links, which are valid until `url_expires_at`: 15 minutes by default. `files` has the first 100 files; `GET /v1/exports/{id}/files` has every one.",
    auth: "exports:read",
    portal: ["exports:read"],
    limit: "poll",
    params: IdInPath,
    responses: {
      200: {
        description: "The export in its current state.",
        schema: Export,
        headers: {
          "Retry-After": "While the export is in progress: seconds to wait before polling.",
          "Cache-Control": "`no-store`",
        },
      },
    },
    async handle(call, { space, params: { id } }) {
      const row = await exportOf(call, space.id, id);
      const inFlight = row.status === "queued" || row.status === "processing";
      return json(await show(call, row), 200, { "cache-control": "no-store", ...(inFlight ? POLL_AFTER : {}) });
    },
  }),
  ...changeRoutes,
  verifyRoute,
  problemsRoute,
  timelineRoute,
  loadRoute,
  ...fileRoutes,
  route({
    method: "GET",
    path: "/{id}/content",
    operationId: "getExportContent",
    summary: "Get the result as one stream",
    description:
      "Several NDJSON files are joined. Several CSV or Parquet files are not: download them one by one. Files in your own bucket are answered with 409. A result of `gzip` or `zstd` is sent compressed if `Accept-Encoding` has its coding, otherwise plain; Parquet is compressed internally and is sent unchanged. The content can be downloaded any number of times.\n\nOne file that is sent as it is stored has an `ETag`, and a single `Range` of it can be asked for: a download that broke off goes on with `Range` and `If-Range`. Of content that is joined or decompressed on the way (`Accept-Ranges: none`) the header `Range` is ignored.",
    auth: "exports:read",
    portal: ["exports:read"],
    params: IdInPath,
    headers: z.object({
      Range: z.string().optional().meta({
        description: "One range of bytes of the content as it is sent: `bytes=1000-`, `bytes=0-999`, `bytes=-500`.",
      }),
      "If-Range": z
        .string()
        .optional()
        .meta({ description: "The `ETag` of an earlier answer: other bytes are sent as a whole." }),
      "If-Match": z
        .string()
        .optional()
        .meta({ description: "The `ETag` of an earlier answer: other bytes are refused (412)." }),
      "If-None-Match": z
        .string()
        .optional()
        .meta({ description: "The `ETag` of an earlier answer: the same bytes are not sent again (304)." }),
    }),
    responses: {
      206: {
        description: "The range.",
        contentTypes: ["application/x-ndjson", "text/csv", "application/vnd.apache.parquet"],
        headers: {
          "Content-Range": "The bytes of the range, and how many there are in all.",
          ETag: "The version of the bytes.",
        },
      },
      200: {
        description:
          "Every row. Of NDJSON, each line is a row of the dataset: `ActivityEventRow`, `ConversionRow`, `ProfileAttributesRow`, `ProfileEventRow` or `ReachabilityEventRow`, unless `columns` or `redact` changed it. The result of `segment_profiles` is one JSON document.",
        contentTypes: ["application/x-ndjson", "text/csv", "application/vnd.apache.parquet"],
        contents: { "application/json": SegmentProfilesDocument },
        headers: {
          Vary: "Accept-Encoding",
          "Content-Encoding": "`gzip` or `zstd`, the result's own, if the client accepts it.",
          "Accept-Ranges": "`bytes` if a part can be asked for, else `none`.",
          ETag: "The version of the bytes, where a part can be asked for.",
          "Cache-Control": "`no-store`",
        },
      },
      304: { description: "The content is the version that `If-None-Match` names." },
      404: {
        description: "The export is not completed yet.",
        headers: { "Retry-After": "Seconds to wait before asking again." },
      },
    },
    errors: [
      "gone",
      "export_failed",
      "conflict",
      "precondition_failed",
      "range_not_satisfiable",
      "destination_unavailable",
    ],
    async handle(call, { space, params: { id } }) {
      return content(call, space.id, id);
    },
  }),
  route({
    method: "GET",
    path: "/{id}/manifest",
    operationId: "getExportManifest",
    summary: "Get the manifest",
    description:
      "The rows, bytes and SHA-256 of each file, and the totals. The service also keeps a copy of each manifest that it wrote to your own bucket.",
    auth: "exports:read",
    portal: ["exports:read"],
    params: IdInPath,
    responses: {
      200: {
        description: "The manifest, with the same bytes as the one beside the files.",
        schema: Manifest,
      },
    },
    errors: ["gone", "destination_unavailable"],
    async handle(call, { space, params: { id } }) {
      const row = await unexpired(call, space.id, id);
      const stored = row.status === "completed" ? await call.context.bucket.get(manifestKey(row)) : null;
      if (stored === null)
        throw new SpillwayError("not_found", noResultBecause(row) ?? "The manifest is not stored any more.");
      return new Response(stored.body, {
        headers: { "content-type": "application/json", "cache-control": "no-store" },
      });
    },
  }),
]);
