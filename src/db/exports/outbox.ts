/**
 * The outbox: a webhook delivery for each receiver of an event, written in the transaction of the change that the event
 * reports. Event ids are derived from the export, its status and how often it was retried, from the export's
 * verification, or from the schedule and its pause: writing the same event again inserts nothing.
 */

import { type Statement, statement } from "../core/database.ts";
import type { ExportKey, ExportStatus } from "./status.ts";
import { entry } from "./timeline.ts";

const COLUMNS = `id, space_id, subject_type, subject_id, event_id, event_type, event_at, endpoint_id, url, data, status, next_attempt_at,
  created_at`;

/** SQL: the event's id of export `e`. It has no full stop: Standard Webhooks signs `id.timestamp.body`. */
const EXPORT_EVENT_ID = "'evt_' || e.id || '_' || e.status || '_' || e.generation";
/** SQL: the `data` of export `e`, as webhooks/events/exports.ts reads it. */
const EXPORT_DATA = `json_object('export_id', e.id, 'dataset', e.dataset, 'status', e.status,
  'rows', (SELECT coalesce(sum(f.rows), 0) FROM export_files f WHERE f.space_id = ?1 AND f.export_id = ?2 AND f.done = 1),
  'files', (SELECT count(*) FROM export_files f WHERE f.space_id = ?1 AND f.export_id = ?2 AND f.done = 1),
  'completed_at', e.completed_at,
  'error_code', CASE e.status WHEN 'failed' THEN e.error_code END, 'error_owner', CASE e.status WHEN 'failed' THEN e.error_owner END,
  'error_detail', CASE e.status WHEN 'failed' THEN e.error_detail END,
  'error_retryable', CASE e.status WHEN 'failed' THEN e.error_retryable END)`;
/** SQL: the event's id of the damage that verification `v` found. */
const DAMAGE_EVENT_ID = "'evt_' || v.export_id || '_damaged_' || v.n";
/** SQL: the `data` of that event, as webhooks/events/damaged.ts reads it. */
const DAMAGE_DATA = `json_object('export_id', e.id, 'dataset', e.dataset, 'status', e.status, 'completed_at', e.completed_at,
  'verified_at', v.ended_at, 'files', v.files_total, 'missing', v.missing, 'changed', v.changed, 'unreadable', v.unreadable)`;
/** SQL: verification ?3 of export ?2 was finished at ?4, and found files missing or changed. */
const IS_DAMAGED = `v.space_id = ?1 AND v.export_id = ?2 AND v.n = ?3 AND v.status = 'finished' AND v.ended_at = ?4
  AND v.missing + v.changed > 0`;
/** SQL: of schedule `s`. */
const PAUSE_EVENT_ID = "'evt_' || s.id || '_paused_' || s.paused_at";

/**
 * The timeline entry and the deliveries of an export's new status. They go into the batch of the transition, right
 * after it.
 * @param now the time of the transition, as it wrote it into `status_at`.
 */
export function enqueueWebhooks(
  of: ExportKey,
  status: Extract<ExportStatus, "completed" | "failed" | "canceled" | "expired">,
  now: number,
  detail: Record<string, string | number | null> = {},
): Statement[] {
  return [
    entry(of, now, `export.${status}`, detail, { key: status, status }),
    statement(
      `INSERT INTO webhook_deliveries (${COLUMNS})
       SELECT ${EXPORT_EVENT_ID} || '.' || w.id, e.space_id, 'export', e.id, ${EXPORT_EVENT_ID}, 'export.' || e.status, ?4, w.id, NULL,
         ${EXPORT_DATA}, 'pending', ?4, ?4
       FROM exports e JOIN webhook_endpoints w ON w.space_id = ?1 AND w.enabled = 1
         AND EXISTS (SELECT 1 FROM json_each(w.event_types) t WHERE t.value = 'export.' || ?3)
       WHERE e.space_id = ?1 AND e.id = ?2 AND e.status = ?3 AND e.status_at = ?4 ON CONFLICT DO NOTHING`,
      [of.space_id, of.id, status, now],
    ),
    statement(
      `INSERT INTO webhook_deliveries (${COLUMNS})
       SELECT ${EXPORT_EVENT_ID} || '.callback', e.space_id, 'export', e.id, ${EXPORT_EVENT_ID}, 'export.' || e.status, ?4, NULL, e.callback_url,
         ${EXPORT_DATA}, 'pending', ?4, ?4
       FROM exports e
       WHERE e.space_id = ?1 AND e.id = ?2 AND e.status = ?3 AND e.status_at = ?4 AND e.callback_url IS NOT NULL
       ON CONFLICT DO NOTHING`,
      [of.space_id, of.id, status, now],
    ),
  ];
}

/**
 * The deliveries of a verification that found files missing or changed. They go into the batch that finishes it, right
 * after that.
 * @param n of the verification. @param now when it was finished.
 */
export function enqueueDamagedWebhooks(of: ExportKey, n: number, now: number): Statement[] {
  return [
    statement(
      `INSERT INTO webhook_deliveries (${COLUMNS})
       SELECT ${DAMAGE_EVENT_ID} || '.' || w.id, e.space_id, 'export', e.id, ${DAMAGE_EVENT_ID}, 'export.damaged', ?4, w.id, NULL,
         ${DAMAGE_DATA}, 'pending', ?4, ?4
       FROM export_verifications v JOIN exports e ON e.space_id = ?1 AND e.id = ?2
       JOIN webhook_endpoints w ON w.space_id = ?1 AND w.enabled = 1
         AND EXISTS (SELECT 1 FROM json_each(w.event_types) t WHERE t.value = 'export.damaged')
       WHERE ${IS_DAMAGED} ON CONFLICT DO NOTHING`,
      [of.space_id, of.id, n, now],
    ),
    statement(
      `INSERT INTO webhook_deliveries (${COLUMNS})
       SELECT ${DAMAGE_EVENT_ID} || '.callback', e.space_id, 'export', e.id, ${DAMAGE_EVENT_ID}, 'export.damaged', ?4, NULL,
         e.callback_url, ${DAMAGE_DATA}, 'pending', ?4, ?4
       FROM export_verifications v JOIN exports e ON e.space_id = ?1 AND e.id = ?2 AND e.callback_url IS NOT NULL
       WHERE ${IS_DAMAGED} ON CONFLICT DO NOTHING`,
      [of.space_id, of.id, n, now],
    ),
  ];
}

/**
 * The deliveries of a schedule's pause, with its last failed run. They go into the batch of the pause, right after it.
 * @param now when it was paused. @param failures how many runs in a row failed.
 */
export function enqueuePauseWebhooks(spaceId: string, scheduleId: string, now: number, failures: number): Statement {
  return statement(
    `INSERT INTO webhook_deliveries (${COLUMNS})
     SELECT ${PAUSE_EVENT_ID} || '.' || w.id, s.space_id, 'schedule', s.id, ${PAUSE_EVENT_ID}, 'schedule.paused', ?3, w.id, NULL,
       json_object('schedule_id', s.id, 'name', s.name, 'paused_at', s.paused_at, 'paused_reason', s.paused_reason, 'failures', ?4,
         'last_export_id', r.export_id, 'error_code', coalesce(r.error_code, e.error_code), 'error_owner', e.error_owner,
         'error_detail', coalesce(r.detail, e.error_detail), 'error_retryable', e.error_retryable),
       'pending', ?3, ?3
     FROM schedules s JOIN webhook_endpoints w ON w.space_id = ?1 AND w.enabled = 1
       AND EXISTS (SELECT 1 FROM json_each(w.event_types) t WHERE t.value = 'schedule.paused')
     JOIN schedule_runs r ON r.space_id = ?1 AND r.schedule_id = ?2 AND r.scheduled_at = (
       SELECT max(l.scheduled_at) FROM schedule_runs l
       LEFT JOIN exports x ON x.space_id = ?1 AND x.id = l.export_id
       WHERE l.space_id = ?1 AND l.schedule_id = ?2 AND (l.outcome = 'refused' OR x.status = 'failed'))
     LEFT JOIN exports e ON e.space_id = ?1 AND e.id = r.export_id
     WHERE s.space_id = ?1 AND s.id = ?2 AND s.status = 'paused' AND s.paused_reason = 'failures' AND s.paused_at = ?3
     ON CONFLICT DO NOTHING`,
    [spaceId, scheduleId, now, failures],
  );
}
