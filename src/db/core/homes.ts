/**
 * The homes that a space's data can be in. `d1:<binding>` is a D1 database that many spaces share; `object` is a
 * Durable Object of the space's own; `object:eu` is one whose data stays in the European Union. A space's row in the
 * control database has the name of its home. Nothing outside this folder opens one kind in another way than the other.
 */

import { D1Driver } from "./d1-driver.ts";
import type { Driver, Statement } from "./database.ts";
import { ObjectDriver } from "./object-driver.ts";
import type { QueryAnswer } from "./object-query.ts";
import type { SpaceHome } from "./space-home.ts";

/** The bindings that homes are made of: every D1 database whose binding is SPACE_DB or begins with SPACE_DB_. */
export interface HomeBindings {
  SPACE_DB: D1Database;
  SPACE_HOME?: DurableObjectNamespace<SpaceHome>;
}

export interface Home {
  name: string;
  kind: "d1" | "object";
  /** Where the data stays; null: anywhere. */
  jurisdiction: "eu" | null;
  /** The space's database. */
  driver(spaceId: string): Driver;
  /** The database that all spaces of this home share; null where each has its own. */
  shared: Driver | null;
  /** Reads the space's own database by a statement of the operator's own; null where spaces share one. */
  query: ((spaceId: string, statement: Statement) => Promise<QueryAnswer>) | null;
  /**
   * Deletes the space's own database. It does nothing where spaces share one.
   * @param until epoch ms: until then, calls that reach it fail with `space_gone`.
   * @param number of the move for which it is deleted: nothing is where a later one came in. Null: in any case.
   */
  destroy(spaceId: string, until: number, number: number | null): Promise<void>;
  /**
   * Makes a database that was deleted usable again. It does nothing where spaces share one.
   * @param number of the move that comes in: one that comes too late has no effect.
   */
  revive(spaceId: string, number: number): Promise<void>;
}

const D1_BINDING = /^SPACE_DB(?:_[A-Z0-9_]+)?$/;

/** The homes of this environment, by their names, in order. */
export function homesIn(env: HomeBindings): ReadonlyMap<string, Home> {
  const homes = Object.entries(env)
    .filter(([binding]) => D1_BINDING.test(binding))
    .map(([binding, d1]) => sharedHome(`d1:${binding}`, d1 as D1Database));
  const { SPACE_HOME: anywhere } = env;
  if (anywhere !== undefined) {
    homes.push(objectHome("object", null, anywhere));
    const inEurope = within(anywhere, "eu");
    if (inEurope !== null) homes.push(objectHome("object:eu", "eu", inEurope));
  }
  return new Map(homes.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((home) => [home.name, home]));
}

function sharedHome(name: string, d1: D1Database): Home {
  const shared = new D1Driver(d1);
  const nothing = async () => {};
  const own = { query: null, destroy: nothing, revive: nothing };
  return { name, kind: "d1", jurisdiction: null, shared, driver: () => shared, ...own };
}

type Objects = DurableObjectNamespace<SpaceHome>;

function objectHome(name: string, jurisdiction: Home["jurisdiction"], objects: Objects): Home {
  const open = (spaceId: string) => objects.get(objects.idFromName(spaceId));
  return {
    name,
    kind: "object",
    jurisdiction,
    shared: null,
    driver: (spaceId) => new ObjectDriver(() => open(spaceId)),
    query: async (spaceId, statement) => open(spaceId).query(statement),
    destroy: async (spaceId, until, number) => open(spaceId).destroy(until, number),
    revive: async (spaceId, number) => open(spaceId).revive(number),
  };
}

/** @returns null where the runtime has no jurisdictions, as the local one. */
function within(objects: Objects, jurisdiction: "eu"): Objects | null {
  try {
    return objects.jurisdiction(jurisdiction);
  } catch {
    return null;
  }
}
