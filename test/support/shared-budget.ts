/**
 * A budget that the invocations of a test share: each begins with nothing used, and the test reads what all used. Those
 * that run at the same time share as many budgets. An invocation that makes more D1 queries than any should fails its
 * test, long before Cloudflare's limit.
 */

import { Budget, LIMITS, MAX_EXPECTED_STATEMENTS, type Used } from "../../src/budget.ts";

export class SharedBudget extends Budget {
  readonly #before: Used = { ...this.used };
  readonly #restart: () => void;
  #running = 0;
  #sharing = 1;

  constructor(now: () => number) {
    let startedAt = now();
    super(() => now() - startedAt);
    this.#restart = () => {
      startedAt = now();
    };
  }

  /** Does the work of one invocation. @throws Error when it makes too many D1 queries. */
  async invoke<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#running === 0) this.begin();
    else this.#share(this.#sharing + 1);
    this.#running += 1;
    try {
      const result = await work();
      const { statements } = this.used;
      if (statements > MAX_EXPECTED_STATEMENTS * this.#sharing)
        throw new Error(`${statements} D1 queries in ${this.#sharing} invocations: expected are 800 each at most`);
      return result;
    } finally {
      this.#running -= 1;
    }
  }

  /** An invocation begins, and none runs. */
  begin(): void {
    this.#restart();
    this.#share(1);
    Object.assign(this.#before, this.total);
    Object.assign(this.used, new Budget().used);
  }

  #share(invocations: number): void {
    const { statements, rowsRead, subrequests } = LIMITS;
    this.#sharing = invocations;
    Object.assign(this.limits, {
      statements: statements * invocations,
      rowsRead: rowsRead * invocations,
      subrequests: subrequests * invocations,
    });
  }

  /** What all invocations used. */
  get total(): Used {
    const names = Object.keys(this.used) as (keyof Used)[];
    return Object.fromEntries(names.map((name) => [name, this.#before[name] + this.used[name]])) as unknown as Used;
  }
}
