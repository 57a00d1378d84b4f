/**
 * Which D1 database has which data. Control data (spaces, keys, exports, ledgers) and the spaces' data are in separate
 * databases. A space's events, profiles and definitions share one, so that one transaction can write them. To spread
 * spaces over more databases, add bindings and choose among them here by the space's id; no other room knows.
 */

import type { Budget } from "../../budget.ts";
import { D1Driver } from "./d1-driver.ts";
import { Database } from "./database.ts";
import type { Pause } from "./transient-errors.ts";

export interface Databases {
  control: Database;
  /** The database with this space's data. */
  space(spaceId: string): Database;
  /** Every database with spaces' data. */
  spaces(): readonly Database[];
}

/** @param pause null: no call is repeated after a passing error. */
export function openDatabases(
  env: { CONTROL_DB: D1Database; SPACE_DB: D1Database },
  budget: Budget,
  pause: Pause | null = null,
): Databases {
  const space = new Database(new D1Driver(env.SPACE_DB), budget, pause);
  return {
    control: new Database(new D1Driver(env.CONTROL_DB), budget, pause),
    space: () => space,
    spaces: () => [space],
  };
}
