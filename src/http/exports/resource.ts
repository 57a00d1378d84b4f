/** The export as the API returns it. */

import * as z from "zod";
import { type ExportRow, findExport, type NewExport } from "../../db/exports/exports.ts";
import { type FileRow, listFilesAfter } from "../../db/exports/files.ts";
import { type ExportTotals, exportTotals, NO_TOTALS, totalsOf } from "../../db/exports/totals.ts";
import { publicError, SpillwayError } from "../../errors.ts";
import { destinationOf } from "../../export/delivery/destination.ts";
import { fileFacts } from "../../export/output/manifest.ts";
import { fileKey, isCustomerBucket } from "../../export/delivery/object-keys.ts";
import { resultShapeOf } from "../../export/pipeline/result-shape.ts";
import { IN_FLIGHT } from "../../export/pipeline/state.ts";
import { DatasetName, ExportError } from "../../webhooks/events/family.ts";
import { shownRequest } from "../../outbound/shown-url.ts";
import { iso } from "../../time/names.ts";
import { noteExport } from "../middleware/request-log.ts";
import type { Call } from "../route.ts";
import { noResultBecause } from "./no-result.ts";
import { Count, Finding, Sha256, Time } from "../schemas.ts";
import { showVerification, Verification } from "./verification.ts";

/** Seconds to wait before polling. */
export const POLL_AFTER = { "retry-after": "2" };
/** Files that an export's resource lists: each has a link, which is signed anew for every poll. */
const FILES_IN_RESOURCE = 100;

export const STATUSES = ["queued", "processing", "completed", "failed", "canceled", "expired"] as const;
export const ExportStatus = z.enum(STATUSES).meta({ id: "ExportStatus" });

/** A finished file, as exports and their manifests have it. */
export const storedFile = {
  name: z.string().meta({ description: "The file's name; in your own bucket, the object's whole key." }),
  rows: Count,
  bytes: Count.meta({ description: "Bytes of the stored object." }),
  uncompressed_bytes: Count,
  sha256: Sha256.meta({ description: "SHA-256 of the stored object, in hex." }),
};

export const File = z
  .object({
    ...storedFile,
    url: z.url().optional().meta({
      description: "A presigned link to the file, valid until `url_expires_at`. Files in your own bucket have none.",
    }),
  })
  .meta({ id: "ExportFile" });

/** Where the files are written, as of the creation of the export. */
const DeliveryView = z
  .discriminatedUnion("type", [
    z.object({ type: z.literal("download") }),
    z.object({
      type: z.literal("s3"),
      destination_id: z.string().nullable(),
      bucket: z.string(),
      region: z.string(),
      endpoint: z.string().nullable(),
      directory_path: z.string(),
      prefix: z
        .string()
        .meta({ description: "The start of every file's key: the directory path and the filled-in key template." }),
    }),
  ])
  .meta({ id: "ExportDelivery" });

const Progress = z
  .object({
    phase: z.enum(["planning", "writing", "assembling", "finishing", "done"]).meta({ id: "ExportPhase" }),
    rows_written: Count,
    rows_total: Count.nullable(),
    files_written: Count,
    files_total: Count.nullable(),
    bytes_written: Count,
    percent: z.number().min(0).max(100).nullable(),
    eta_seconds: Count.nullable(),
  })
  .meta({ id: "ExportProgress" });

/** What a request names and nothing has; part of the export and of the estimate. */
export const Warnings = z.array(Finding).meta({
  description:
    "Names in the request that nothing in the space has when the export is created: attributes, identifiers, tags, patterns of event names, columns. They do not fail the export. At most 100.",
});

/** An export of any dataset in any status. What the document says of it is more exact: see schemas.ts. */
export const ExportResource = z.object({
  id: z.uuid(),
  dataset: DatasetName,
  status: ExportStatus,
  created_at: Time,
  started_at: Time.nullable(),
  completed_at: Time.nullable(),
  expires_at: Time.nullable(),
  snapshot_at: Time,
  progress: Progress,
  message: z.string().nullable(),
  warnings: Warnings,
  error: ExportError.nullable(),
  next_retry_at: Time.nullable(),
  request: z.record(z.string(), z.unknown()),
  delivery: DeliveryView,
  schedule_id: z.uuid().nullable().meta({ description: "The schedule that created the export; null: a call did." }),
  files: z.array(File).meta({
    description: `The first ${FILES_IN_RESOURCE} files of a completed export; \`progress.files_total\` says how many there are. \`GET /v1/exports/{id}/files\` has every one.`,
  }),
  content_url: z.url().meta({ description: "The address of the whole result as one stream." }),
  download_url: z.url().nullable().meta({ description: "A presigned link, if the result is one file." }),
  url_expires_at: Time.nullable(),
  manifest_url: z.url().nullable(),
  verification: Verification.nullable().meta({
    description: "The newest verification of the files: see `POST /v1/exports/{id}/verify`; null before the first.",
  }),
});

/** @throws not_found for an id that the caller's space does not have. */
export async function exportOf(call: Call, spaceId: string, exportId: string): Promise<ExportRow> {
  noteExport(call, exportId);
  const row = await findExport(call.databases.control, spaceId, exportId);
  if (row === null) throw new SpillwayError("not_found", "The space has no export with this id.");
  return row;
}

/** The export, unless its files have expired. @throws not_found, gone. */
export async function unexpired(call: Call, spaceId: string, exportId: string): Promise<ExportRow> {
  const row = await exportOf(call, spaceId, exportId);
  if (row.status === "expired") throw new SpillwayError("gone", noResultBecause(row) ?? undefined);
  return row;
}

/** The resource, with fresh links to its first files. */
export async function show(call: Call, row: ExportRow): Promise<View> {
  const { control } = call.databases;
  const counts = await exportTotals(control, row);
  const rows = row.status === "completed" ? await listFilesAfter(control, row, -1, FILES_IN_RESOURCE) : [];
  const files = await Promise.all(rows.map((file) => showFile(call, row, file)));
  return view(call, row, counts, files, await showVerification(call, row, rows));
}

/** A row of a list, with the totals of its export. */
export interface CountedExport {
  row: ExportRow;
  counts: ExportTotals;
}

/** Reads the totals of a page's exports together. */
export async function withTotals(
  call: Call,
  spaceId: string,
  rows: readonly ExportRow[],
): Promise<readonly CountedExport[]> {
  const ids = rows.map((row) => row.id);
  const totals = await totalsOf(call.databases.control, spaceId, ids);
  return rows.map((row) => ({ row, counts: totals.get(row.id) ?? NO_TOTALS }));
}

export function showListed(call: Call, { row, counts }: CountedExport) {
  const shown = view(call, row, counts, []);
  const { files: _files, download_url: _link, url_expires_at: _until, verification: _last, ...listed } = shown;
  return listed;
}

/** A new export, as the call that creates it returns it. */
export function showNew(call: Call, created: NewExport): View {
  const row: ExportRow = {
    ...created,
    status: "queued",
    phase: "planning",
    number: 0,
    generation: 0,
    plan_version: 0,
    started_at: null,
    completed_at: null,
    expires_at: null,
    attempts: 0,
    retries: 0,
    next_retry_at: null,
    error_code: null,
    error_owner: null,
    error_detail: null,
    error_retryable: null,
    rows_total: null,
    message: null,
    manifest_sha256: null,
    manifest_bytes: null,
  };
  return view(call, row, NO_TOTALS, []);
}

type View = z.output<typeof ExportResource>;

function view(
  call: Call,
  row: ExportRow,
  counts: ExportTotals,
  files: View["files"],
  verification: View["verification"] = null,
): View {
  const { config, runtime } = call;
  const now = runtime.now();
  const completed = row.status === "completed";
  const request = shownRequest(JSON.parse(row.request) as Record<string, unknown>);
  const address = `${call.url.origin}/v1/exports/${row.id}`;
  const time = (at: number | null) => (at === null ? null : iso(at));
  return {
    id: row.id,
    dataset: row.dataset,
    status: row.status,
    created_at: iso(row.created_at),
    started_at: time(row.started_at),
    completed_at: time(row.completed_at),
    expires_at: time(row.expires_at),
    snapshot_at: iso(row.created_at),
    progress: {
      phase: row.phase,
      rows_written: counts.rows_written,
      rows_total: rowsTotal(row, counts),
      files_written: counts.files_written,
      files_total: filesTotal(row, counts),
      bytes_written: counts.bytes_written,
      percent: percentOf(row, counts),
      eta_seconds: etaSeconds(row, counts, now),
    },
    message: row.message,
    warnings: JSON.parse(row.warnings) as View["warnings"],
    error: publicError(row.error_code, row.error_owner, { detail: row.error_detail, retryable: row.error_retryable }),
    next_retry_at: time(row.next_retry_at),
    request,
    delivery: delivery(row),
    schedule_id: row.schedule_id,
    files,
    content_url: `${address}/content`,
    download_url: files.length === 1 ? (files[0]?.url ?? null) : null,
    url_expires_at: files.some((file) => file.url !== undefined) ? iso(now + config.urlTtlSeconds * 1000) : null,
    manifest_url: completed ? `${address}/manifest` : null,
    verification,
  };
}

function delivery(row: ExportRow): View["delivery"] {
  const destination = destinationOf(row);
  if (destination === null) return { type: "download" };
  const { bucket_location, directory_path, prefix } = destination;
  const { bucket, region, endpoint } = bucket_location;
  return { type: "s3", destination_id: row.destination_id, bucket, region, endpoint, directory_path, prefix };
}

/** A file, with a fresh link if it is in the service's own bucket. */
export async function showFile(call: Call, row: ExportRow, file: FileRow) {
  if (isCustomerBucket(row)) return fileFacts(row, file);
  return {
    ...fileFacts(row, file),
    url: await call.context.bucket.presign(fileKey(row, file.name), call.config.urlTtlSeconds),
  };
}

/** One decimal. Only a completed export has 100: while files are still being assembled it is at most 99.9. */
function percentOf(row: ExportRow, counts: ExportTotals): number | null {
  if (isDone(row)) return 100;
  if (row.rows_total === null) return null;
  if (row.rows_total === 0) return 0;
  return Math.min(99.9, Math.floor((1000 * recordsDone(row, counts)) / row.rows_total) / 10);
}

const isDone = (row: ExportRow) => row.status === "completed" || row.status === "expired";

/** Records written, of those that the plan counted. If a record may become several rows, records of finished chunks. */
const recordsDone = (row: ExportRow, counts: ExportTotals) =>
  resultShapeOf(row).rows_vary ? counts.records_done : counts.rows_written;

function rowsTotal(row: ExportRow, counts: ExportTotals): number | null {
  if (!resultShapeOf(row).rows_vary) return row.rows_total;
  return isDone(row) ? counts.rows_written : null;
}

function filesTotal(row: ExportRow, counts: ExportTotals): number | null {
  if (row.phase === "planning" || (resultShapeOf(row).kind === "split_files" && !isDone(row))) return null;
  return counts.files_total;
}

/** The remaining time at the average pace so far; null before the first record is written. */
function etaSeconds(row: ExportRow, counts: ExportTotals, now: number): number | null {
  const done = recordsDone(row, counts);
  if (!IN_FLIGHT.has(row.status) || row.started_at === null || row.rows_total === null || done === 0) return null;
  const perRecord = (now - row.started_at) / done;
  return Math.ceil((perRecord * Math.max(0, row.rows_total - done)) / 1000);
}
