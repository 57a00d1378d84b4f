/** The legal transitions of an export. Each statement in db/exports/transitions.ts makes one of them. */

import type { ExportStatus } from "../../db/exports/status.ts";

export const TRANSITIONS: Readonly<Record<ExportStatus, readonly ExportStatus[]>> = {
  queued: ["processing", "canceled", "failed"],
  processing: ["completed", "failed", "canceled"],
  completed: ["expired"],
  failed: ["queued"],
  canceled: [],
  expired: [],
};

export const IN_FLIGHT: ReadonlySet<ExportStatus> = new Set(["queued", "processing"]);

/** Uploads that end after one of these are orphans. Not after `failed`: a retry writes the same bytes again. */
export const FINAL_STATUSES: ReadonlySet<ExportStatus> = new Set(["canceled", "expired"]);
