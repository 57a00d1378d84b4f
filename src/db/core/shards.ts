/**
 * Which database has which data. Control data (spaces, keys, exports, ledgers) and the spaces' data are in separate
 * databases. A space's events, profiles and definitions share one, so that one transaction can write them: the space's
 * row in the control database names the home that has it. No other room knows.
 */

import type { Budget } from "../../budget.ts";
import { SpillwayError } from "../../errors.ts";
import { D1Driver } from "./d1-driver.ts";
import { Database, type Statement } from "./database.ts";
import { HomeCache, type ReadHome } from "./home-cache.ts";
import { type Home, type HomeBindings, homesIn } from "./homes.ts";
import { LateDriver } from "./late-driver.ts";
import type { QueryAnswer } from "./object-query.ts";
import { type Pause, repeatTransient } from "./transient-errors.ts";
import type { EventStore } from "../events/event-store.ts";
import { eventStoreIn } from "../events/sql-event-store.ts";

export interface Databases {
  control: Database;
  /** The database with this space's data. Its first call reads the space's home, where that is not known yet. */
  space(spaceId: string): Database;
  /** The events of this space. */
  events(spaceId: string): EventStore;
  /** Says which home a space has, where the space's row was read in any case. */
  learnHome(spaceId: string, read: ReadHome): void;
  /** The homes that a space can have, with the database that all its spaces share; null where each has its own. */
  homes: readonly (Pick<Home, "name" | "kind" | "jurisdiction"> & { database: Database | null })[];
  /** What reads a space's own database by statements of the operator's own; null where spaces share one. */
  reader(space: { id: string; home: string }): ((statement: Statement) => Promise<QueryAnswer>) | null;
  /** A space's database in a home that it need not have: a move has two. It tells SQLite's `space_frozen` as it is. */
  spaceAt(home: string, spaceId: string): Database;
  /**
   * Deletes the space's own database in a home. It does nothing where spaces share one.
   * @param until epoch ms, when no call can be under way any more that began before.
   * @param number of the move for which it is deleted: nothing is where a later one came in. Null: in any case.
   * @returns whether the space had its own there.
   */
  destroyAt(home: string, spaceId: string, until: number, number: number | null): Promise<boolean>;
  /**
   * Makes the space's own database in a home usable again, where it was deleted.
   * @param number of the move that comes in: one that comes too late has no effect.
   */
  reviveAt(home: string, spaceId: string, number: number): Promise<void>;
}

/**
 * @param pause null: no call is repeated after a passing error.
 * @param cache what the isolate has learnt, by its clock.
 */
export function openDatabases(
  env: HomeBindings & { CONTROL_DB: D1Database },
  budget: Budget,
  pause: Pause | null = null,
  cache = new HomeCache(() => 0),
): Databases {
  const homes = homesIn(env);
  const control = new Database(new D1Driver(env.CONTROL_DB), budget, pause);
  const homeOf = async (spaceId: string, afresh: boolean): Promise<Home> => {
    const known = afresh ? undefined : cache.get(spaceId);
    if (known !== undefined) return named(homes, known);
    const { isDeleting, ...read } = await readHome(control, spaceId, cache.now());
    // The space was deleted during the call, and now its database is gone: the call is answered as each later one is.
    if (afresh && isDeleting)
      throw new SpillwayError(
        "unauthenticated",
        "The space was deleted while the call was made: no key of it is valid.",
      );
    cache.set(spaceId, read);
    return named(homes, read.home);
  };
  return {
    control,
    space: (spaceId) => new Database(new LateDriver(spaceId, (afresh) => homeOf(spaceId, afresh)), budget, pause),
    events(spaceId) {
      return eventStoreIn(this.space(spaceId));
    },
    learnHome: (spaceId, read) => cache.set(spaceId, read),
    homes: [...homes.values()].map(({ name, kind, jurisdiction, shared }) => ({
      name,
      kind,
      jurisdiction,
      database: shared === null ? null : new Database(shared, budget, pause),
    })),
    reader({ id, home }) {
      const { query } = named(homes, home);
      if (query === null) return null;
      return async (statement) =>
        repeatTransient(true, pause, async () => {
          budget.countSubrequest();
          return query(id, statement);
        });
    },
    spaceAt: (home, spaceId) => new Database(named(homes, home).driver(spaceId), budget, pause),
    async destroyAt(name, spaceId, until, number) {
      const home = named(homes, name);
      budget.countSubrequest();
      await home.destroy(spaceId, until, number);
      return home.shared === null;
    },
    async reviveAt(home, spaceId, number) {
      budget.countSubrequest();
      await named(homes, home).revive(spaceId, number);
    },
  };
}

/** SQL: the space of a row `spaces` is about to switch its home: 1 or 0. */
export const IS_SWITCHING = "EXISTS (SELECT 1 FROM moves m WHERE m.space_id = spaces.id AND m.state = 'switching')";

/** @param now epoch ms. @throws Error for a space without a row: it was deleted. */
async function readHome(control: Database, spaceId: string, now: number): Promise<ReadHome & { isDeleting: boolean }> {
  const row = await control.first<{ home: string; is_switching: number; is_deleting: number }>(
    `SELECT home, ${IS_SWITCHING} AS is_switching, status = 'deleting' AS is_deleting FROM spaces WHERE id = ?1`,
    [spaceId],
  );
  if (row === null) throw new Error(`The space ${spaceId} has no row: it was deleted.`);
  const { home, is_switching: isSwitching, is_deleting: isDeleting } = row;
  return { home, isSwitching: isSwitching === 1, isDeleting: isDeleting === 1, readAt: now };
}

/** @throws Error for a home whose binding is missing. */
function named(homes: ReadonlyMap<string, Home>, name: string): Home {
  const home = homes.get(name);
  if (home === undefined) throw new Error(`No binding in wrangler.toml has the home ${name}: add it again.`);
  return home;
}
