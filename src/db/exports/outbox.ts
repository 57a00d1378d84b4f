/**
 * The end of an export, told: an entry in its timeline and a delivery for each receiver, in the transaction of the move that
 * ended it; and a schedule that was paused. Ids follow from the export, its status and how often it was retried, so an end that is told twice is told once.
 */

import { type Statement, statement } from "../core/database.ts";
import type { ExportStatus } from "./status.ts";
import { entry } from "./timeline.ts";

/** SQL: the event's id (no full stop in it: Standard Webhooks signs `id.timestamp.body`), and its data, of export `e`. */
const EVENT_ID = "'evt_' || e.id || '_' || e.status || '_' || e.generation";
const DATA = `json_object('export_id', e.id, 'dataset', e.dataset, 'status', e.status,
  'rows', (SELECT coalesce(sum(f.rows), 0) FROM export_files f WHERE f.space_id = ?1 AND f.export_id = ?2 AND f.done = 1),
  'files', (SELECT count(*) FROM export_files f WHERE f.space_id = ?1 AND f.export_id = ?2 AND f.done = 1),
  'completed_at', e.completed_at,
  'error_code', CASE e.status WHEN 'failed' THEN e.error_code END, 'error_owner', CASE e.status WHEN 'failed' THEN e.error_owner END,
  'error_detail', CASE e.status WHEN 'failed' THEN e.error_detail END,
  'error_retryable', CASE e.status WHEN 'failed' THEN e.error_retryable END)`;
const PAUSE_ID = "'evt_' || s.id || '_paused_' || s.paused_at";
const COLUMNS = `id, space_id, export_id, event_id, event_type, event_at, endpoint_id, url, data, status, next_attempt_at, created_at`;

/** Goes right after the move, in its batch. @param now when the move was made, as the move wrote it into `status_at`. */
export function enqueueWebhooks(
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

/**
 * A schedule that was paused because its runs failed, told to the endpoints that asked for it. Goes right after the pause, in
 * its batch. @param now when it was paused.
 */
export function enqueuePauseWebhooks(spaceId: string, scheduleId: string, now: number, failures: number): Statement {
  return statement(
    `INSERT INTO webhook_deliveries (${COLUMNS}, schedule_id)
     SELECT ${PAUSE_ID} || '.' || w.id, s.space_id, s.id, ${PAUSE_ID}, 'schedule.paused', ?3, w.id, NULL,
       json_object('schedule_id', s.id, 'name', s.name, 'paused_at', s.paused_at, 'paused_reason', s.paused_reason, 'failures', ?4,
         'last_export_id', r.export_id, 'error_code', coalesce(r.error_code, e.error_code), 'error_owner', e.error_owner,
         'error_detail', coalesce(r.detail, e.error_detail), 'error_retryable', e.error_retryable),
       'pending', ?3, ?3, s.id
     FROM schedules s JOIN webhook_endpoints w ON w.space_id = ?1 AND w.enabled = 1
       AND EXISTS (SELECT 1 FROM json_each(w.event_types) t WHERE t.value = 'schedule.paused')
     JOIN schedule_runs r ON r.space_id = ?1 AND r.schedule_id = ?2 AND r.scheduled_at = (
       SELECT max(l.scheduled_at) FROM schedule_runs l
       LEFT JOIN exports x ON x.space_id = ?1 AND x.id = l.export_id
       WHERE l.space_id = ?1 AND l.schedule_id = ?2 AND (l.outcome = 'refused' OR x.status = 'failed'))
     LEFT JOIN exports e ON e.space_id = ?1 AND e.id = r.export_id
     WHERE s.space_id = ?1 AND s.id = ?2 AND s.status = 'paused' AND s.paused_reason = 'failures' AND s.paused_at = ?3
     ON CONFLICT DO NOTHING`,
    spaceId,
    scheduleId,
    now,
    failures,
  );
}
