/**
 * The only access to a database: the functions in src/db contain the SQL, this class runs it within the invocation's
 * budget. A driver reaches the database, and knows of which kind it is: a D1 (d1-driver.ts) or a Durable Object
 * (object-driver.ts). Parameters are bound by position (?1, ?2 …). A list is one JSON parameter, read with `json_each`.
 */

import type { Budget } from "../../budget.ts";
import { isRead, type Pause, repeatTransient } from "./transient-errors.ts";

export type Param = string | number | null;

/** A statement with its parameters, for a batch. */
export interface Statement {
  sql: string;
  params: readonly Param[];
}

export const statement = (sql: string, params: readonly Param[] = []): Statement => ({ sql, params });

/**
 * The result of one statement. `changes` counts rows inserted, updated or deleted; while a space moves, also those that
 * are logged for it. Where the number matters, `countChanges` tells it.
 */
export interface Rows<Row> {
  rows: Row[];
  changes: number;
}

/** The result of one statement, as a driver has it: with the rows that the database scanned and wrote. */
export interface DriverResult {
  rows: unknown[];
  changes: number;
  rowsRead: number;
  rowsWritten: number;
  /** Of the whole database, in bytes, after the statement. */
  size: number;
}

/**
 * How a database is reached. Every kind of database runs the same SQL with the same parameters, and fails with SQLite's
 * own text (`UNIQUE constraint failed: …`), by which callers know what happened.
 */
export interface Driver {
  /** One statement, in a transaction of its own. */
  one(statement: Statement): Promise<DriverResult>;
  /** All statements in one transaction, in order: all or nothing. */
  batch(statements: readonly Statement[]): Promise<DriverResult[]>;
}

/** For a batch: how many rows the statement before it inserted, updated or deleted, without those of triggers. */
export const countChanges = (): Statement => statement("SELECT changes() AS n");

export class Database {
  readonly #driver: Driver;
  readonly #budget: Budget;
  readonly #pause: Pause | null;

  /** @param pause null: no call is repeated after a passing error. */
  constructor(driver: Driver, budget: Budget, pause: Pause | null = null) {
    this.#driver = driver;
    this.#budget = budget;
    this.#pause = pause;
  }

  /** Rows that the invocation has scanned so far. */
  get rowsRead(): number {
    return this.#budget.used.rowsRead;
  }

  async all<Row>(sql: string, params: readonly Param[] = []): Promise<Row[]> {
    return (await this.#one<Row>({ sql, params })).rows;
  }

  async first<Row>(sql: string, params: readonly Param[] = []): Promise<Row | null> {
    return (await this.all<Row>(sql, params))[0] ?? null;
  }

  /** @returns how many rows changed. */
  async run(sql: string, params: readonly Param[] = []): Promise<number> {
    return (await this.#one({ sql, params })).changes;
  }

  /** All statements in one transaction, in order: all or nothing. */
  async batch<Row = unknown>(statements: readonly Statement[]): Promise<Rows<Row>[]> {
    return this.#call(statements, async () => {
      const results = await this.#driver.batch(statements);
      return results.map((result) => this.#read<Row>(result));
    });
  }

  /** @returns the bytes that the database takes. */
  async size(): Promise<number> {
    const only = { sql: "SELECT 1", params: [] };
    return this.#call([only], async () => (await this.#driver.one(only)).size);
  }

  async #one<Row>(only: Statement): Promise<Rows<Row>> {
    return this.#call([only], async () => this.#read<Row>(await this.#driver.one(only)));
  }

  /** @throws budget_exceeded; unavailable for a passing error of the database. */
  async #call<Result>(statements: readonly Statement[], call: () => Promise<Result>): Promise<Result> {
    const reads = statements.every(({ sql }) => isRead(sql));
    return repeatTransient(reads, this.#pause, async () => {
      this.#budget.countStatements(statements);
      return call();
    });
  }

  #read<Row>({ rows, changes, rowsRead, rowsWritten }: DriverResult): Rows<Row> {
    this.#budget.countRows(rowsRead, rowsWritten, rows);
    return { rows: rows as Row[], changes };
  }
}

/** Did a batch fail because data that the caller read before had changed? See the guard table. */
export function isGuardFailure(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.message.includes("guard_changed");
}

/** Did a batch fail because its own check found a row too large? The check inserts null into the guard table. */
export function isSizeFailure(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.message.includes("NOT NULL constraint failed: guard.unchanged");
}

/** Would a write make a text or row larger than the database accepts? */
export function isTooBig(thrown: unknown): boolean {
  return thrown instanceof Error && /too big|SQLITE_TOOBIG/.test(thrown.message);
}

/** Did a write break the uniqueness of these columns (`table.column, …` as SQLite names them)? */
export function isUniqueFailure(thrown: unknown, columns: string): boolean {
  return thrown instanceof Error && thrown.message.includes(`UNIQUE constraint failed: ${columns}`);
}
