/**
 * How much one HTTP call may scan. A scan in slices asks the budget after each slice whether to continue: it ends early
 * when the budget is used up, or when the client has closed the connection.
 */

/** Rows that the database reads for one call. Each member of a JSON column that a rule looks at counts as one. */
const MAX_ROWS = 20_000_000;
/** Queries of one call: an invocation of a Worker may have 1,000. */
const MAX_QUERIES = 500;

export class ScanBudget {
  readonly #goesOn: () => boolean;
  readonly #maxRows: number;
  #rows = 0;
  #queries = 0;

  /** @param goesOn whether there is time left, and somebody waits. */
  constructor(goesOn: () => boolean, maxRows = MAX_ROWS) {
    this.#goesOn = goesOn;
    this.#maxRows = maxRows;
  }

  /** Counts a query. @param rows that it read. @returns whether another one may follow. */
  spend(rows: number): boolean {
    this.#rows += rows;
    this.#queries += 1;
    return this.#rows < this.#maxRows && this.#queries < MAX_QUERIES && this.#goesOn();
  }
}
