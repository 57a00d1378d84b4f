/** A budget that the invocations of a test share: each begins with nothing used, and the test reads what all used. */

import { Budget, type Used } from "../../src/budget.ts";

export class SharedBudget extends Budget {
  readonly #before: Used = { ...this.used };
  readonly #restart: () => void;

  constructor(now: () => number) {
    let startedAt = now();
    super(() => now() - startedAt);
    this.#restart = () => {
      startedAt = now();
    };
  }

  /** An invocation begins. */
  begin(): void {
    this.#restart();
    Object.assign(this.#before, this.total);
    Object.assign(this.used, new Budget().used);
  }

  /** What all invocations used. */
  get total(): Used {
    const names = Object.keys(this.used) as (keyof Used)[];
    return Object.fromEntries(names.map((name) => [name, this.#before[name] + this.used[name]])) as unknown as Used;
  }
}
