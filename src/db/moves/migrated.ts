/** Has a database the tables of moves? One that was bound by hand has none before its migrations were run. */

import type { Databases } from "../core/shards.ts";

/** @returns true for a home whose spaces have a database each: that makes its tables itself. */
export async function isMigrated({ homes }: Pick<Databases, "homes">, spaceId: string, home: string): Promise<boolean> {
  const database = homes.find(({ name }) => name === home)?.database ?? null;
  if (database === null) return true;
  try {
    await database.first("SELECT 1 FROM moves_in WHERE space_id = ?1", [spaceId]);
    return true;
  } catch (thrown) {
    if (thrown instanceof Error && thrown.message.includes("no such table")) return false;
    throw thrown;
  }
}
