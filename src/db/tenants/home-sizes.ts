/**
 * The sizes of homes. A home that spaces share is asked for its size. The sizes of databases that each have one space
 * are noted in the spaces' rows: to ask all of these databases would wake every one.
 */

import type { Database } from "../core/database.ts";

/** The most spaces of a home that are counted. */
export const MAX_COUNTED = 100_000;

/** How many spaces a home has, and the bytes that were noted for them; at most `MAX_COUNTED` spaces, largest first. */
export async function sumSpacesIn(db: Database, home: string): Promise<{ spaces: number; bytes: number }> {
  const row = await db.first<{ spaces: number; bytes: number }>(
    `SELECT count(*) AS spaces, coalesce(sum(bytes), 0) AS bytes FROM
       (SELECT bytes FROM spaces WHERE home = ?1 AND status <> 'deleting' ORDER BY bytes DESC LIMIT ?2)`,
    [home, MAX_COUNTED],
  );
  return row ?? { spaces: 0, bytes: 0 };
}

/** The space of a home whose noted bytes are the most; null where none has any. */
export const largestSpaceIn = (db: Database, home: string) =>
  db.first<{ id: string; bytes: number }>(
    `SELECT id, bytes FROM spaces WHERE home = ?1 AND status <> 'deleting' AND bytes > 0 ORDER BY bytes DESC LIMIT 1`,
    [home],
  );

/** Notes the bytes of a space's own database, and when they are noted next (epoch ms). */
export async function noteSize(db: Database, spaceId: string, bytes: number, dueAt: number): Promise<void> {
  await db.run("UPDATE spaces SET bytes = ?2, bytes_due_at = ?3 WHERE id = ?1", [spaceId, bytes, dueAt]);
}

/** Leases, until `againAt`, those of the homes that are due to be measured. Times in epoch ms. @returns their names. */
export async function leaseHomesToMeasure(
  db: Database,
  homes: readonly string[],
  now: number,
  againAt: number,
): Promise<string[]> {
  const leased = await db.all<{ home: string }>(
    `INSERT INTO home_checks (home, due_at) SELECT value, ?3 FROM json_each(?1) WHERE true
     ON CONFLICT (home) DO UPDATE SET due_at = excluded.due_at WHERE due_at <= ?2 RETURNING home`,
    [JSON.stringify(homes), now, againAt],
  );
  return leased.map(({ home }) => home);
}

/** A home was measured, and is again at this time (epoch ms). */
export async function scheduleHomeCheck(db: Database, home: string, dueAt: number): Promise<void> {
  await db.run("UPDATE home_checks SET due_at = ?2 WHERE home = ?1", [home, dueAt]);
}
