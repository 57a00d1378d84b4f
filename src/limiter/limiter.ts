/**
 * The rate limiter: one Durable Object per space, which admits the calls of that space one after another. The admitted
 * calls of an exact policy are stored before the answer leaves (the output gate of Durable Objects), so an eviction
 * loses nothing. Those of the others are in memory alone: an eviction forgets them. How far the limits were used is
 * stored once a minute, where it changed.
 */

import { DurableObject } from "cloudflare:workers";
import { POLICIES, type Policy } from "./policies.ts";
import { LimitUse, type Use } from "./use.ts";
import { decide, type Decision } from "./window.ts";

/** How long changes of the use of limits are in memory alone. */
const STORE_USE_AFTER_MS = 60_000;

export type Answer = Omit<Decision, "passed"> & {
  limit: number;
  /** Epoch ms, by this object's clock: one more call than now passes from then on. */
  resetAt: number;
};

export class LimiterObject extends DurableObject<Env> {
  readonly #passed = new Map<string, number[]>();
  readonly #use: LimitUse;
  #hasTables = false;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#use = new LimitUse(state.storage.sql);
    this.#makeTables();
    for (const row of state.storage.sql.exec<{ policy: string; times: string }>("SELECT policy, times FROM passed"))
      this.#passed.set(row.policy, JSON.parse(row.times) as number[]);
  }

  /**
   * Admits a call, or not. The clock never goes back behind an admitted call.
   * @param day today in the space's time zone, `YYYY-MM-DD`: the use of the limit counts on it.
   */
  admit(policy: Policy, limit: number, day: string): Answer {
    const before = this.#passed.get(policy) ?? [];
    const now = Math.max(this.now(), before.at(-1) ?? 0);
    const { passed, ...decision } = decide(before, now, limit);
    this.#passed.set(policy, passed);
    if (decision.allowed && POLICIES[policy].exact) {
      this.#makeTables();
      this.ctx.storage.sql.exec(
        "INSERT INTO passed (policy, times) VALUES (?1, ?2) ON CONFLICT (policy) DO UPDATE SET times = ?2",
        policy,
        JSON.stringify(passed),
      );
    }
    // An alarm that the storage has already is replaced: after an eviction the next change sets it again.
    if (this.#use.count(day, policy, { ...decision, passed })) void this.ctx.storage.setAlarm(now + STORE_USE_AFTER_MS);
    return { ...decision, limit, resetAt: now + decision.resetMs };
  }

  override alarm(): void {
    this.#makeTables();
    this.#use.store();
  }

  /** How far the limits were used on each day, from one to another, both included. */
  use(from: string, to: string): Use[] {
    this.#makeTables();
    return this.#use.read(from, to);
  }

  /** Deletes everything: the space is deleted. */
  async clear(): Promise<void> {
    this.#passed.clear();
    this.#use.clear();
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
    // A call that is still in flight creates the tables again.
    this.#hasTables = false;
  }

  #makeTables(): void {
    if (this.#hasTables) return;
    this.#use.makeTable();
    this.ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS passed (policy TEXT PRIMARY KEY, times TEXT NOT NULL) WITHOUT ROWID",
    );
    this.#hasTables = true;
  }

  /** Epoch ms. The Worker's entry point overrides it: only it reads the clock. */
  protected now(): number {
    throw new Error("the limiter needs a clock");
  }
}
