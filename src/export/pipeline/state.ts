/** The legal moves of an export. Every SQL transition in db/moves.ts makes one of these, and no other. */

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

/** Whatever comes late to one of these goes again. A failed export may be retried: what it has is the same bytes, and stays. */
export const FINAL_STATUSES: ReadonlySet<ExportStatus> = new Set(["canceled", "expired"]);
