/** An export as Cometly's poll shows it. */

import * as z from "zod";
import type { ExportRow } from "../../../db/exports/exports.ts";
import { listFilesAfter } from "../../../db/exports/files.ts";
import { publicError } from "../../../errors.ts";
import { isoSeconds } from "../../../time/names.ts";
import { showFile } from "../../exports/resource.ts";
import type { Call } from "../../route.ts";

const STATES = ["queued", "processing", "completed", "failed"] as const;

const Instant = z.string().meta({ example: "2026-01-15T10:30:00Z" });

export const PolledExport = z
  .object({
    export_id: z.number().int(),
    status: z.enum(STATES),
    created_at: Instant,
    message: z.string().optional().meta({ description: "While the export is not completed." }),
    completed_at: Instant.optional(),
    download_url: z.string().optional().meta({ description: "A link that each poll makes anew." }),
    expires_at: Instant.optional().meta({ description: "When the link ends: 15 minutes after the poll, by default." }),
  })
  .meta({ id: "EventExport" });

const PENDING = "Export is being processed. Please check back in a few minutes.";
const CANCELED = "The export was canceled.";

/** @param row not expired: its file is gone. */
export async function showExport(call: Call, row: ExportRow): Promise<z.output<typeof PolledExport>> {
  const { status } = row;
  const facts = { export_id: row.number, created_at: isoSeconds(row.created_at) };
  if (status === "queued" || status === "processing") return { ...facts, status, message: PENDING };
  if (status === "completed") return { ...facts, status, ...(await link(call, row)) };
  const error = publicError(row.error_code, row.error_owner, { detail: row.error_detail });
  return { ...facts, status: "failed", message: error?.message ?? CANCELED };
}

async function link(call: Call, row: ExportRow) {
  const [file] = await listFilesAfter(call.databases.control, row, -1, 1);
  if (file === undefined) throw new Error("a completed export in one file has none");
  const { config, runtime } = call;
  const shown = await showFile(call, row, file);
  return {
    completed_at: isoSeconds(row.completed_at ?? 0),
    ...("url" in shown ? { download_url: shown.url } : {}),
    expires_at: isoSeconds(runtime.now() + config.urlTtlSeconds * 1000),
  };
}
