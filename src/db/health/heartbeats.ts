/** When the sweep was at work last. */

import type { Database } from "../core/database.ts";

/** A consumer worked on a message of this sweep. Messages may come in any order: the latest time counts. */
export async function recordSweep(db: Database, now: number): Promise<void> {
  await db.run(
    `INSERT INTO heartbeats (name, at) VALUES ('sweep', ?1)
     ON CONFLICT (name) DO UPDATE SET at = max(at, excluded.at)`,
    [now],
  );
}

/** @returns epoch ms; null before the first sweep. */
export async function lastSweep(db: Database): Promise<number | null> {
  return (await db.first<{ at: number }>("SELECT at FROM heartbeats WHERE name = 'sweep'"))?.at ?? null;
}
