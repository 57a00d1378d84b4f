/**
 * The doorman: one object a space, which all calls of that space pass one after another. What passed is written down before
 * the answer leaves (a Durable Object's output gate), so an eviction forgets nothing.
 */

import { DurableObject } from "cloudflare:workers";
import { decide } from "./window.ts";

export type Policy = "create" | "poll" | "list";

export interface Answer {
  allowed: boolean;
  limit: number;
  remaining: number;
  resetMs: number;
}

export class LimiterObject extends DurableObject<Env> {
  readonly #passed = new Map<string, number[]>();
  #hasTable = false;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#makeTable();
    for (const row of state.storage.sql.exec<{ policy: string; times: string }>("SELECT policy, times FROM passed"))
      this.#passed.set(row.policy, JSON.parse(row.times) as number[]);
  }

  /** Lets a call pass, or not. The clock is the object's own: it never goes back behind a call that passed. */
  take(policy: Policy, limit: number): Answer {
    const before = this.#passed.get(policy) ?? [];
    const now = Math.max(this.now(), before.at(-1) ?? 0);
    const { passed, ...decision } = decide(before, now, limit);
    this.#passed.set(policy, passed);
    if (decision.allowed) {
      if (!this.#hasTable) this.#makeTable();
      this.ctx.storage.sql.exec(
        "INSERT INTO passed (policy, times) VALUES (?1, ?2) ON CONFLICT (policy) DO UPDATE SET times = ?2",
        policy,
        JSON.stringify(passed),
      );
    }
    return { ...decision, limit };
  }

  /** Forgets everything: the space is gone. */
  async forget(): Promise<void> {
    this.#passed.clear();
    await this.ctx.storage.deleteAll();
    // A call that was on its way still gets its answer.
    this.#hasTable = false;
  }

  #makeTable(): void {
    this.ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS passed (policy TEXT PRIMARY KEY, times TEXT NOT NULL) WITHOUT ROWID",
    );
    this.#hasTable = true;
  }

  /** Epoch ms. The Worker's entry gives it the clock. */
  protected now(): number {
    throw new Error("a limiter needs a clock");
  }
}
