/**
 * The rate limiter: one Durable Object per space, which admits the calls of that space one after another. The admitted
 * calls of an exact policy are stored before the answer leaves (the output gate of Durable Objects), so an eviction
 * loses nothing. Those of the others are in memory alone: an eviction forgets them.
 */

import { DurableObject } from "cloudflare:workers";
import { POLICIES, type Policy } from "./policies.ts";
import { decide, type Decision } from "./window.ts";

export type Answer = Omit<Decision, "passed"> & {
  limit: number;
  /** Epoch ms, by this object's clock: one more call than now passes from then on. */
  resetAt: number;
};

export class LimiterObject extends DurableObject<Env> {
  readonly #passed = new Map<string, number[]>();
  #hasTable = false;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#makeTable();
    for (const row of state.storage.sql.exec<{ policy: string; times: string }>("SELECT policy, times FROM passed"))
      this.#passed.set(row.policy, JSON.parse(row.times) as number[]);
  }

  /** Admits a call, or not. The clock never goes back behind an admitted call. */
  admit(policy: Policy, limit: number): Answer {
    const before = this.#passed.get(policy) ?? [];
    const now = Math.max(this.now(), before.at(-1) ?? 0);
    const { passed, ...decision } = decide(before, now, limit);
    this.#passed.set(policy, passed);
    if (decision.allowed && POLICIES[policy].exact) {
      if (!this.#hasTable) this.#makeTable();
      this.ctx.storage.sql.exec(
        "INSERT INTO passed (policy, times) VALUES (?1, ?2) ON CONFLICT (policy) DO UPDATE SET times = ?2",
        policy,
        JSON.stringify(passed),
      );
    }
    return { ...decision, limit, resetAt: now + decision.resetMs };
  }

  /** Deletes everything: the space is deleted. */
  async clear(): Promise<void> {
    this.#passed.clear();
    await this.ctx.storage.deleteAll();
    // A call that is still in flight creates the table again.
    this.#hasTable = false;
  }

  #makeTable(): void {
    this.ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS passed (policy TEXT PRIMARY KEY, times TEXT NOT NULL) WITHOUT ROWID",
    );
    this.#hasTable = true;
  }

  /** Epoch ms. The Worker's entry point overrides it: only it reads the clock. */
  protected now(): number {
    throw new Error("the limiter needs a clock");
  }
}
