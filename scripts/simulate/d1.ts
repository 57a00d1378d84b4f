/**
 * A D1 database as the Worker's binding shows it: a real SQLite in memory with the service's own migrations, whose
 * statements take the time of the model (d1-server.ts).
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { type D1Server, type StatementCost } from "./d1-server.ts";
import { currentInvocation, outside } from "./invocation.ts";

/**
 * A statement that stands for a read of a space's rows: it reads ?1 rows and returns ?2 of them. The simulated dataset
 * sends it (dataset.ts).
 */
export const SIMULATED_READ = "SELECT ?1 AS rows_read, ?2 AS returned";

type Value = string | number | null;

interface Result {
  success: true;
  results: Record<string, unknown>[];
  /** `size_after` is 0: rows of spaces are not stored, so no database fills up. */
  meta: { rows_read: number; rows_written: number; changes: number; duration: number; size_after: number };
}

interface Prepared {
  statement: StatementSync;
  returnsRows: boolean;
  isWrite: boolean;
  /** Tables that it reads as a whole. */
  scans: readonly string[];
  /** Rows that D1 bills for one changed row: the table's, and its indexes'. */
  writtenPerChange: number;
}

export class SimulatedD1 {
  readonly server: D1Server;
  readonly #db = new DatabaseSync(":memory:");
  readonly #prepared = new Map<string, Prepared>();
  readonly #changes: StatementSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  /** Rows of tables that are scanned, counted at most so often. */
  readonly #sizes = new Map<string, { rows: number; uses: number }>();

  /** @param migrations the folder of the database's SQL files. */
  constructor(server: D1Server, migrations: string) {
    this.server = server;
    for (const file of readdirSync(migrations).toSorted())
      if (file.endsWith(".sql")) this.#db.exec(readFileSync(join(migrations, file), "utf8"));
    this.#changes = this.#db.prepare("SELECT changes() AS n");
    this.#begin = this.#db.prepare("BEGIN");
    this.#commit = this.#db.prepare("COMMIT");
    this.#rollback = this.#db.prepare("ROLLBACK");
  }

  /** For the model itself: no time passes. */
  query(sql: string, ...params: Value[]): Record<string, unknown>[] {
    return this.#db.prepare(sql).all(...params);
  }

  prepare(sql: string): BoundStatement {
    return new BoundStatement(this, sql, []);
  }

  /** All statements in one transaction, as `D1Database.batch`. */
  async batch(statements: readonly BoundStatement[]): Promise<Result[]> {
    const invocation = currentInvocation();
    if (invocation !== null) invocation.queries += statements.length;
    return outside(() =>
      this.server.call(() => {
        this.#begin.run();
        try {
          const run = statements.map((each) => this.#run(each));
          this.#commit.run();
          return { result: run.map(({ result }) => result), costs: run.map(({ cost }) => cost) };
        } catch (thrown) {
          this.#rollback.run();
          throw asD1Error(thrown);
        }
      }),
    );
  }

  async one(statement: BoundStatement): Promise<Result> {
    const invocation = currentInvocation();
    if (invocation !== null) invocation.queries += 1;
    return outside(() =>
      this.server.call(() => {
        try {
          const { result, cost } = this.#run(statement);
          return { result, costs: [cost] };
        } catch (thrown) {
          throw asD1Error(thrown);
        }
      }),
    );
  }

  #run({ sql, params }: BoundStatement): { result: Result; cost: StatementCost } {
    if (sql === SIMULATED_READ) return simulatedRead(params);
    const prepared = this.#prepare(sql);
    const { statement, returnsRows, isWrite } = prepared;
    let results: Record<string, unknown>[] = [];
    let changes = 0;
    if (returnsRows) {
      results = statement.all(...params);
      if (isWrite) changes = Number(this.#changes.get()?.["n"] ?? 0);
    } else {
      changes = Number(statement.run(...params).changes);
    }
    // What an index leads to is what is returned or changed, about; a table without a fitting index is read whole.
    const scanned = prepared.scans.reduce((sum, table) => sum + this.#sizeOf(table), 0);
    const rowsRead = Math.max(1, results.length, changes) + scanned;
    const rowsWritten = changes * prepared.writtenPerChange;
    const meta = { rows_read: rowsRead, rows_written: rowsWritten, changes, duration: 0, size_after: 0 };
    return { result: { success: true, results, meta }, cost: { rowsRead, rowsWritten, returned: results.length } };
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql);
    const [, table] = /^\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM)\s+(\w+)/i.exec(sql) ?? [];
    const indexes = table === undefined ? 0 : this.query("SELECT name FROM pragma_index_list(?1)", table).length;
    const isUpdate = /^\s*UPDATE/i.test(sql);
    const prepared: Prepared = {
      statement,
      returnsRows: statement.columns().length > 0,
      isWrite: table !== undefined,
      scans: this.#scans(sql),
      // An update touches the indexes of the columns that it sets: two of them, about.
      writtenPerChange: isUpdate ? Math.min(3, 1 + indexes) : 1 + indexes,
    };
    this.#prepared.set(sql, prepared);
    return prepared;
  }

  #scans(sql: string): string[] {
    const plan = this.#db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
    return plan.flatMap(({ detail }) => {
      const [, name, using] = /^SCAN (\w+)( USING| VIRTUAL)?/.exec(String(detail)) ?? [];
      if (name === undefined || using !== undefined) return [];
      const isTable = this.query("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1", name).length > 0;
      return isTable ? [name] : [];
    });
  }

  #sizeOf(table: string): number {
    const known = this.#sizes.get(table);
    if (known !== undefined && known.uses < 100) {
      known.uses += 1;
      return known.rows;
    }
    const rows = Number(this.query(`SELECT count(*) AS n FROM ${table}`)[0]?.["n"] ?? 0);
    this.#sizes.set(table, { rows, uses: 0 });
    return rows;
  }
}

/** As `D1PreparedStatement`. */
export class BoundStatement {
  readonly #d1: SimulatedD1;
  readonly sql: string;
  readonly params: readonly Value[];

  constructor(d1: SimulatedD1, sql: string, params: readonly Value[]) {
    this.#d1 = d1;
    this.sql = sql;
    this.params = params;
  }

  bind(...params: Value[]): BoundStatement {
    return new BoundStatement(this.#d1, this.sql, params);
  }

  all(): Promise<Result> {
    return this.#d1.one(this);
  }

  run(): Promise<Result> {
    return this.#d1.one(this);
  }

  async first(): Promise<Record<string, unknown> | null> {
    return (await this.all()).results[0] ?? null;
  }
}

function simulatedRead(params: readonly Value[]): { result: Result; cost: StatementCost } {
  const [rowsRead, returned] = [Number(params[0]), Number(params[1])];
  const meta = { rows_read: rowsRead, rows_written: 0, changes: 0, duration: 0, size_after: 0 };
  return { result: { success: true, results: [], meta }, cost: { rowsRead, rowsWritten: 0, returned } };
}

/** SQLite's errors as D1 words them. */
const asD1Error = (thrown: unknown): Error =>
  new Error(`D1_ERROR: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown });
