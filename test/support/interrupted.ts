/** A service in which something else happens between a read and the write after it. */

import { env } from "cloudflare:workers";
import { Budget } from "../../src/budget.ts";
import { D1Driver } from "../../src/db/core/d1-driver.ts";
import { Database } from "../../src/db/core/database.ts";
import { Service } from "./service.ts";

/** @param meanwhile is called before the nth batch that writes: one of three statements at least. */
export function interrupted(meanwhile: (nth: number) => Promise<unknown>): Service {
  let writes = 0;
  const d1 = {
    prepare: (sql: string) => env.SPACE_DB.prepare(sql),
    async batch(statements: D1PreparedStatement[]) {
      if (statements.length > 2) {
        writes += 1;
        await meanwhile(writes);
      }
      return env.SPACE_DB.batch(statements);
    },
  } as unknown as D1Database;
  const slow = new Service();
  slow.context.databases = { ...slow.context.databases, space: () => new Database(new D1Driver(d1), new Budget()) };
  return slow;
}

export const once = (work: () => Promise<unknown>) => async (nth: number) => (nth === 1 ? work() : undefined);
