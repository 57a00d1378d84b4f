/** A database of which a test asks how many rows the largest query has scanned. */

import { env } from "cloudflare:workers";
import { Budget } from "../../src/budget.ts";
import { D1Driver } from "../../src/db/core/d1-driver.ts";
import { Database } from "../../src/db/core/database.ts";

export interface Watched {
  db: Database;
  /** Rows that one query scanned, at most so far; and queries so far. */
  most: { read: number; queries: number };
}

/** @param d1 the spaces' database by default. */
export function watched(d1 = env.SPACE_DB): Watched {
  const most = { read: 0, queries: 0 };
  class WatchedBudget extends Budget {
    override countRows(read: number, written: number, results: readonly unknown[]): void {
      most.read = Math.max(most.read, read);
      most.queries += 1;
      super.countRows(read, written, results);
    }
  }
  return { db: new Database(new D1Driver(d1), new WatchedBudget()), most };
}

/** Writes straight into the spaces' tables: `WITH RECURSIVE` makes many rows at once. */
export const insert = (sql: string, ...params: (number | string)[]) =>
  env.SPACE_DB.prepare(sql)
    .bind(...params)
    .run();
