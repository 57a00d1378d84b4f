/**
 * `env.SPACE_DB` in a run whose spaces are in objects (SPILLWAY_HOME=object): what a test asks it goes to the object of
 * the space whose id is among the parameters. A statement without one goes to the object that was asked last.
 */

import { env } from "cloudflare:workers";
import type { Param, Statement } from "../../src/db/core/database.ts";
import { ObjectDriver } from "../../src/db/core/object-driver.ts";

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Before any space is named. */
const NONE = "none";
let spaceId = NONE;

/** A statement without a space's id goes to the object of none, until one has been named. */
export function nameNoSpace(): void {
  spaceId = NONE;
}

/** The object that the statements are for. */
function driverFor(statements: readonly Statement[]): ObjectDriver {
  const ids = statements.flatMap(({ params }) => params.filter((value) => UUID.test(String(value))));
  spaceId = String(ids[0] ?? spaceId);
  const id = env.SPACE_HOME.idFromName(spaceId);
  return new ObjectDriver(() => env.SPACE_HOME.get(id));
}

async function run(prepared: readonly Prepared[]) {
  // Only plain values can be sent to an object.
  const statements = prepared.map(({ sql, params }) => ({ sql, params }));
  const results = await driverFor(statements).batch(statements);
  return results.map(({ rows, changes, rowsRead, rowsWritten, size }) => ({
    success: true,
    results: rows,
    meta: { changes, rows_read: rowsRead, rows_written: rowsWritten, size_after: size },
  }));
}

class Prepared {
  readonly sql: string;
  readonly params: readonly Param[];

  constructor(sql: string, params: readonly Param[] = []) {
    this.sql = sql;
    this.params = params;
  }

  bind(...params: Param[]): Prepared {
    return new Prepared(this.sql, params);
  }

  async all() {
    const [result] = await run([this]);
    return result;
  }

  async run() {
    return this.all();
  }

  async raw() {
    return ((await this.all())?.results ?? []).map((row) => Object.values(row as object));
  }

  async first(column?: string) {
    const row = ((await this.all())?.results[0] ?? null) as Record<string, unknown> | null;
    return column === undefined || row === null ? row : row[column];
  }
}

/** A D1 as tests use it, over objects. */
export const objectsAsD1 = {
  prepare: (sql: string) => new Prepared(sql),
  batch: (statements: readonly Prepared[]) => run(statements),
} as unknown as D1Database;
