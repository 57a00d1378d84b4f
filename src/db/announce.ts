/**
 * The end of an export, told: an entry in its timeline and a delivery for each receiver, in the transaction of the move that
 * ended it. Ids follow from the export, its status and how often it was retried, so an end that is told twice is told once.
 */

import { type Statement, statement } from "./database.ts";
import type { ExportStatus } from "./status.ts";
import { entry } from "./timeline.ts";

/** SQL: the event's id (no full stop in it: Standard Webhooks signs `id.timestamp.body`), and its data, of export `e`. */
const EVENT_ID = "'evt_' || e.id || '_' || e.status || '_' || e.generation";
const DATA = `json_object('export_id', e.id, 'dataset', e.dataset, 'status', e.status,
  'rows', (SELECT coalesce(sum(f.rows), 0) FROM files f WHERE f.space_id = ?1 AND f.export_id = ?2 AND f.done = 1),
  'files', (SELECT count(*) FROM files f WHERE f.space_id = ?1 AND f.export_id = ?2 AND f.done = 1),
  'completed_at', e.completed_at,
  'error_code', CASE e.status WHEN 'failed' THEN e.error_code END, 'error_owner', CASE e.status WHEN 'failed' THEN e.error_owner END,
  'error_detail', CASE e.status WHEN 'failed' THEN e.error_detail END,
  'error_retryable', CASE e.status WHEN 'failed' THEN e.error_retryable END)`;
const COLUMNS = `id, space_id, export_id, event_id, event_type, event_at, endpoint_id, url, data, status, next_attempt_at, created_at`;

/** Goes right after the move, in its batch. @param now when the move was made, as the move wrote it into `status_at`. */
export function announce(
  spaceId: string,
  exportId: string,
  status: Extract<ExportStatus, "completed" | "failed" | "canceled" | "expired">,
  now: number,
  detail: Record<string, string | number | null> = {},
): Statement[] {
  return [
    entry(spaceId, exportId, now, `export.${status}`, detail, { key: status, status }),
    statement(
      `INSERT INTO webhook_deliveries (${COLUMNS})
       SELECT ${EVENT_ID} || '.' || w.id, e.space_id, e.id, ${EVENT_ID}, 'export.' || e.status, ?4, w.id, NULL, ${DATA}, 'pending', ?4, ?4
       FROM exports e JOIN webhook_endpoints w ON w.space_id = ?1 AND w.enabled = 1
         AND EXISTS (SELECT 1 FROM json_each(w.event_types) t WHERE t.value = 'export.' || ?3)
       WHERE e.space_id = ?1 AND e.id = ?2 AND e.status = ?3 AND e.status_at = ?4 ON CONFLICT DO NOTHING`,
      spaceId,
      exportId,
      status,
      now,
    ),
    statement(
      `INSERT INTO webhook_deliveries (${COLUMNS})
       SELECT ${EVENT_ID} || '.callback', e.space_id, e.id, ${EVENT_ID}, 'export.' || e.status, ?4, NULL, e.callback_url, ${DATA}, 'pending', ?4, ?4
       FROM exports e
       WHERE e.space_id = ?1 AND e.id = ?2 AND e.status = ?3 AND e.status_at = ?4 AND e.callback_url IS NOT NULL
       ON CONFLICT DO NOTHING`,
      spaceId,
      exportId,
      status,
      now,
    ),
  ];
}
