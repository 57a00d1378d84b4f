/**
 * Faults at the effects of a move: every call of a database that a mover makes is one. The mover fails before it or
 * after it, or stops there while others go on.
 */

import type { Database } from "../../src/db/core/database.ts";
import type { Databases } from "../../src/db/core/shards.ts";
import type { Context } from "../../src/context.ts";

export const MOVE_FAULTS = ["fails before", "fails after", "stalls before", "stalls after"] as const;

export type MoveFault = (typeof MOVE_FAULTS)[number];

export interface Effects {
  /** How many effects there were. */
  n: number;
}

/**
 * A mover with a fault at one of its effects.
 * @param at the number of the effect, from 0. @param meanwhile what others do while the mover stalls.
 */
export function faultyMover(
  context: Context,
  at: number,
  fault: MoveFault,
  meanwhile: () => Promise<void>,
): { mover: Context; effects: Effects } {
  const effects: Effects = { n: 0 };
  async function effect<Result>(act: () => Promise<Result>): Promise<Result> {
    const isHere = effects.n === at;
    effects.n += 1;
    if (!isHere) return act();
    if (fault === "fails before") throw new Error("the mover failed");
    if (fault === "stalls before") await meanwhile();
    const result = await act();
    if (fault === "fails after") throw new Error("the mover failed");
    if (fault === "stalls after") await meanwhile();
    return result;
  }
  const staged = (db: Database): Database =>
    ({
      all: (...call: Parameters<Database["all"]>) => effect(() => db.all(...call)),
      first: (...call: Parameters<Database["first"]>) => effect(() => db.first(...call)),
      run: (...call: Parameters<Database["run"]>) => effect(() => db.run(...call)),
      batch: (...call: Parameters<Database["batch"]>) => effect(() => db.batch(...call)),
    }) as unknown as Database;
  const { databases } = context;
  const wrapped: Databases = {
    ...databases,
    control: staged(databases.control),
    spaceAt: (home, spaceId) => staged(databases.spaceAt(home, spaceId)),
    destroyAt: (...call) => effect(() => databases.destroyAt(...call)),
    reviveAt: (...call) => effect(() => databases.reviveAt(...call)),
  };
  return { mover: { ...context, databases: wrapped }, effects };
}
