/** Moves of spaces in tests: step by step, with what a test does in between, and what a home has of a space. */

import { findMove, type MoveRow } from "../../src/db/moves/moves.ts";
import { MOVED_TABLES } from "../../src/db/moves/moved-tables.ts";
import { inSpace, readSequence } from "../../src/db/core/sequences.ts";
import type { Next } from "../../src/maintenance/move-states.ts";
import { stepMove } from "../../src/maintenance/moves.ts";
import { ADMIN, type Service, type Space } from "./service.ts";

/** A move that makes so many steps does not end. */
const MAX_STEPS = 3_000;

export interface MoveView {
  state: string;
  from: string;
  to: string;
  copied_rows: number;
  compared_rows: number;
  error?: string;
  failing_since?: string;
}

/** A space as its operator sees it. */
export const spaceView = (service: Service, space: Space) =>
  service.json<{ home: string; move: MoveView | null }>("GET", `/v1/spaces/${space.id}`, 200, { key: ADMIN });

/** Asks for a move to a home. */
export const askMove = (service: Service, space: Space, home: string, status = 202) =>
  service.json<{ home: string; move: MoveView | null }>("POST", `/v1/spaces/${space.id}/move`, status, {
    key: ADMIN,
    body: { home },
  });

export async function moveOf(service: Service, space: Space): Promise<MoveRow> {
  const move = await findMove(service.context.databases.control, space.id);
  if (move === null) throw new Error("the space has no move");
  return move;
}

/** One step, as a mover makes it that knows nothing of the ones before. Pages are small. */
export async function step(service: Service, space: Space, pageRows = 7): Promise<Next> {
  const move = await moveOf(service, space);
  return service.budget.invoke(() => stepMove(service.context, move, pageRows));
}

/**
 * Makes steps until the move is in this state, and moves the clock where it waits.
 * @param before is called before each step.
 */
export async function moveUntil(
  service: Service,
  space: Space,
  state: MoveRow["state"],
  before: (n: number) => Promise<void> = async () => {},
): Promise<void> {
  for (let n = 0; (await moveOf(service, space)).state !== state; n += 1) {
    if (n > MAX_STEPS) throw new Error(`the move is ${(await moveOf(service, space)).state} after ${n} steps`);
    await before(n);
    const next = await step(service, space);
    if (typeof next === "number") service.now = Math.max(service.now, next);
  }
}

/** Makes steps until none will ever be due: what movers that slept left behind is deleted some time after the end. */
export async function moveToRest(service: Service, space: Space): Promise<void> {
  for (let next: Next = "again"; next !== null;) {
    next = await step(service, space);
    if (typeof next === "number") service.now = Math.max(service.now, next);
  }
}

/** Moves a space to a home, and deletes the old copy. @param before is called before each step. */
export async function move(
  service: Service,
  space: Space,
  home: string,
  before?: (n: number) => Promise<void>,
): Promise<void> {
  await askMove(service, space, home);
  await moveUntil(service, space, "completed", before);
}

/**
 * Every row that a home has of a space, by table, without the space and with random ids under one name: those of two
 * spaces that got the same writes are equal.
 */
export async function rowsIn(service: Service, space: Space, home: string): Promise<Record<string, string[]>> {
  const db = service.context.databases.spaceAt(home, space.id);
  const rows: Record<string, string[]> = { sequence: [String(await readSequence(db, space.id))] };
  for (const { name, columns } of MOVED_TABLES) {
    const compared = columns.filter((column) => name !== "profile_deletions" || !COUNTS.has(column));
    const sql = `SELECT json_array(${compared.join(", ")}) AS row FROM ${name} WHERE ${inSpace(name)}`;
    const found = await db.all<{ row: string }>(sql, [space.id]);
    rows[name] = found.map(({ row }) => row.replaceAll(UUID, "uuid")).toSorted();
  }
  return rows;
}

/** Of a person's deletions, the one whose id comes first erases, and counts, what the others would have. */
const COUNTS = new Set(["deleted", "erased"]);

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b/g;

/** Rows that a home has of a space in any table, those of moves too. */
export async function leftIn(service: Service, space: Space, home: string): Promise<number> {
  const db = service.context.databases.spaceAt(home, space.id);
  const tables = [...MOVED_TABLES.map(({ name }) => name), "moves_out", "moves_in", "move_log"];
  const counts = await db.batch<{ n: number }>(
    tables.map((name) => ({ sql: `SELECT count(*) AS n FROM ${name} WHERE ${inSpace(name)}`, params: [space.id] })),
  );
  return counts.reduce((sum, { rows }) => sum + (rows[0]?.n ?? 0), 0);
}
