/** An export as Batch shows it: its state, its times, its files. */

import * as z from "zod";
import type { ExportRow } from "../../../db/exports/exports.ts";
import { filePages } from "../../../db/exports/files.ts";
import type { ExportStatus } from "../../../db/exports/status.ts";
import { publicError } from "../../../errors.ts";
import { isoSeconds } from "../../../time/names.ts";
import type { Call } from "../../route.ts";
import { batchExportId, batchFileId } from "./ids.ts";
import { DATASETS, requestOf, SCOPES } from "./request.ts";

/** `CREATED` is an export that cannot be executed yet: here every export can be, from its creation on. */
const STATES = ["CREATED", "PENDING", "RUNNING", "SUCCESS", "ERROR"] as const;

const STATE_OF: Readonly<Record<ExportStatus, (typeof STATES)[number]>> = {
  queued: "PENDING",
  processing: "RUNNING",
  completed: "SUCCESS",
  expired: "SUCCESS",
  failed: "ERROR",
  canceled: "ERROR",
};

const CANCELED = "The export was canceled.";

const Time = z.string().meta({ example: "2026-01-15T16:28:42Z" });

const File = z.object({
  id: z.string(),
  part: z.number().int().meta({ description: "From 1." }),
  size: z.number().int().meta({ description: "Bytes of its lines, at most 100,000,000." }),
  url: z.string().meta({ description: "The address of the call that downloads it." }),
});

export const BatchExport = z
  .object({
    id: z.string(),
    status: z.enum(STATES),
    scope: z.enum(SCOPES),
    request_date: Time,
    start_date: Time.optional(),
    completion_date: Time.optional().meta({ description: "When the export ended." }),
    files: z.array(File).meta({ description: "Of an export that ended well, until its files expire." }),
    error_msg: z.string().optional().meta({ description: "Why it ended with `ERROR`." }),
    request: z.record(z.string(), z.unknown()).meta({ description: "The request, with its defaults." }),
  })
  .meta({ id: "Export" });

export type BatchExport = z.output<typeof BatchExport>;

/** @param row one that the dialect shows. */
export async function showExport(
  call: Call,
  row: ExportRow & { dataset: keyof typeof DATASETS },
): Promise<BatchExport> {
  const { started_at: startedAt, completed_at: completedAt } = row;
  const status = STATE_OF[row.status];
  return {
    id: batchExportId(row.id),
    status,
    scope: DATASETS[row.dataset].scope,
    request_date: isoSeconds(row.created_at),
    ...(startedAt === null ? {} : { start_date: isoSeconds(startedAt) }),
    ...(completedAt === null ? {} : { completion_date: isoSeconds(completedAt) }),
    files: row.status === "completed" ? await filesOf(call, row) : [],
    ...(status === "ERROR" ? { error_msg: reason(row) } : {}),
    request: requestOf(row),
  };
}

function reason(row: ExportRow): string {
  return publicError(row.error_code, row.error_owner, { detail: row.error_detail })?.message ?? CANCELED;
}

async function filesOf(call: Call, row: ExportRow): Promise<BatchExport["files"]> {
  const download = `${exportsAddress(call)}/download`;
  const files: BatchExport["files"] = [];
  for await (const page of filePages(call.databases.control, row))
    for (const { n, uncompressed_bytes: size } of page) {
      const id = batchFileId(row.id, n);
      files.push({ id, part: files.length + 1, size: size ?? 0, url: `${download}?id=${id}` });
    }
  return files;
}

/** Where the calls about exports are. A client that calls another version goes on with that version. */
export const exportsAddress = ({ url }: Pick<Call, "url">): string =>
  `${url.origin}/${url.pathname.split("/")[1] ?? ""}/exports`;
