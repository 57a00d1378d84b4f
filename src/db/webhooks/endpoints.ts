/** Webhook endpoints of a space: the events each receives, and the encrypted secret that signs them. */

import { type Row, valuesOf } from "../core/columns.ts";
import type { Database } from "../core/database.ts";
import { NEWEST_FIRST, pageParams, type Position } from "../core/pagination.ts";

interface WebhookEndpoints {
  id: string;
  space_id: string;
  url: string;
  /** JSON array. */
  event_types: string;
  /** 0 or 1. */
  enabled: number;
  /** Why the service disabled it; null: a call did, or it is enabled. */
  disabled_reason: string | null;
  created_at: number;
  updated_at: number;
}

const COLUMNS = "id, space_id, url, event_types, enabled, disabled_reason, created_at, updated_at";

/** An endpoint without its secrets. */
export type EndpointRow = Row<WebhookEndpoints, typeof COLUMNS>;

/** @returns false when the space already has `limit` endpoints. */
export async function insertEndpoint(
  db: Database,
  row: EndpointRow,
  encryptedSecret: string,
  limit: number,
): Promise<boolean> {
  const inserted = await db.run(
    `INSERT INTO webhook_endpoints (${COLUMNS}, secret)
     SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
     WHERE (SELECT count(*) FROM webhook_endpoints WHERE space_id = ?2) < ?10`,
    [...valuesOf(row, COLUMNS), encryptedSecret, limit],
  );
  return inserted > 0;
}

export async function findEndpoint(db: Database, spaceId: string, id: string): Promise<EndpointRow | null> {
  const sql = `SELECT ${COLUMNS} FROM webhook_endpoints WHERE space_id = ?1 AND id = ?2`;
  return db.first<EndpointRow>(sql, [spaceId, id]);
}

/** Newest first. */
export const listEndpoints = (db: Database, spaceId: string, limit: number, after: Position | null) =>
  db.all<EndpointRow>(`SELECT ${COLUMNS} FROM webhook_endpoints ${NEWEST_FIRST}`, pageParams(spaceId, limit, after));

export interface EndpointChange {
  url?: string | undefined;
  /** JSON array. */
  event_types?: string | undefined;
  enabled?: boolean | undefined;
}

/** Enabling an endpoint clears its `disabled_reason`. @returns the changed endpoint, or null when its id is unknown. */
export const updateEndpoint = (db: Database, spaceId: string, id: string, change: EndpointChange, now: number) =>
  db.first<EndpointRow>(
    `UPDATE webhook_endpoints SET url = coalesce(?3, url), event_types = coalesce(?4, event_types),
       enabled = coalesce(?5, enabled), disabled_reason = CASE ?5 WHEN 1 THEN NULL ELSE disabled_reason END, updated_at = ?6
     WHERE space_id = ?1 AND id = ?2 RETURNING ${COLUMNS}`,
    [
      spaceId,
      id,
      change.url ?? null,
      change.event_types ?? null,
      change.enabled === undefined ? null : Number(change.enabled),
      now,
    ],
  );

/** @returns false when its id is unknown. */
export async function deleteEndpoint(db: Database, spaceId: string, id: string): Promise<boolean> {
  return (await db.run("DELETE FROM webhook_endpoints WHERE space_id = ?1 AND id = ?2", [spaceId, id])) > 0;
}

/** The current secret becomes the previous one, which signs too until `until`. @returns null when the id is unknown. */
export async function rotateEndpointSecret(
  db: Database,
  spaceId: string,
  id: string,
  encryptedSecret: string,
  { now, until }: { now: number; until: number },
): Promise<EndpointRow | null> {
  return db.first<EndpointRow>(
    `UPDATE webhook_endpoints SET previous_secret = secret, previous_secret_until = ?4, secret = ?3, updated_at = ?5
     WHERE space_id = ?1 AND id = ?2 RETURNING ${COLUMNS}`,
    [spaceId, id, encryptedSecret, until, now],
  );
}
