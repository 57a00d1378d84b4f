/**
 * The stage: processes (consumers, the sweep, clients) run until they are about to have an effect, and wait there for
 * their turn. One effect happens at a time, in an order that the test chooses, so the same choices give the same run.
 * At its turn an effect may fail, happen twice, kill its process, or suspend it.
 */

import type { Effect, Fault, Nature } from "./effects.ts";

export class Process {
  state: "running" | "suspended" | "dead" | "over" = "running";
  /** Suspended: until when, epoch ms. */
  resumeAt = 0;
  readonly name: string;
  readonly startedAt: number;
  /** Called when it is killed. */
  died: (forgotten: boolean) => void = () => {};

  constructor(name: string, startedAt: number) {
    this.name = name;
    this.startedAt = startedAt;
  }
}

/** One effect, as its caller describes it. */
export interface Doing<Answer> {
  label: string;
  nature: Nature;
  detail: string;
  act(): Promise<Answer>;
  /** The error of a failed call. */
  broken(): Error;
  /** Faults that are its own: how each answers instead. */
  instead?(fault: Fault, act: () => Promise<Answer>): Promise<Answer>;
}

export interface Happened extends Effect {
  fault: Fault | null;
}

interface Waiting {
  process: Process;
  go: () => void;
  done: Promise<void>;
}

const MICROTURNS = 60;
const MAX_TURNS = 10_000;
/** How long a process stalls: longer than a lease; and nearly as long as an invocation may last. */
const STALL_MS = 45_000;
const LONG_STALL_MS = 13.5 * 60_000;

export class Stage {
  /** Epoch ms. */
  now: number;
  /** The time that each effect takes. */
  tickMs = 5;
  readonly trace: Happened[] = [];
  readonly processes = new Set<Process>();
  readonly #faultAt: (effect: Effect) => Fault | null;
  readonly #counts = new Map<string, number>();
  #waiting: Waiting[] = [];

  constructor(now: number, faultAt: (effect: Effect) => Fault | null) {
    this.now = now;
    this.#faultAt = faultAt;
  }

  /** Starts a process. `ended` gets its result, or its error, or that it was killed. */
  start<Result>(
    name: string,
    work: (process: Process) => Promise<Result>,
    ended: { ok: (result: Result) => void; failed: (thrown: unknown) => void; died: (forgotten: boolean) => void },
  ): Process {
    const process = new Process(name, this.now);
    process.died = ended.died;
    this.processes.add(process);
    const over = () => {
      process.state = "over";
      this.processes.delete(process);
    };
    const attend = async () => {
      const [outcome] = await Promise.allSettled([work(process)]);
      over();
      if (outcome.status === "fulfilled") ended.ok(outcome.value);
      else ended.failed(outcome.reason);
    };
    void attend();
    return process;
  }

  /** An effect: waits for its turn, then happens with the fault that the plan has for it. */
  async perform<Answer>(process: Process, doing: Doing<Answer>): Promise<Answer> {
    let done = await this.#turn(process);
    try {
      const fault = this.#enter(process, doing);
      if (fault === null) return await doing.act();
      if (fault === "fails before") throw doing.broken();
      if (fault.startsWith("cut before")) return await this.#die(process, fault, done);
      if (fault.endsWith("stalled before")) {
        done = await this.#suspend(process, fault, done);
        return await doing.act();
      }
      if (fault === "twice") {
        await doing.act();
        return await doing.act();
      }
      if (fault === "fails after" || fault.startsWith("cut after") || fault.endsWith("stalled after")) {
        // Only its caller knows whether it succeeded, by its answer.
        const outcome = await settled(doing.act());
        if (fault === "fails after") throw doing.broken();
        if (fault.startsWith("cut after")) return await this.#die(process, fault, done);
        done = await this.#suspend(process, fault, done);
        return outcome();
      }
      if (doing.instead === undefined) throw new Error(`${doing.label} cannot be: ${fault}`);
      return await doing.instead(fault, () => doing.act());
    } finally {
      done();
    }
  }

  /** Runs all processes that can run up to their next effect, or to their end. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < MAX_TURNS; turns += 1) {
      for (let turn = 0; turn < MICROTURNS; turn += 1) await Promise.resolve();
      const busy = [...this.processes].some(
        (process) => process.state === "running" && !this.#waiting.some((waiting) => waiting.process === process),
      );
      if (!busy) return;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    throw new Error(`these neither go on nor end: ${this.running.map((process) => process.name).join(", ")}`);
  }

  /** Effects whose turn it may be: one each for those that wait. */
  get waiting(): number {
    return this.#ready().length;
  }

  /** Runs the effect at this place. */
  async grant(place: number): Promise<void> {
    const waiting = this.#ready()[place];
    if (waiting === undefined) throw new Error("no effect waits there");
    this.#waiting = this.#waiting.filter((each) => each !== waiting);
    this.now += this.tickMs;
    waiting.go();
    await waiting.done;
  }

  get running(): Process[] {
    return [...this.processes].filter((process) => process.state === "running");
  }

  get suspended(): Process[] {
    return [...this.processes].filter((process) => process.state === "suspended");
  }

  resume(process: Process): void {
    process.state = "running";
  }

  #ready(): Waiting[] {
    return this.#waiting.filter((waiting) => waiting.process.state === "running");
  }

  /** @returns what to call when the turn is over. */
  async #turn(process: Process): Promise<() => void> {
    const granted = Promise.withResolvers<void>();
    const done = Promise.withResolvers<void>();
    this.#waiting.push({ process, go: granted.resolve, done: done.promise });
    await granted.promise;
    return done.resolve;
  }

  #enter(process: Process, { label, nature, detail }: Doing<unknown>): Fault | null {
    const nth = (this.#counts.get(label) ?? 0) + 1;
    this.#counts.set(label, nth);
    const effect = { index: this.trace.length, name: `${label}#${nth}`, label, nature, by: process.name, detail };
    const fault = this.#faultAt(effect);
    this.trace.push({ ...effect, fault });
    return fault;
  }

  async #die(process: Process, fault: Fault, done: () => void): Promise<never> {
    process.state = "dead";
    this.processes.delete(process);
    this.#waiting = this.#waiting.filter((waiting) => waiting.process !== process);
    process.died(fault.endsWith("forgotten"));
    done();
    return new Promise<never>(() => {});
  }

  async #suspend(process: Process, fault: Fault, done: () => void): Promise<() => void> {
    process.state = "suspended";
    process.resumeAt = this.now + (fault.startsWith("long") ? LONG_STALL_MS : STALL_MS);
    done();
    return this.#turn(process);
  }
}

/** Waits until it settles. @returns a function that returns its value, or throws its error. */
async function settled<Value>(work: Promise<Value>): Promise<() => Value> {
  const [outcome] = await Promise.allSettled([work]);
  return () => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  };
}
