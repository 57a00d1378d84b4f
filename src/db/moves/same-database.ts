/**
 * Are two homes one database? A D1 binding that was copied in wrangler.toml with its `database_id` names the same one a
 * second time. A space that moved between the two would be deleted with its old copy.
 */

import type { Database } from "../core/database.ts";
import type { Databases } from "../core/shards.ts";

/** Not to be asked while the space moves: its copy has a row of its own then. */
export async function areOneDatabase(
  { homes }: Pick<Databases, "homes">,
  spaceId: string,
  one: string,
  other: string,
): Promise<boolean> {
  const shared = (name: string) => homes.find((home) => home.name === name)?.database ?? null;
  const [from, to] = [shared(one), shared(other)];
  if (from === null || to === null) return false;
  // A space without a write has no number yet.
  await from.run("INSERT INTO sequences (space_id, seq) VALUES (?1, 0) ON CONFLICT (space_id) DO NOTHING", [spaceId]);
  const before = await readNumbers(to, spaceId);
  if (before === null) return false;
  const own = await readNumbers(from, spaceId);
  const after = await readNumbers(to, spaceId);
  if (own === null || after === null || own.space_no !== before.space_no) return false;
  // Writes may have come in between. An old copy, which a restored database has, gets none.
  return before.seq <= own.seq && own.seq <= after.seq;
}

const readNumbers = (db: Database, spaceId: string) =>
  db.first<{ space_no: number; seq: number }>("SELECT space_no, seq FROM sequences WHERE space_id = ?1", [spaceId]);
