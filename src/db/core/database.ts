/**
 * The only access to D1: the functions in src/db contain the SQL, this class runs it within the invocation's budget.
 * Parameters are bound by position (?1, ?2 …). A list is one JSON parameter, read with `json_each`.
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

/** The result of one statement. `changes` counts rows inserted, updated or deleted. */
export interface Rows<Row> {
  rows: Row[];
  changes: number;
}

export class Database {
  readonly #d1: D1Database;
  readonly #budget: Budget;

  readonly #pause: Pause | null;

  /** @param pause null: no call is repeated after a passing error. */
  constructor(d1: D1Database, budget: Budget, pause: Pause | null = null) {
    this.#d1 = d1;
    this.#budget = budget;
    this.#pause = pause;
  }

  /** Rows that the invocation has scanned so far. */
  get rowsRead(): number {
    return this.#budget.used.rowsRead;
  }

  async all<Row>(sql: string, params: readonly Param[] = []): Promise<Row[]> {
    const only = { sql, params };
    return this.#call([only], async () => this.#read(await this.#prepare(only).all<Row>()).rows);
  }

  async first<Row>(sql: string, params: readonly Param[] = []): Promise<Row | null> {
    return (await this.all<Row>(sql, params))[0] ?? null;
  }

  /** @returns how many rows changed. */
  async run(sql: string, params: readonly Param[] = []): Promise<number> {
    const only = { sql, params };
    return this.#call([only], async () => this.#read(await this.#prepare(only).run()).changes);
  }

  /** All statements in one transaction, in order: all or nothing. */
  async batch<Row = unknown>(statements: readonly Statement[]): Promise<Rows<Row>[]> {
    return this.#call(statements, async () => {
      const results = await this.#d1.batch<Row>(statements.map((each) => this.#prepare(each)));
      return results.map((result) => this.#read(result));
    });
  }

  /** @throws budget_exceeded; unavailable for a passing error of D1. */
  async #call<Result>(statements: readonly Statement[], call: () => Promise<Result>): Promise<Result> {
    const reads = statements.every(({ sql }) => isRead(sql));
    return repeatTransient(reads, this.#pause, async () => {
      this.#budget.countStatements(statements);
      return call();
    });
  }

  #prepare({ sql, params }: Statement): D1PreparedStatement {
    const prepared = this.#d1.prepare(sql);
    return params.length === 0 ? prepared : prepared.bind(...params);
  }

  #read<Row>(result: D1Result<Row>): Rows<Row> {
    this.#budget.countRows(result.meta.rows_read, result.meta.rows_written, result.results);
    return { rows: result.results, changes: result.meta.changes };
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

/** Would a write make a text or row larger than D1 accepts? */
export function isTooBig(thrown: unknown): boolean {
  return thrown instanceof Error && /too big|SQLITE_TOOBIG/.test(thrown.message);
}

/** Did a write break the uniqueness of these columns (`table.column, …` as SQLite names them)? */
export function isUniqueFailure(thrown: unknown, columns: string): boolean {
  return thrown instanceof Error && thrown.message.includes(`UNIQUE constraint failed: ${columns}`);
}
