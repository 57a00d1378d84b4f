/**
 * What one invocation may use. Cloudflare ends an invocation that exceeds its limits, and the local runtime enforces
 * none of them: this class counts, and throws at the same limits everywhere. The figures of D1, Queues and subrequests
 * are those of Workers Paid (developers.cloudflare.com: d1/platform/limits, queues/platform/limits,
 * workers/platform/limits).
 */

import { SpillwayError } from "./errors.ts";

/** What an invocation has used, as Cloudflare counts it. */
export interface Used {
  /** D1 queries: each statement of a batch counts. */
  statements: number;
  rowsRead: number;
  rowsWritten: number;
  /** Calls that leave the Worker: of fetch, D1 and Queues. */
  subrequests: number;
  messages: number;
}

export interface Limits {
  statements: number;
  /** Rows that all queries together scan. */
  rowsRead: number;
  /** Rows that one query scans: others of its database wait meanwhile. */
  rowsPerQuery: number;
  subrequests: number;
}

/** An invocation that uses more fails. D1 has no limit of rows, but of time: 250,000 rows take about a second. */
export const LIMITS: Limits = {
  statements: 1_000,
  rowsRead: 25_000_000,
  rowsPerQuery: 250_000,
  subrequests: 10_000,
};

/**
 * The share of a limit at which work that may run long writes down where it is, and goes on in another invocation. What
 * is under way then ends below four fifths of the limit.
 */
const CHECKPOINT = 0.7;
/** D1 queries that no invocation should pass. The last fifth of Cloudflare's limit is a reserve for retried queries. */
export const MAX_EXPECTED_STATEMENTS = 800;
/** The platform ends a queue consumer after 15 minutes. */
const CHECKPOINT_MS = 10 * 60_000;

/** D1 rejects longer SQL, in bytes. */
const MAX_SQL_BYTES = 100_000;
/** Parameters that one statement binds. */
const MAX_PARAMETERS = 100;
/** D1 rejects a text or a row of this many bytes; the local D1 accepts twice as much. */
const MAX_TEXT_BYTES = 2_000_000;
/** A shorter text has fewer bytes than that, whatever its characters. */
const SHORT = MAX_TEXT_BYTES / 3;
/** One message of a queue, and all of one call. */
const MAX_MESSAGE_BYTES = 128_000;
const MAX_SEND_BYTES = 256_000;
export const MAX_MESSAGES_PER_SEND = 100;

export class Budget {
  readonly used: Used = { statements: 0, rowsRead: 0, rowsWritten: 0, subrequests: 0, messages: 0 };
  protected readonly limits: Limits;
  readonly #now: () => number;
  readonly #startedAt: number;

  /** @param now epoch ms; without a clock, time does not count. */
  constructor(now: () => number = () => 0, limits: Partial<Limits> = {}) {
    this.limits = { ...LIMITS, ...limits };
    this.#now = now;
    this.#startedAt = now();
  }

  /** Should work that may run long write down where it is, and go on in another invocation? */
  get isNearlySpent(): boolean {
    const { statements, rowsRead, subrequests } = this.limits;
    return (
      this.used.statements >= CHECKPOINT * statements ||
      this.used.rowsRead >= CHECKPOINT * rowsRead ||
      this.used.subrequests >= CHECKPOINT * subrequests ||
      this.#now() - this.#startedAt >= CHECKPOINT_MS
    );
  }

  /**
   * Counts a call of D1 with its statements, before it is made.
   * @throws budget_exceeded; Error as D1's for a parameter that is too long.
   */
  countStatements(statements: readonly { sql: string; params: readonly unknown[] }[]): void {
    this.countSubrequest();
    this.used.statements += statements.length;
    this.#check("statements", "D1 queries");
    for (const { sql, params } of statements) {
      if (sql.length > MAX_SQL_BYTES) throw exceeded(`SQL of ${sql.length} characters`, MAX_SQL_BYTES);
      if (params.length > MAX_PARAMETERS) throw exceeded(`${params.length} parameters`, MAX_PARAMETERS);
      for (const value of params) assertFits(value);
    }
  }

  /**
   * Counts what a query cost.
   * @param results its rows. @throws budget_exceeded; Error as D1's for a row that is too long.
   */
  countRows(read: number, written: number, results: readonly unknown[]): void {
    this.used.rowsRead += read;
    this.used.rowsWritten += written;
    if (read > this.limits.rowsPerQuery) throw exceeded(`a query that scans ${read} rows`, this.limits.rowsPerQuery);
    this.#check("rowsRead", "rows scanned");
    for (const row of results) for (const value of Object.values(row as object)) assertFits(value);
  }

  /** @throws budget_exceeded. */
  countSubrequest(): void {
    this.used.subrequests += 1;
    this.#check("subrequests", "subrequests");
  }

  /** Counts one call that sends these messages. @throws budget_exceeded. */
  countMessages(messages: readonly unknown[]): void {
    this.countSubrequest();
    this.used.messages += messages.length;
    if (messages.length > MAX_MESSAGES_PER_SEND)
      throw exceeded(`${messages.length} messages in one call`, MAX_MESSAGES_PER_SEND);
    const sizes = messages.map((message) => Buffer.byteLength(JSON.stringify(message)));
    const largest = Math.max(...sizes);
    if (largest > MAX_MESSAGE_BYTES) throw exceeded(`a message of ${largest} bytes`, MAX_MESSAGE_BYTES);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    if (total > MAX_SEND_BYTES) throw exceeded(`messages of ${total} bytes`, MAX_SEND_BYTES);
  }

  /** The same fetch, of which each call counts. */
  counted(reach: typeof fetch): typeof fetch {
    return async (input, init) => {
      this.countSubrequest();
      return reach(input, init);
    };
  }

  #check(what: keyof Used & keyof Limits, name: string): void {
    if (this.used[what] > this.limits[what]) throw exceeded(`${this.used[what]} ${name}`, this.limits[what]);
  }
}

/** @throws Error with D1's text. */
function assertFits(value: unknown): void {
  if (typeof value === "string" && value.length > SHORT && Buffer.byteLength(value) >= MAX_TEXT_BYTES)
    throw new Error("D1_ERROR: string or blob too big: SQLITE_TOOBIG");
}

const exceeded = (what: string, limit: number) =>
  new SpillwayError("budget_exceeded", undefined, { cause: new Error(`${what}: the limit is ${limit}`) });
