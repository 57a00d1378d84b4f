/**
 * Virtual time. Work that is due runs in the order of its time, and of two equal times in the order it was asked for.
 * Time jumps to the next piece of work once the last one has nothing left to do but wait.
 */

/** The platform's own, before virtual time replaces the timers. */
const { setImmediate: afterMicrotasks } = globalThis;

export interface Timer {
  readonly at: number;
  readonly order: number;
  /** Null when it was cancelled. */
  run: (() => void) | null;
  /** It settles no promise: time goes on without a look at what waits for one. */
  readonly isSilent: boolean;
}

export class Clock {
  #now: number;
  #order = 0;
  readonly #heap: Timer[] = [];

  /** @param now epoch ms at which the simulation begins. */
  constructor(now: number) {
    this.#now = now;
  }

  /** Epoch ms, with fractions. */
  get now(): number {
    return this.#now;
  }

  /** Runs `run` at a time; at once, after what is due now, where that time is past. */
  at(time: number, run: () => void): Timer {
    return this.#add({ at: Math.max(time, this.#now), order: (this.#order += 1), run, isSilent: false });
  }

  /** For the model's own events: `run` settles no promise, and only asks for later events. */
  silentlyAfter(ms: number, run: () => void): Timer {
    return this.#add({ at: this.#now + ms, order: (this.#order += 1), run, isSilent: true });
  }

  after(ms: number, run: () => void): Timer {
    return this.at(this.#now + ms, run);
  }

  cancel(timer: Timer): void {
    timer.run = null;
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(ms, resolve);
    });
  }

  /** Waits in steps of virtual time until a condition holds. @returns false when `withinMs` passed before. */
  async waitUntil(holds: () => boolean, everyMs: number, withinMs: number): Promise<boolean> {
    const end = this.#now + withinMs;
    while (!holds()) {
      if (this.#now >= end) return false;
      await this.wait(everyMs);
    }
    return true;
  }

  /**
   * Runs the simulation until `work` settles.
   * @throws Error when nothing is due any more and the work still waits; and what the work throws.
   */
  async runUntil<Result>(work: Promise<Result>): Promise<Result> {
    const state = { isSettled: false };
    const settle = () => {
      state.isSettled = true;
    };
    work.then(settle, settle);
    await quiet();
    while (!state.isSettled) {
      const next = this.#takeFirst();
      if (next === null) throw new Error("nothing is due any more, and the simulation has not ended");
      if (next.run === null) continue;
      this.#now = next.at;
      next.run();
      if (!next.isSilent) await quiet();
    }
    return work;
  }

  #add(timer: Timer): Timer {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(timer);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || isBefore(above, timer)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = timer;
    return timer;
  }

  #takeFirst(): Timer | null {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return null;
    if (heap.length === 0) return first;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const [a, b] = [heap[left], heap[left + 1]];
      if (a === undefined) break;
      const [child, at] = b !== undefined && isBefore(b, a) ? [b, left + 1] : [a, left];
      if (isBefore(last, child)) break;
      heap[index] = child;
      index = at;
    }
    heap[index] = last;
    return first;
  }
}

const isBefore = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/**
 * Ends when every promise that can go on has gone on: nothing in a simulation waits for anything but virtual time, so
 * all that is left are microtasks, and an immediate runs after them.
 */
async function quiet(): Promise<void> {
  await new Promise((resolve) => afterMicrotasks(resolve));
}
