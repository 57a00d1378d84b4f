/** Deliveries of webhooks: the outbox. A row is an event and one receiver of it; attempts hang on it. */

import type { Database } from "./database.ts";

/** The deliveries of an export that wait and are due. */
export async function listDueOfExport(db: Database, spaceId: string, exportId: string, now: number): Promise<string[]> {
  const rows = await db.all<{ id: string }>(
    `SELECT id FROM webhook_deliveries WHERE space_id = ?1 AND export_id = ?2 AND status = 'pending' AND next_attempt_at <= ?3`,
    spaceId,
    exportId,
    now,
  );
  return rows.map((row) => row.id);
}
