/** The migrations of a space's database, oldest first, for a database that runs them itself. */

import space from "../migrations/space/0001_space.sql";
import moves from "../migrations/space/0002_moves.sql";

export const MIGRATIONS: readonly string[] = [space, moves];
