/** Why an export has no result to send: it is under way, or ended without one, or its files have expired. */

import type { ExportRow } from "../../db/exports/exports.ts";
import { publicError, SpillwayError } from "../../errors.ts";
import { iso } from "../../time/names.ts";

/** @returns sentences about the export's state, and what to do, in any API's words; null for a completed export. */
export function noResultBecause(row: ExportRow): string | null {
  const at = (time: number | null) => (time === null ? "" : ` at ${iso(time)}`);
  switch (row.status) {
    case "queued":
    case "processing":
      return `The export is not completed yet: it is ${row.status}. Ask again in a few seconds.`;
    case "completed":
      return null;
    case "canceled":
      return `The export was canceled${at(row.completed_at)} and has no result. Create a new export.`;
    case "failed": {
      const known = { detail: row.error_detail, retryable: row.error_retryable };
      const error = publicError(row.error_code, row.error_owner, known);
      const why = error === null ? "." : ` with ${error.code}: ${error.message}`;
      return `The export failed${at(row.completed_at)}${why}${error?.retryable === true ? " A retry may help." : ""}`;
    }
    case "expired":
      return `The export's files expired${at(row.expires_at)}. Create a new export.`;
  }
}

/** For the whole result. @throws not_found until the export is completed, gone, export_failed. */
export function requireResult(row: ExportRow | null): asserts row is ExportRow {
  if (row === null)
    throw new SpillwayError("gone", "The space has no export with this id, or it was deleted. Create a new export.");
  const why = noResultBecause(row);
  if (why === null) return;
  if (row.status === "failed") throw new SpillwayError("export_failed", why);
  if (row.status === "canceled" || row.status === "expired") throw new SpillwayError("gone", why);
  throw new SpillwayError("not_found", why, { retryAfterSeconds: 2 });
}
