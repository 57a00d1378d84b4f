/**
 * Which database has which data. Control data (spaces, keys, exports, ledgers) and the spaces' data are in separate
 * databases. A space's events, profiles and definitions share one, so that one transaction can write them: the space's
 * row in the control database names the home that has it. No other room knows.
 */

import type { Budget } from "../../budget.ts";
import { D1Driver } from "./d1-driver.ts";
import { Database, type Driver, type Statement } from "./database.ts";
import { HomeCache } from "./home-cache.ts";
import { type Home, type HomeBindings, homesIn } from "./homes.ts";
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
  learnHome(spaceId: string, home: string): void;
  /** The homes that a space can have, with the database that all its spaces share; null where each has its own. */
  homes: readonly (Pick<Home, "name" | "kind" | "jurisdiction"> & { database: Database | null })[];
  /** What reads a space's own database by statements of the operator's own; null where spaces share one. */
  reader(space: { id: string; home: string }): ((statement: Statement) => Promise<QueryAnswer>) | null;
  /** Deletes the space's database, where the space has one of its own. @returns whether it has. */
  deleteOwn(spaceId: string): Promise<boolean>;
}

/**
 * @param pause null: no call is repeated after a passing error.
 * @param cache what the isolate has learnt.
 */
export function openDatabases(
  env: HomeBindings & { CONTROL_DB: D1Database },
  budget: Budget,
  pause: Pause | null = null,
  cache = new HomeCache(),
): Databases {
  const homes = homesIn(env);
  const control = new Database(new D1Driver(env.CONTROL_DB), budget, pause);
  const homeOf = async (spaceId: string): Promise<Home> => {
    const name = cache.get(spaceId) ?? (await readHome(control, spaceId));
    cache.set(spaceId, name);
    return named(homes, name);
  };
  return {
    control,
    space: (spaceId) => new Database(new LateDriver(spaceId, () => homeOf(spaceId)), budget, pause),
    events(spaceId) {
      return eventStoreIn(this.space(spaceId));
    },
    learnHome: (spaceId, home) => cache.set(spaceId, home),
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
    async deleteOwn(spaceId) {
      const home = await homeOf(spaceId);
      budget.countSubrequest();
      await home.destroy(spaceId);
      return home.shared === null;
    },
  };
}

/** Reaches a space's database, whose home it asks for before the first call. */
class LateDriver implements Driver {
  readonly #spaceId: string;
  readonly #home: () => Promise<Home>;

  constructor(spaceId: string, home: () => Promise<Home>) {
    this.#spaceId = spaceId;
    this.#home = home;
  }

  async one(statement: Statement) {
    return (await this.#home()).driver(this.#spaceId).one(statement);
  }

  async batch(statements: readonly Statement[]) {
    return (await this.#home()).driver(this.#spaceId).batch(statements);
  }
}

/** @throws Error for a space without a row: it was deleted. */
async function readHome(control: Database, spaceId: string): Promise<string> {
  const row = await control.first<{ home: string }>("SELECT home FROM spaces WHERE id = ?1", [spaceId]);
  if (row === null) throw new Error(`The space ${spaceId} has no row: it was deleted.`);
  return row.home;
}

/** @throws Error for a home whose binding is missing. */
function named(homes: ReadonlyMap<string, Home>, name: string): Home {
  const home = homes.get(name);
  if (home === undefined) throw new Error(`No binding in wrangler.toml has the home ${name}: add it again.`);
  return home;
}
