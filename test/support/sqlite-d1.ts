/**
 * D1 over Node's SQLite, for tests that run the service's code in Node. Like the binding in workerd, it makes one JSON
 * text of all statements of a batch before it sends them, and holds it until they are done.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";

type Params = Record<string, SQLInputValue>;

export class SqliteD1 {
  /** Called while a batch and its message are in memory. */
  onBatch: () => void = () => {};
  /** Queries so far, each statement of a batch counted. */
  queries = 0;
  readonly #database = new DatabaseSync(":memory:");

  /** @param migrations the folder of the tables. */
  constructor(migrations: string) {
    for (const file of readdirSync(migrations).toSorted())
      this.#database.exec(readFileSync(join(migrations, file), "utf8"));
  }

  prepare(sql: string): Prepared {
    return new Prepared(this, sql, {});
  }

  batch(statements: readonly Prepared[]): Promise<unknown[]> {
    const message = JSON.stringify(statements.map(({ sql, params }) => ({ sql, params: Object.values(params) })));
    this.#database.exec("BEGIN");
    try {
      const results = statements.map((each) => this.run(each));
      this.#database.exec("COMMIT");
      if (message.length > 0) this.onBatch();
      return Promise.resolve(results);
    } catch (thrown) {
      this.#database.exec("ROLLBACK");
      return Promise.reject(thrown);
    }
  }

  run({ sql, params }: Prepared) {
    this.queries += 1;
    const prepared = this.#database.prepare(sql);
    prepared.setAllowUnknownNamedParameters(true);
    const results = prepared.all(params);
    const { changes } = this.#database.prepare("SELECT changes() AS changes").get() as { changes: number };
    return { success: true, results, meta: { rows_read: 0, rows_written: 0, changes } };
  }
}

class Prepared {
  readonly #d1: SqliteD1;
  readonly sql: string;
  readonly params: Params;

  constructor(d1: SqliteD1, sql: string, params: Params) {
    this.#d1 = d1;
    this.sql = sql;
    this.params = params;
  }

  bind(...values: SQLInputValue[]): Prepared {
    return new Prepared(this.#d1, this.sql, Object.fromEntries(values.map((value, n) => [`?${n + 1}`, value])));
  }

  all(): Promise<unknown> {
    return new Promise((resolve) => {
      resolve(this.#d1.run(this));
    });
  }

  run(): Promise<unknown> {
    return this.all();
  }
}
