/**
 * The time that D1 takes. A database is a server with one thread: the statements of all invocations wait in one line,
 * and a batch is served as one. The figures are guesses from D1's documentation, and not measured in production.
 */

import type { Clock } from "./clock.ts";
import { tailed } from "./random.ts";

/** What a statement read and wrote. `returned`: rows in its result. */
export interface StatementCost {
  rowsRead: number;
  rowsWritten: number;
  returned: number;
}

/** Milliseconds. */
const SERVICE = {
  /** "A query of 1 ms gives about 1,000 queries a second" (D1, limits): parsing, the index, the answer. */
  perStatement: 0.4,
  /** A range of events that is only counted: 1.1 µs a row on a warm disk. */
  perRowRead: 0.001_1,
  /** A row of 420 bytes packed into a page: 3 µs, of which the reading is above. */
  perRowReturned: 0.002,
  /** A transaction that writes waits for its log. */
  perCommit: 1.5,
  perRowWritten: 0.02,
};
/**
 * Between a consumer and the database, both ways: consumers have no placement. A space's object is as far: nothing that
 * is documented says which of both is nearer.
 */
const ROUND_TRIP = { least: 12, more: 4 };
/** "D1 DB is overloaded": the documentation has no figures; the platform's objects drop what waits longer. */
const MAX_WAIT_MS = 10_000;
const MAX_WAITING = 1_000;

interface Job {
  arrivedAt: number;
  serve: () => { ms: number; settle: () => void };
  fail: (error: Error) => void;
}

export class D1Server {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #waiting: Job[] = [];
  #isServing = false;
  #minute = { number: 0, busyMs: 0 };
  /** Each service takes so many times as long. */
  slowdown = 1;
  /** What the next call waits for before it is served: an object that has to wake up. */
  wakeMs = 0;
  /** The part of the calls whose connection breaks, half of them after the statements ran. */
  lostRate = 0;
  readonly spent = {
    queries: 0,
    rowsRead: 0,
    rowsWritten: 0,
    busyMs: 0,
    /** Of the busiest minute. */
    mostBusyMs: 0,
    longestQueue: 0,
    longestWaitMs: 0,
    overloaded: 0,
    /** Statements that read more than 250,000 rows. */
    largeScans: 0,
    mostRowsRead: 0,
  };

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  /**
   * Serves one statement or one batch.
   * @param execute runs it, and says what each statement cost.
   * @throws Error of D1's passing kinds, and what `execute` throws.
   */
  call<Result>(execute: () => { result: Result; costs: readonly StatementCost[] }): Promise<Result> {
    const trip = tailed(this.#random, ROUND_TRIP.least, ROUND_TRIP.more) / 2;
    const isLost = this.lostRate > 0 && this.#random() < this.lostRate;
    const isLostBefore = isLost && this.#random() < 0.5;
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => void this.#clock.after(trip, () => reject(error));
      if (isLostBefore) return fail(connectionLost());
      const answer = (result: Result) => {
        if (isLost) fail(connectionLost());
        else this.#clock.after(trip, () => resolve(result));
      };
      const serve = () => {
        try {
          const { result, costs } = execute();
          return { ms: this.#account(costs), settle: () => answer(result) };
        } catch (thrown) {
          const error = thrown instanceof Error ? thrown : new Error("a statement failed", { cause: thrown });
          return { ms: this.#account([]), settle: () => fail(error) };
        }
      };
      const { wakeMs } = this;
      this.wakeMs = 0;
      this.#clock.silentlyAfter(trip + wakeMs, () => this.#arrive({ arrivedAt: this.#clock.now, serve, fail }));
    });
  }

  #arrive(job: Job): void {
    if (this.#waiting.length >= MAX_WAITING) {
      this.spent.overloaded += 1;
      job.fail(new Error("D1_ERROR: D1 DB is overloaded. Too many requests queued."));
      return;
    }
    this.#waiting.push(job);
    this.spent.longestQueue = Math.max(this.spent.longestQueue, this.#waiting.length);
    this.#next();
  }

  #next(): void {
    if (this.#isServing) return;
    for (let job = this.#waiting.shift(); job !== undefined; job = this.#waiting.shift()) {
      const waited = this.#clock.now - job.arrivedAt;
      this.spent.longestWaitMs = Math.max(this.spent.longestWaitMs, waited);
      if (waited > MAX_WAIT_MS) {
        this.spent.overloaded += 1;
        job.fail(new Error("D1_ERROR: D1 DB is overloaded. Requests queued for too long."));
        continue;
      }
      const { ms, settle } = job.serve();
      this.#isServing = true;
      this.#clock.silentlyAfter(ms, () => {
        this.#isServing = false;
        settle();
        this.#next();
      });
      return;
    }
  }

  /** @returns how long the statements take, in ms. */
  #account(costs: readonly StatementCost[]): number {
    let ms = SERVICE.perStatement * Math.max(1, costs.length);
    let written = 0;
    for (const { rowsRead, rowsWritten, returned } of costs) {
      ms += SERVICE.perRowRead * rowsRead + SERVICE.perRowReturned * returned;
      written += rowsWritten;
      this.spent.rowsRead += rowsRead;
      this.spent.mostRowsRead = Math.max(this.spent.mostRowsRead, rowsRead);
      if (rowsRead > 250_000) this.spent.largeScans += 1;
    }
    if (written > 0) ms += SERVICE.perCommit + SERVICE.perRowWritten * written;
    ms *= this.slowdown;
    this.spent.queries += Math.max(1, costs.length);
    this.spent.rowsWritten += written;
    this.spent.busyMs += ms;
    const number = Math.floor(this.#clock.now / 60_000);
    if (number !== this.#minute.number) this.#minute = { number, busyMs: 0 };
    this.#minute.busyMs += ms;
    this.spent.mostBusyMs = Math.max(this.spent.mostBusyMs, this.#minute.busyMs);
    return ms;
  }
}

const connectionLost = () => new Error("D1_ERROR: Network connection lost.");
