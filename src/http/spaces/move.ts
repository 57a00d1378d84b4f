/** A space's move to another home: how it is shown, begun and canceled. src/maintenance/moves.ts carries it out. */

import * as z from "zod";
import { beginMove, findMove, type MoveRow, undoMove } from "../../db/moves/moves.ts";
import { isMigrated } from "../../db/moves/migrated.ts";
import { areOneDatabase } from "../../db/moves/same-database.ts";
import type { SpaceRow } from "../../db/tenants/spaces.ts";
import { invalid, SpillwayError } from "../../errors.ts";
import { logFailure } from "../../log.ts";
import { iso } from "../../time/names.ts";
import { checkHome } from "../homes/choice.ts";
import type { Call } from "../route.ts";
import { Time } from "../schemas.ts";

export const Move = z
  .object({
    state: z.enum(["copying", "switching", "cleaning", "undoing", "completed", "canceled", "failed"]).meta({
      description:
        "`copying`: its rows are copied and compared. `switching`: it gets its new home within half a minute. `cleaning`: it has it, and the old copy is deleted when nothing can read it any more. `undoing`: it stays where it is, and the new copy is deleted.",
    }),
    from: z.string(),
    to: z.string(),
    copied_rows: z.number().int(),
    compared_rows: z.number().int().meta({ description: "Rows that were found equal in both homes." }),
    started_at: Time,
    ended_at: Time.optional(),
    error: z.string().optional().meta({ description: "Why it failed." }),
    failing_since: Time.optional().meta({
      description:
        "Since then every step of it has failed: it is tried again each minute, and the Worker's log says why (`move.step_failed`). Absent: its last step did not fail.",
    }),
  })
  .nullable()
  .meta({ id: "Move", description: "Its newest move to another home. Null: it never moved." });

/** The newest move of a space, as answers have it. */
export async function shownMove({ databases }: Pick<Call, "databases">, spaceId: string) {
  const move = await findMove(databases.control, spaceId);
  if (move === null) return null;
  const { ended_at: endedAt, error, failing_since: failingSince } = move;
  return {
    state: move.state,
    from: move.from_home,
    to: move.to_home,
    copied_rows: move.copied_rows,
    compared_rows: move.compared_rows,
    started_at: iso(move.started_at),
    ...(endedAt === null ? {} : { ended_at: iso(endedAt) }),
    ...(error === null ? {} : { error }),
    ...(failingSince === null ? {} : { failing_since: iso(failingSince) }),
  };
}

const hasEnded = ({ state }: MoveRow) => state === "completed" || state === "canceled" || state === "failed";

/**
 * Begins a move, or finds it begun.
 * @returns false for a space that is there already. @throws invalid_request, conflict.
 */
export async function askMove(call: Call, space: SpaceRow, home: string): Promise<boolean> {
  const { databases, runtime } = call;
  checkHome(databases, home);
  await checkHomes(call, space, home);
  const begun = await beginMove(databases.control, space.id, home, runtime.now());
  if (begun !== null) {
    await wake(call);
    return true;
  }
  const move = await findMove(databases.control, space.id);
  if (move === null || hasEnded(move)) return false;
  if (move.to_home === home && move.state !== "undoing") return move.state !== "cleaning";
  throw new SpillwayError("conflict", whatToDo(move));
}

/** @throws invalid_request for two names of one database; conflict for one without its tables. */
async function checkHomes({ databases }: Call, space: SpaceRow, home: string): Promise<void> {
  if (space.home === home) return;
  const move = await findMove(databases.control, space.id);
  if (move !== null && !hasEnded(move)) return;
  for (const name of [space.home, home])
    if (!(await isMigrated(databases, space.id, name)))
      throw new SpillwayError(
        "conflict",
        `The database of the home ${name} lacks tables: run its migrations, \`npm run deploy\`, then move the space.`,
      );
  if (await areOneDatabase(databases, space.id, space.home, home))
    throw invalid({
      pointer: "/home",
      detail: `${space.home} and ${home} are one database: two bindings have the same database_id. Give each its own.`,
    });
}

function whatToDo({ state, from_home: from, to_home: to }: MoveRow): string {
  if (state === "cleaning")
    return `The space is in its new home ${to}, and its old copy in ${from} is still to be deleted. Move it on when its move is completed.`;
  if (state === "undoing")
    return `A move of the space to ${to} is being undone. Move it when that move is canceled or failed.`;
  return `The space is moving to ${to}. Wait until this move is completed, or cancel it: DELETE /v1/spaces/{id}/move.`;
}

/** Cancels a move that has not switched. @throws not_found, conflict. */
export async function cancelMove(call: Call, spaceId: string): Promise<void> {
  const { databases, runtime } = call;
  const move = await findMove(databases.control, spaceId);
  if (move === null) throw new SpillwayError("not_found", "The space has no move to cancel.");
  if (move.state === "undoing" && move.error === null) return;
  if ((await undoMove(databases.control, spaceId, move.number, null, runtime.now())) === null)
    throw new SpillwayError("conflict", whyNot(move));
  await wake(call);
}

function whyNot(move: MoveRow): string {
  if (hasEnded(move)) return "The space's move has ended already: GET /v1/spaces/{id} shows how.";
  if (move.state === "undoing")
    return "The space's move has failed already, and is being undone: GET /v1/spaces/{id} shows why.";
  return `The space has switched to its new home ${move.to_home} already. To get it back, move it to ${move.from_home} when this move is completed.`;
}

/** The sweep would begin within a minute. */
async function wake({ context, runtime }: Call): Promise<void> {
  const message = { task: "moveSpaces", until: runtime.now() + 60_000, after: "" } as const;
  await context.sendMaintenance([message]).catch((thrown: unknown) => logFailure("move.not_sent", thrown, {}));
}
