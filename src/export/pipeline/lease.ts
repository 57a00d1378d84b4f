/**
 * The one place that leases a chunk or a file, renews the lease while the step works, notices its loss, and releases it
 * when the work fails. A step asks the lease whether to continue and keeps no timer of its own. A message that finds
 * another consumer's lease is sent again for the time at which that lease ends.
 */

import type { Context, Message } from "../../context.ts";
import { acquireLease, type Leased, type LeaseTarget, releaseLease, renewLease } from "../../db/exports/leases.ts";
import { claimLeaseEnd } from "../../db/exports/messages.ts";
import { SpillwayError } from "../../errors.ts";
import { MAX_ATTEMPTS } from "./backoff.ts";

/** A message that waits for a lease's end comes up to so long after it: those of a consumer's death spread. */
const JITTER_MS = 2_000;

type LeaseContext = Pick<Context, "config" | "databases" | "runtime">;

/**
 * Runs the work of a message on a chunk or a file under a lease, and releases the lease when the work throws.
 * @returns null without any work where the lease is not free or not needed; else the work's result.
 * @throws internal, not to be retried, when the work has cost too many consumers.
 */
export async function withLease<Table extends keyof Leased, Result>(
  context: LeaseContext & Pick<Context, "send">,
  message: Message,
  table: Table,
  work: (leased: Leased[Table], lease: Lease) => Promise<Result>,
): Promise<Result | null> {
  const target: LeaseTarget<Table> = { table, spaceId: message.space_id, exportId: message.export_id, n: message.n };
  const now = context.runtime.now();
  const leased = await acquireLease(context.databases.control, target, now, now + context.config.leaseMs);
  if (leased === null) {
    await waitForLease(context, message, target, now);
    return null;
  }
  // A crashed consumer (out of memory or time) reports nothing.
  if (leased.takeovers >= MAX_ATTEMPTS)
    throw new SpillwayError("internal", undefined, {
      retryable: false,
      cause: new Error(`${leased.takeovers} consumers died at this work`),
    });
  const lease = new Lease(context, target, leased.lease_until);
  try {
    return await work(leased, lease);
  } catch (thrown) {
    await releaseLease(context.databases.control, target, lease.until);
    throw thrown;
  }
}

/**
 * Sends the message of leased work again, for the end of the lease: where the holder died, the work goes on then. This
 * takes a new message, because the queue counts each retry of a message as one of its attempts. Of several messages
 * that find the same lease, one waits.
 */
async function waitForLease(
  context: LeaseContext & Pick<Context, "send">,
  message: Message,
  target: LeaseTarget,
  now: number,
): Promise<void> {
  const until = await claimLeaseEnd(context.databases.control, target, message, now);
  if (until === null) return;
  const delayMs = until - now + context.runtime.random() * JITTER_MS;
  await context.send([message], Math.ceil(delayMs / 1_000));
}

/** A lease in the hands of its holder. */
export class Lease {
  readonly #context: LeaseContext;
  readonly #target: LeaseTarget;
  readonly #defaultIntervalMs: number;
  #until: number;
  #lost = false;
  #renewedAt: number;
  #renewing: Promise<unknown> = Promise.resolve();
  #progress: () => number | string | null = () => null;

  constructor(context: LeaseContext, target: LeaseTarget, until: number) {
    this.#context = context;
    this.#target = target;
    this.#defaultIntervalMs = context.config.leaseMs / 3;
    this.#until = until;
    this.#renewedAt = context.runtime.now();
  }

  /** When it runs out, as the ledger has it: epoch ms. */
  get until(): number {
    return this.#until;
  }

  /** Starts one pass over the work. @param progress what each renewal stores with the lease: see `renewLease`. */
  track(progress: () => number | string | null): void {
    this.#progress = progress;
    this.#renewedAt = this.#context.runtime.now();
  }

  /** Renewals run one by one: each names the lease that the last one left. @returns false when it is lost. */
  renew(): Promise<boolean> {
    const renewed = this.#renewing.then(() => this.#renewOnce());
    this.#renewing = renewed.catch(() => {});
    return renewed;
  }

  /** Renews where the last such call renewed `everyMs` ago or earlier. @returns false when the lease is lost: stop. */
  async shouldContinue(everyMs = this.#defaultIntervalMs): Promise<boolean> {
    const now = this.#context.runtime.now();
    if (!this.#lost && now - this.#renewedAt >= everyMs) {
      this.#renewedAt = now;
      await this.renew();
    }
    return !this.#lost;
  }

  /**
   * Renews by a timer during work that may take minutes: a store's answer, a page with few records. A renewal that
   * fails is no reason to stop: two consumers at the same work do no harm.
   */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    const timer = setInterval(() => void this.renew().catch(() => {}), this.#defaultIntervalMs);
    try {
      return await work();
    } finally {
      clearInterval(timer);
      // A release has to name the lease that the last renewal left.
      await this.#renewing;
    }
  }

  async #renewOnce(): Promise<boolean> {
    const next = this.#context.runtime.now() + this.#context.config.leaseMs;
    const { control } = this.#context.databases;
    if (await renewLease(control, this.#target, this.#progress(), { current: this.#until, next })) this.#until = next;
    else this.#lost = true;
    return !this.#lost;
  }
}
