/**
 * How far a move has come, in the database that the space moves to. Each step commits it together with the rows that it
 * wrote, and only where no other step has come in between: a mover that slept writes nothing old over anything new.
 */

import { type Database, type Statement, statement } from "../core/database.ts";
import type { MoveRow } from "./moves.ts";

export interface Progress {
  /** `copy` and `compare` go through the tables by key; `follow` then goes through the log of changes alone. */
  phase: "copy" | "compare" | "follow";
  /** The index of the table, and the last key of it that is done: a JSON array, or null before the first. */
  table: number;
  after: string | null;
  /** Up to this number the log's rows were copied. */
  copiedLog: number;
  /** A row that was not logged after this number is equal in both homes, once all tables were compared. */
  comparedLog: number;
  copied: number;
  compared: number;
  /** How often in a row the rows of one page differed without a logged change. */
  differed: number;
  /** The attempt to switch at which everything was copied while the old home was frozen; 0: none. */
  sealed: number;
}

const BEGIN: Progress = {
  phase: "copy",
  table: 0,
  after: null,
  copiedLog: 0,
  comparedLog: 0,
  copied: 0,
  compared: 0,
  differed: 0,
  sealed: 0,
};

export interface Versioned {
  version: number;
  progress: Progress;
}

type Of = Pick<MoveRow, "space_id" | "number">;

/** Null: the move has not begun there. */
export async function readProgress(db: Database, { space_id: spaceId, number }: Of): Promise<Versioned | null> {
  const row = await db.first<{ version: number; progress: string }>(
    "SELECT version, progress FROM moves_in WHERE space_id = ?1 AND number = ?2",
    [spaceId, number],
  );
  return row === null ? null : { version: row.version, progress: JSON.parse(row.progress) as Progress };
}

/** The space gets its number there. A newer move's progress stays. */
export async function beginProgress(db: Database, { space_id: spaceId, number }: Of): Promise<void> {
  await db.batch([
    statement("INSERT INTO sequences (space_id, seq) VALUES (?1, 0) ON CONFLICT (space_id) DO NOTHING", [spaceId]),
    statement(
      `INSERT INTO moves_in (space_id, number, version, progress) VALUES (?1, ?2, 0, ?3)
       ON CONFLICT (space_id) DO UPDATE SET number = excluded.number, version = 0, progress = excluded.progress
       WHERE excluded.number > moves_in.number`,
      [spaceId, number, JSON.stringify(BEGIN)],
    ),
  ]);
}

/** @throws a guard failure (`isGuardFailure`), with nothing written, when another mover has come in between. */
export async function commitProgress(
  db: Database,
  { space_id: spaceId, number }: Of,
  version: number,
  progress: Progress,
  writes: readonly Statement[] = [],
): Promise<void> {
  await db.batch([
    statement(
      `INSERT INTO guard SELECT 0 WHERE NOT EXISTS (
         SELECT 1 FROM moves_in WHERE space_id = ?1 AND number = ?2 AND version = ?3)`,
      [spaceId, number, version],
    ),
    ...writes,
    statement("UPDATE moves_in SET version = version + 1, progress = ?2 WHERE space_id = ?1", [
      spaceId,
      JSON.stringify(progress),
    ]),
  ]);
}

/** For a batch that deletes rows for a move: it fails (`isGuardFailure`) where a newer move came into the home. */
export const noNewerMove = (spaceId: string, number: number): Statement =>
  statement(`INSERT INTO guard SELECT 0 WHERE EXISTS (SELECT 1 FROM moves_in WHERE space_id = ?1 AND number > ?2)`, [
    spaceId,
    number,
  ]);

/** For a batch: the number of the space's last write, which its next write goes on from. */
export const setSequence = (spaceId: string, seq: number): Statement =>
  statement("UPDATE sequences SET seq = ?2 WHERE space_id = ?1", [spaceId, seq]);
