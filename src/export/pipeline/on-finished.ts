/** After the transition that ended an export: logs and measures it, and dispatches its webhook deliveries. */

import { type ExportRow, findExport } from "../../db/exports/exports.ts";
import { exportTotals } from "../../db/exports/files.ts";
import { log, logFailure } from "../../log.ts";
import type { Context } from "../../context.ts";
import { dispatchDeliveries } from "./dispatch.ts";

/** Never throws: the export has ended whatever fails here, and the sweep dispatches the deliveries again. */
export async function onFinished(
  context: Pick<Context, "databases" | "runtime" | "measure" | "sendWebhook">,
  spaceId: string,
  exportId: string,
): Promise<void> {
  const { control } = context.databases;
  let row: ExportRow | null = null;
  try {
    row = await findExport(control, spaceId, exportId);
    if (row === null || (row.status !== "completed" && row.status !== "failed" && row.status !== "canceled")) return;
    const counts = await exportTotals(control, spaceId, exportId);
    const durationMs = (row.completed_at ?? row.created_at) - row.created_at;
    log(`export.${row.status}`, {
      space_id: spaceId,
      export_id: exportId,
      request_id: row.request_id,
      rows: counts.rows_written,
      files: counts.files_written,
      bytes: counts.bytes_written,
      retries: row.retries,
      code: row.error_code,
      owner: row.error_owner,
      ms: durationMs,
    });
    context.measure({
      kind: "export",
      spaceId,
      dataset: row.dataset,
      outcome: row.status,
      errorCode: row.error_code,
      rows: counts.rows_written,
      bytes: counts.bytes_written,
      retries: row.retries,
      durationMs,
    });
    await dispatchDeliveries(context, spaceId, exportId);
  } catch (thrown) {
    logFailure("export.notify_failed", thrown, {
      space_id: spaceId,
      export_id: exportId,
      request_id: row?.request_id,
    });
  }
}
