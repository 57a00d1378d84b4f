/**
 * The move of a space to another home, as the control database has it: what operators see, and the state that decides.
 * Each change of state is one compare-and-set, so that of several movers one makes it.
 *
 *   copying ─► switching ─► cleaning ─► completed
 *      └───────────┴──► undoing ─► canceled or failed
 */

import type { Row } from "../core/columns.ts";
import { type Database, statement } from "../core/database.ts";

export type MoveState = "copying" | "switching" | "cleaning" | "undoing" | "completed" | "canceled" | "failed";

interface Moves {
  space_id: string;
  number: number;
  from_home: string;
  to_home: string;
  state: MoveState;
  epoch: number;
  copied_rows: number;
  compared_rows: number;
  started_at: number;
  switching_at: number | null;
  switched_at: number | null;
  ended_at: number | null;
  error: string | null;
  due_at: number | null;
  failing_since: number | null;
}

const COLUMNS =
  "space_id, number, from_home, to_home, state, epoch, copied_rows, compared_rows, started_at, switching_at, switched_at, ended_at, error, due_at, failing_since";

/** Times in epoch ms. */
export type MoveRow = Row<Moves, typeof COLUMNS>;

type Of = Pick<MoveRow, "space_id" | "number" | "epoch">;

/** The newest move of a space; null where it never moved, or was deleted. */
export const findMove = (db: Database, spaceId: string) =>
  db.first<MoveRow>(
    `SELECT ${COLUMNS} FROM moves WHERE space_id = ?1
       AND EXISTS (SELECT 1 FROM spaces WHERE id = ?1 AND status <> 'deleting')`,
    [spaceId],
  );

/**
 * Begins a move, unless the space is there already, or its last move has not ended.
 * @param now epoch ms. @returns null where none begins.
 */
export const beginMove = (db: Database, spaceId: string, home: string, now: number) =>
  db.first<MoveRow>(
    `INSERT INTO moves (space_id, number, from_home, to_home, state, started_at, due_at)
     SELECT id, 1, home, ?2, 'copying', ?3, ?3 FROM spaces WHERE id = ?1 AND status <> 'deleting' AND home <> ?2
     ON CONFLICT (space_id) DO UPDATE SET number = number + 1, from_home = excluded.from_home,
       to_home = excluded.to_home, state = 'copying', epoch = 0, copied_rows = 0, compared_rows = 0,
       started_at = excluded.started_at, switching_at = NULL, switched_at = NULL, ended_at = NULL, error = NULL,
       due_at = excluded.due_at, failing_since = NULL
     WHERE moves.state IN ('completed', 'canceled', 'failed')
     RETURNING ${COLUMNS}`,
    [spaceId, home, now],
  );

/** Leases the move that is due for the longest time until `againAt`; null where none is due. Times in epoch ms. */
export const claimDueMove = (db: Database, now: number, againAt: number) =>
  db.first<MoveRow>(
    `UPDATE moves SET due_at = ?2 WHERE space_id IN (
       SELECT m.space_id FROM moves m WHERE m.due_at <= ?1
         AND EXISTS (SELECT 1 FROM spaces s WHERE s.id = m.space_id AND s.status <> 'deleting')
       ORDER BY m.due_at LIMIT 1)
     RETURNING ${COLUMNS}`,
    [now, againAt],
  );

interface Figures {
  copied: number;
  compared: number;
}

/** Sets when a move that has not ended is continued (epoch ms), and how far it has come. */
export async function scheduleMove(
  db: Database,
  { space_id: spaceId, number }: Of,
  at: number,
  { copied, compared }: Figures = { copied: 0, compared: 0 },
): Promise<void> {
  await db.run(
    `UPDATE moves SET due_at = ?3, copied_rows = max(copied_rows, ?4), compared_rows = max(compared_rows, ?5)
     WHERE space_id = ?1 AND number = ?2 AND due_at IS NOT NULL`,
    [spaceId, number, at, copied, compared],
  );
}

/** Notes that a step failed. @param now epoch ms. */
export async function noteFailing(db: Database, { space_id: spaceId, number }: Of, now: number): Promise<void> {
  await db.run("UPDATE moves SET failing_since = ?3 WHERE space_id = ?1 AND number = ?2 AND failing_since IS NULL", [
    spaceId,
    number,
    now,
  ]);
}

/** Notes that a step did not fail. */
export async function noteWorking(db: Database, { space_id: spaceId, number }: Of): Promise<void> {
  await db.run("UPDATE moves SET failing_since = NULL WHERE space_id = ?1 AND number = ?2", [spaceId, number]);
}

/** From now on no isolate keeps the space's home. @param at epoch ms: when no isolate has an older one any more. */
export async function beginSwitch(
  db: Database,
  { space_id: spaceId, number, epoch }: Of,
  { copied, compared }: Figures,
  now: number,
  at: number,
): Promise<boolean> {
  const changed = await db.run(
    `UPDATE moves SET state = 'switching', epoch = epoch + 1, switching_at = ?4, due_at = ?5, copied_rows = ?6,
       compared_rows = ?7
     WHERE space_id = ?1 AND number = ?2 AND epoch = ?3 AND state = 'copying'`,
    [spaceId, number, epoch, now, at, copied, compared],
  );
  return changed > 0;
}

/** Goes back to copying: only then may the old home take writes again. @returns false where another mover was first. */
export async function giveUpSwitch(db: Database, { space_id: spaceId, number, epoch }: Of): Promise<boolean> {
  const changed = await db.run(
    `UPDATE moves SET state = 'copying', switching_at = NULL
     WHERE space_id = ?1 AND number = ?2 AND epoch = ?3 AND state = 'switching'`,
    [spaceId, number, epoch],
  );
  return changed > 0;
}

/** The switch: the space has its new home from now on. @returns false where the move is no longer about to switch. */
export async function switchHome(db: Database, move: MoveRow, now: number, dueAt: number): Promise<boolean> {
  const { space_id: spaceId, number, epoch, from_home: from, to_home: to } = move;
  const [switched] = await db.batch([
    statement(
      `UPDATE spaces SET home = ?3 WHERE id = ?1 AND home = ?2 AND status <> 'deleting' AND EXISTS (
         SELECT 1 FROM moves WHERE space_id = ?1 AND number = ?4 AND epoch = ?5 AND state = 'switching')`,
      [spaceId, from, to, number, epoch],
    ),
    statement(
      `UPDATE moves SET state = 'cleaning', switched_at = ?4, due_at = ?5
       WHERE space_id = ?1 AND number = ?2 AND epoch = ?3 AND state = 'switching'
         AND EXISTS (SELECT 1 FROM spaces WHERE id = ?1 AND home = ?6)`,
      [spaceId, number, epoch, now, dueAt, to],
    ),
  ]);
  return (switched?.changes ?? 0) > 0;
}

/**
 * Ends a move that has not switched: its copy goes.
 * @param error public: why it failed; null: it is canceled. @param now epoch ms.
 * @returns null where there is no such move.
 */
export const undoMove = (db: Database, spaceId: string, number: number, error: string | null, now: number) =>
  db.first<MoveRow>(
    `UPDATE moves SET state = 'undoing', error = ?3, due_at = ?4
     WHERE space_id = ?1 AND number = ?2 AND state IN ('copying', 'switching') RETURNING ${COLUMNS}`,
    [spaceId, number, error, now],
  );

/**
 * Ends a move whose old copy, or whose unfinished one, was deleted.
 * @param dueAt epoch ms: when that is done again; null: not again.
 */
export async function endMove(db: Database, move: MoveRow, now: number, dueAt: number | null): Promise<void> {
  const { space_id: spaceId, number, state, error } = move;
  const end = state === "cleaning" ? "completed" : state !== "undoing" ? state : error === null ? "canceled" : "failed";
  await db.run(
    `UPDATE moves SET state = ?4, ended_at = coalesce(ended_at, ?5), due_at = ?6
     WHERE space_id = ?1 AND number = ?2 AND state = ?3`,
    [spaceId, number, state, end, now, dueAt],
  );
}

/** Is an export of the space under way that began before a time? Epoch ms. */
export async function hasExportFrom(db: Database, spaceId: string, before: number): Promise<boolean> {
  const sql =
    "SELECT 1 AS found FROM exports WHERE space_id = ?1 AND status IN ('queued', 'processing') AND created_at <= ?2 LIMIT 1";
  return (await db.first(sql, [spaceId, before])) !== null;
}

/** The homes that have rows of a space: its own, and both of a move that has not ended. */
export async function homesOf(db: Database, spaceId: string): Promise<string[]> {
  const rows = await db.all<{ home: string }>(
    `SELECT home FROM spaces WHERE id = ?1
     UNION SELECT from_home FROM moves WHERE space_id = ?1 AND due_at IS NOT NULL
     UNION SELECT to_home FROM moves WHERE space_id = ?1 AND due_at IS NOT NULL`,
    [spaceId],
  );
  return rows.map(({ home }) => home);
}
