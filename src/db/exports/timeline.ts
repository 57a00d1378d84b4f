/** The timeline of an export. Each entry is written in the transaction of the change that it reports. */

import { type Database, type Statement, statement } from "../core/database.ts";
import { type Position, positionParams } from "../core/pagination.ts";
import type { ExportKey, ExportStatus } from "./status.ts";

/** Entries without a key are dropped beyond this many, so that a failing export has a bounded timeline. */
const MAX_ENTRIES = 1_000;

export interface TimelineEntry {
  at: number;
  /** Orders entries of one millisecond. */
  id: string;
  type: string;
  /** JSON object. */
  detail: string;
}

export interface EntryCondition {
  /** An entry with a key is written once per generation of the export. */
  key?: string;
  /** Writes nothing unless the export got this status at the time of the entry. */
  status?: ExportStatus;
  /** Writes nothing unless the export is in flight and of this generation. */
  inGeneration?: number;
}

/**
 * Part of a batch: an entry, if the export exists.
 * @param detail numbers and codes; no secrets, no addresses.
 */
export function entry(
  of: ExportKey,
  at: number,
  type: string,
  detail: Record<string, string | number | null>,
  { key, status, inGeneration }: EntryCondition = {},
): Statement {
  return statement(
    `INSERT INTO export_events (space_id, export_id, n, key, at, type, detail)
     SELECT e.space_id, e.id, (SELECT coalesce(max(o.n), 0) + 1 FROM export_events o WHERE o.space_id = ?1 AND o.export_id = ?2),
       ?3 || ':' || e.generation, ?4, ?5, ?6
     FROM exports e WHERE e.space_id = ?1 AND e.id = ?2 AND (?7 IS NULL OR (e.status = ?7 AND e.status_at = ?4))
       AND (?8 IS NULL OR (e.generation = ?8 AND e.status IN ('queued', 'processing')))
       AND (?3 IS NOT NULL OR (SELECT count(*) FROM export_events o WHERE o.space_id = ?1 AND o.export_id = ?2) < ${MAX_ENTRIES})
     ON CONFLICT DO NOTHING`,
    [of.space_id, of.id, key ?? null, at, type, JSON.stringify(detail), status ?? null, inGeneration ?? null],
  );
}

/** Part of a batch, after the statement that began or finished a verification of the export at that time. */
export const verificationEntry = (of: ExportKey, at: number): Statement =>
  statement(
    `INSERT INTO export_events (space_id, export_id, n, key, at, type, detail)
     SELECT v.space_id, v.export_id,
       (SELECT coalesce(max(o.n), 0) + 1 FROM export_events o WHERE o.space_id = ?1 AND o.export_id = ?2),
       'verification:' || v.n || ':' || v.status, ?3,
       CASE v.status WHEN 'running' THEN 'export.verification_started' ELSE 'export.verified' END,
       CASE v.status WHEN 'running' THEN json_object('reason', v.reason, 'files', v.files_total)
         ELSE json_object('ok', json(iif(v.missing + v.changed + v.unreadable = 0, 'true', 'false')), 'files', v.files_total,
           'missing', v.missing, 'changed', v.changed, 'unreadable', v.unreadable) END
     FROM export_verifications v WHERE v.space_id = ?1 AND v.export_id = ?2
       AND ((v.status = 'running' AND v.started_at = ?3) OR (v.status = 'finished' AND v.ended_at = ?3))
       AND (SELECT count(*) FROM export_events o WHERE o.space_id = ?1 AND o.export_id = ?2) < ${MAX_ENTRIES}
     ON CONFLICT DO NOTHING`,
    [of.space_id, of.id, at],
  );

/** Oldest first: the entries of the export, and every attempt of its webhook deliveries. */
export const listTimeline = (db: Database, of: ExportKey, limit: number, after: Position | null) =>
  db.all<TimelineEntry>(
    `SELECT at, id, type, detail FROM (
       SELECT at, 'a' || printf('%06d', n) AS id, type, detail FROM export_events WHERE space_id = ?1 AND export_id = ?2
       UNION ALL
       SELECT a.at, 'b' || a.delivery_id || printf('%06d', a.n), 'webhook.attempt',
         json_object('webhook_id', d.event_id, 'endpoint_id', d.endpoint_id, 'n', a.n, 'status_code', a.status_code, 'error', a.error)
       FROM webhook_attempts a JOIN webhook_deliveries d ON d.id = a.delivery_id AND d.space_id = ?1
       WHERE a.space_id = ?1 AND a.subject_id = ?2)
     WHERE ?4 IS NULL OR (at, id) > (?4, ?5) ORDER BY at, id LIMIT ?3`,
    [of.space_id, of.id, limit, ...positionParams(after)],
  );
