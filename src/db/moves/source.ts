/**
 * A moving space in its old home: from `beginLog` on its triggers log the keys of changed rows, a freeze keeps writes
 * out while the space switches, and in the end its rows are deleted.
 */

import { type Database, statement } from "../core/database.ts";
import type { MoveRow } from "./moves.ts";

export interface SourceState {
  number: number;
  epoch: number;
  state: "copying" | "frozen" | "deleting";
  /** Epoch ms. */
  frozen_at: number | null;
}

/** A change of a row. */
export interface LogEntry {
  n: number;
  table_name: string;
  /** JSON array. */
  key: string;
}

/** How many log entries `readSource` counts. */
export const MAX_COUNTED = 1_000;

export interface Source {
  /** Null: the move has not begun there. */
  out: SourceState | null;
  /** Entries that were not copied yet, and those whose rows were not compared yet: each at most MAX_COUNTED. */
  toCopy: number;
  toCompare: number;
}

/** As of one moment. @param copied and compared: up to which number the log was copied, and compared. */
export async function readSource(db: Database, spaceId: string, copied: number, compared: number): Promise<Source> {
  const count = `SELECT count(*) AS n FROM (SELECT 1 FROM move_log WHERE space_id = ?1 AND n > ?2 LIMIT ${MAX_COUNTED})`;
  const [out, toCopy, toCompare] = await db.batch<SourceState & { n: number }>([
    statement("SELECT number, epoch, state, frozen_at FROM moves_out WHERE space_id = ?1", [spaceId]),
    statement(count, [spaceId, copied]),
    statement(count, [spaceId, compared]),
  ]);
  return { out: out?.rows[0] ?? null, toCopy: toCopy?.rows[0]?.n ?? 0, toCompare: toCompare?.rows[0]?.n ?? 0 };
}

type Of = Pick<MoveRow, "space_id" | "number">;

/**
 * Changes are logged from now on. A space without a write gets its number. An earlier move is done there. It does
 * nothing where the space has come in by a later move: its home keeps the number of that one.
 */
export async function beginLog(db: Database, { space_id: spaceId, number }: Of): Promise<void> {
  await db.batch([
    statement("INSERT INTO sequences (space_id, seq) VALUES (?1, 0) ON CONFLICT (space_id) DO NOTHING", [spaceId]),
    statement(
      `INSERT INTO moves_out (space_id, space_no, number, epoch, state)
       SELECT ?1, space_no, ?2, 0, 'copying' FROM sequences WHERE space_id = ?1
         AND NOT EXISTS (SELECT 1 FROM moves_in WHERE space_id = ?1 AND number > ?2)
       ON CONFLICT (space_id) DO UPDATE SET space_no = excluded.space_no, number = excluded.number, epoch = 0,
         state = 'copying', frozen_at = NULL WHERE excluded.number > moves_out.number`,
      [spaceId, number],
    ),
  ]);
}

/** No row changes from now on. It does nothing after this attempt was given up. @param now epoch ms. */
export async function freeze(db: Database, move: Pick<MoveRow, "space_id" | "number" | "epoch">, now: number) {
  await db.run(
    `UPDATE moves_out SET state = 'frozen', epoch = ?3, frozen_at = ?4
     WHERE space_id = ?1 AND number = ?2 AND state = 'copying' AND epoch < ?3`,
    [move.space_id, move.number, move.epoch, now],
  );
}

/** Rows may change again, and no late freeze of this attempt comes through. The move must have gone back to copying. */
export async function thaw(db: Database, move: Pick<MoveRow, "space_id" | "number" | "epoch">): Promise<void> {
  await db.run(
    `UPDATE moves_out SET state = 'copying', epoch = ?3, frozen_at = NULL
     WHERE space_id = ?1 AND number = ?2 AND state <> 'deleting' AND epoch <= ?3`,
    [move.space_id, move.number, move.epoch],
  );
}

/** The space has switched: its rows here can only be deleted from now on. */
export async function beginDeleting(db: Database, { space_id: spaceId, number }: Of): Promise<void> {
  await db.run("UPDATE moves_out SET state = 'deleting' WHERE space_id = ?1 AND number = ?2", [spaceId, number]);
}

/** Entries of the log after a number, in their order. @param upTo the last one's number, or more. */
export const readLog = (db: Database, spaceId: string, after: number, upTo: number, limit: number) =>
  db.all<LogEntry>(
    "SELECT n, table_name, key FROM move_log WHERE space_id = ?1 AND n > ?2 AND n <= ?3 ORDER BY n LIMIT ?4",
    [spaceId, after, upTo, limit],
  );

/** The keys that were logged after a number, of one table. For a batch that reads rows. */
export const loggedKeys = (spaceId: string, after: number, limit: number) =>
  statement("SELECT n, table_name, key FROM move_log WHERE space_id = ?1 AND n > ?2 LIMIT ?3", [spaceId, after, limit]);

const LOG_SLICE = 1_000;

/**
 * Deletes a slice of what a home has of moves up to this one, either way. A freeze ends with it.
 * @param number null: of all moves. @returns how many rows were deleted.
 */
export async function forgetMoves(db: Database, spaceId: string, number: number | null): Promise<number> {
  const last = number ?? Number.MAX_SAFE_INTEGER;
  const results = await db.batch([
    statement("DELETE FROM moves_out WHERE space_id = ?1 AND number <= ?2", [spaceId, last]),
    statement("DELETE FROM moves_in WHERE space_id = ?1 AND number <= ?2", [spaceId, last]),
    statement(
      `DELETE FROM move_log WHERE space_id = ?1
         AND n IN (SELECT n FROM move_log WHERE space_id = ?1 ORDER BY n LIMIT ${LOG_SLICE})
         AND NOT EXISTS (SELECT 1 FROM moves_out WHERE space_id = ?1)`,
      [spaceId],
    ),
  ]);
  return results.reduce((sum, { changes }) => sum + changes, 0);
}
