/**
 * One invocation of the Worker: what it spent, and whether its isolate still lives. Of an isolate that died, no promise
 * goes on: its statements and requests that are under way arrive, and their answers are lost.
 */

import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock } from "./clock.ts";

const running = new AsyncLocalStorage<Invocation>();

/** The invocation that runs the code which asks; null in the model itself. */
export const currentInvocation = (): Invocation | null => running.getStore() ?? null;

/** Runs code as no invocation's: the model's own, that an invocation's call has started. */
export const outsideInvocations = <Result>(work: () => Result): Result => running.exit(work);

export class Invocation {
  readonly #clock: Clock;
  #isAlive = true;
  #busyUntil = 0;
  /** Milliseconds of CPU. */
  cpuMs = 0;
  /** D1 statements, and calls to other services. */
  queries = 0;
  subrequests = 0;
  /** Compressed bytes that the rows read so far would have: the next upload takes as long as they do. */
  pendingBytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  die(): void {
    this.#isAlive = false;
  }

  run<Result>(work: () => Result): Result {
    return running.run(this, work);
  }

  /** Keeps the isolate's one thread busy for so long: answers that arrive meanwhile wait. */
  charge(cpuMs: number): void {
    this.#busyUntil = Math.max(this.#busyUntil, this.#clock.now) + cpuMs;
    this.cpuMs += cpuMs;
  }

  /** Resolves when the thread is free. */
  async free(): Promise<void> {
    while (this.#busyUntil > this.#clock.now) await this.#clock.wait(this.#busyUntil - this.#clock.now);
  }
}

/**
 * A call of the running invocation to something outside: it begins when the thread is free, and its answer is read when
 * the thread is free again. It never settles when the isolate has died.
 */
export async function outside<Result>(call: () => Promise<Result>): Promise<Result> {
  const invocation = currentInvocation();
  if (invocation === null) return call();
  await invocation.free();
  if (!invocation.isAlive) return never();
  try {
    const result = await outsideInvocations(call);
    await invocation.free();
    return invocation.isAlive ? result : await never();
  } catch (thrown) {
    await invocation.free();
    if (!invocation.isAlive) return never();
    throw thrown;
  }
}

const never = <Result>(): Promise<Result> => new Promise<Result>(() => {});

/**
 * Ends the whole simulation: the Worker asked for something that the model does not have, and would take the error for
 * an outage.
 */
export function notModelled(what: string): never {
  const error = new Error(`the simulation has no ${what}`);
  queueMicrotask(() => {
    throw error;
  });
  throw error;
}
