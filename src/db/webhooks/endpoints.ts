/** Webhook endpoints of a space: who is told of which events, and the secrets that sign for them, sealed. */

import type { Database } from "../core/database.ts";
import { NEWEST_FIRST, pageParams, type Position } from "../core/pagination.ts";

export interface EndpointRow {
  id: string;
  space_id: string;
  url: string;
  /** JSON array. */
  event_types: string;
  /** 0 or 1. */
  enabled: number;
  /** Why the service itself disabled it. */
  disabled_reason: string | null;
  created_at: number;
  updated_at: number;
}

const COLUMNS = "id, space_id, url, event_types, enabled, disabled_reason, created_at, updated_at";

/** @returns false when the space has `most` of them already. */
export async function insertEndpoint(
  db: Database,
  row: EndpointRow,
  sealedSecret: string,
  most: number,
): Promise<boolean> {
  const inserted = await db.run(
    `INSERT INTO webhook_endpoints (${COLUMNS}, secret)
     SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
     WHERE (SELECT count(*) FROM webhook_endpoints WHERE space_id = ?2) < ?10`,
    row.id,
    row.space_id,
    row.url,
    row.event_types,
    row.enabled,
    row.disabled_reason,
    row.created_at,
    row.updated_at,
    sealedSecret,
    most,
  );
  return inserted > 0;
}

export async function findEndpoint(db: Database, spaceId: string, id: string): Promise<EndpointRow | null> {
  const sql = `SELECT ${COLUMNS} FROM webhook_endpoints WHERE space_id = ?1 AND id = ?2`;
  return db.first<EndpointRow>(sql, spaceId, id);
}

/** Newest first. */
export async function listEndpoints(
  db: Database,
  spaceId: string,
  limit: number,
  after: Position | null,
): Promise<EndpointRow[]> {
  return db.all<EndpointRow>(
    `SELECT ${COLUMNS} FROM webhook_endpoints ${NEWEST_FIRST}`,
    ...pageParams(spaceId, limit, after),
  );
}

export interface EndpointChange {
  url?: string | undefined;
  /** JSON array. */
  event_types?: string | undefined;
  enabled?: boolean | undefined;
}

/** Enabling it forgets why it was disabled. @returns the endpoint as it is now, or null where there is none. */
export async function updateEndpoint(
  db: Database,
  spaceId: string,
  id: string,
  change: EndpointChange,
  now: number,
): Promise<EndpointRow | null> {
  return db.first<EndpointRow>(
    `UPDATE webhook_endpoints SET url = coalesce(?3, url), event_types = coalesce(?4, event_types),
       enabled = coalesce(?5, enabled), disabled_reason = CASE ?5 WHEN 1 THEN NULL ELSE disabled_reason END, updated_at = ?6
     WHERE space_id = ?1 AND id = ?2 RETURNING ${COLUMNS}`,
    spaceId,
    id,
    change.url ?? null,
    change.event_types ?? null,
    change.enabled === undefined ? null : Number(change.enabled),
    now,
  );
}

/** @returns whether it was there. */
export async function deleteEndpoint(db: Database, spaceId: string, id: string): Promise<boolean> {
  return (await db.run("DELETE FROM webhook_endpoints WHERE space_id = ?1 AND id = ?2", spaceId, id)) > 0;
}

/** The present secret becomes the previous one, which signs too until `until`. @returns null where there is no such endpoint. */
export async function rotateEndpointSecret(
  db: Database,
  spaceId: string,
  id: string,
  sealedSecret: string,
  { now, until }: { now: number; until: number },
): Promise<EndpointRow | null> {
  return db.first<EndpointRow>(
    `UPDATE webhook_endpoints SET previous_secret = secret, previous_secret_until = ?4, secret = ?3, updated_at = ?5
     WHERE space_id = ?1 AND id = ?2 RETURNING ${COLUMNS}`,
    spaceId,
    id,
    sealedSecret,
    until,
    now,
  );
}
