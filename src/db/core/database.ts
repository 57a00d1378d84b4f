/**
 * The only access to D1: the functions in src/db contain the SQL, this class runs it and counts its cost. Parameters
 * are bound by position (?1, ?2 …). A list is one JSON parameter, read with `json_each`.
 */

/** The cost of work in D1, as D1 bills it. */
export interface Meter {
  statements: number;
  rowsRead: number;
  rowsWritten: number;
}

export function newMeter(): Meter {
  return { statements: 0, rowsRead: 0, rowsWritten: 0 };
}

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
  readonly #meter: Meter;

  constructor(d1: D1Database, meter: Meter) {
    this.#d1 = d1;
    this.#meter = meter;
  }

  /** Rows that were read so far, as the meter counts them. */
  get rowsRead(): number {
    return this.#meter.rowsRead;
  }

  async all<Row>(sql: string, params: readonly Param[] = []): Promise<Row[]> {
    return this.#read(await this.#prepare({ sql, params }).all<Row>()).rows;
  }

  async first<Row>(sql: string, params: readonly Param[] = []): Promise<Row | null> {
    return (await this.all<Row>(sql, params))[0] ?? null;
  }

  /** @returns how many rows changed. */
  async run(sql: string, params: readonly Param[] = []): Promise<number> {
    return this.#read(await this.#prepare({ sql, params }).run()).changes;
  }

  /** All statements in one transaction, in order: all or nothing. */
  async batch<Row = unknown>(statements: readonly Statement[]): Promise<Rows<Row>[]> {
    const results = await this.#d1.batch<Row>(statements.map((each) => this.#prepare(each)));
    return results.map((result) => this.#read(result));
  }

  #prepare({ sql, params }: Statement): D1PreparedStatement {
    const prepared = this.#d1.prepare(sql);
    return params.length === 0 ? prepared : prepared.bind(...params);
  }

  #read<Row>(result: D1Result<Row>): Rows<Row> {
    this.#meter.statements += 1;
    this.#meter.rowsRead += result.meta.rows_read;
    this.#meter.rowsWritten += result.meta.rows_written;
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
