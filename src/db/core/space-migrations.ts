/** The migrations of a space's database, oldest first, for a database that runs them itself. */

import space from "../migrations/space/0001_space.sql";

export const MIGRATIONS: readonly string[] = [space];
