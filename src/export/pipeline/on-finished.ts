/** After the transition that ended an export: logs and measures it, and sends its webhook deliveries. */

import { type ExportRow, findExport } from "../../db/exports/exports.ts";
import { exportTotals } from "../../db/exports/totals.ts";
import { log, logFailure } from "../../log.ts";
import type { Context } from "../../context.ts";
import { type DeliveriesContext, dispatchDeliveries } from "./dispatch.ts";

export type FinishedContext = DeliveriesContext & Pick<Context, "measure">;

/** Never throws: the transition is committed, and the sweep sends the deliveries that fail here. */
export async function onFinished(context: FinishedContext, spaceId: string, exportId: string): Promise<void> {
  const { control } = context.databases;
  let row: ExportRow | null = null;
  try {
    row = await findExport(control, spaceId, exportId);
    if (row === null || (row.status !== "completed" && row.status !== "failed" && row.status !== "canceled")) return;
    const counts = await exportTotals(control, row);
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
    const requestId = row?.request_id;
    logFailure("export.notify_failed", thrown, { space_id: spaceId, export_id: exportId, request_id: requestId });
  }
}
