/** Reaches a D1 database by its binding. */

import type { Driver, DriverResult, Statement } from "./database.ts";

export class D1Driver implements Driver {
  readonly #d1: D1Database;

  constructor(d1: D1Database) {
    this.#d1 = d1;
  }

  async one(statement: Statement): Promise<DriverResult> {
    return resultOf(await this.#prepare(statement).all());
  }

  async batch(statements: readonly Statement[]): Promise<DriverResult[]> {
    const results = await this.#d1.batch(statements.map((each) => this.#prepare(each)));
    return results.map(resultOf);
  }

  #prepare({ sql, params }: Statement): D1PreparedStatement {
    const prepared = this.#d1.prepare(sql);
    return params.length === 0 ? prepared : prepared.bind(...params);
  }
}

const resultOf = ({ results, meta }: D1Result): DriverResult => ({
  rows: results,
  changes: meta.changes,
  rowsRead: meta.rows_read,
  rowsWritten: meta.rows_written,
  size: meta.size_after,
});
