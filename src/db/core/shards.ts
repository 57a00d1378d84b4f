/**
 * Which D1 holds what. Control data (spaces, keys, exports, ledgers) stands apart from spaces' data (events, profiles,
 * definitions: together, so that one transaction can touch them). To spread spaces over more databases, add bindings and
 * choose among them here by the space's id; no other room knows.
 */

import { Database, type Meter } from "./database.ts";

export interface Databases {
  control: Database;
  /** The database that holds this space's data. */
  space(spaceId: string): Database;
  /** Every database that holds spaces' data. */
  spaces(): readonly Database[];
}

export function openDatabases(env: { CONTROL_DB: D1Database; SPACE_DB: D1Database }, meter: Meter): Databases {
  const space = new Database(env.SPACE_DB, meter);
  return { control: new Database(env.CONTROL_DB, meter), space: () => space, spaces: () => [space] };
}
