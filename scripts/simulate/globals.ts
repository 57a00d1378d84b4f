/**
 * Puts virtual time, seeded randomness and the simulated network in place of the platform's globals, before the Worker
 * is loaded. One simulation at a time is the one that they belong to.
 */

import type { Clock, Timer } from "./clock.ts";
import { simulatedCrypto } from "./crypto.ts";
import { currentInvocation } from "./invocation.ts";
import { type Network, simulatedFetch } from "./network.ts";

export interface Surroundings extends Network {
  /** Receives each line that the Worker logs. */
  log(line: string): void;
}

let current: Surroundings | null = null;

/** Makes this simulation the one that the globals belong to. */
export function enter(surroundings: Surroundings): void {
  if (current === null) replaceGlobals();
  current = surroundings;
}

function surroundings(): Surroundings {
  if (current === null) throw new Error("no simulation has begun");
  return current;
}

const clock = (): Clock => surroundings().clock;
const random = (): number => surroundings().random();

/** A timer of the invocation that started it: it does not fire when that one has died. */
function startTimer(run: () => void, ms: number): Timer {
  const invocation = currentInvocation();
  return clock().after(Math.max(0, ms), () => {
    if (invocation === null) run();
    else if (invocation.isAlive) invocation.run(run);
  });
}

interface Interval {
  timer: Timer;
}

function startInterval(run: () => void, ms: number): Interval {
  const again = (): Timer =>
    startTimer(() => {
      interval.timer = again();
      run();
    }, ms);
  const interval: Interval = { timer: again() };
  return interval;
}

/** The timers of `AbortSignal.timeout`, so that they end with their request. */
const timeouts = new WeakMap<AbortSignal, Timer>();

function abortSignalAfter(ms: number): AbortSignal {
  const controller = new AbortController();
  const abort = () => controller.abort(new DOMException("The operation timed out.", "TimeoutError"));
  timeouts.set(controller.signal, startTimer(abort, ms));
  return controller.signal;
}

function endTimeout(signal: AbortSignal): void {
  const timer = timeouts.get(signal);
  if (timer !== undefined) clock().cancel(timer);
}

function replaceGlobals(): void {
  Date.now = () => Math.floor(clock().now);
  Math.random = random;
  AbortSignal.timeout = abortSignalAfter;
  const line = (text: unknown) => surroundings().log(String(text));
  const clear = (started: Timer | Interval | undefined) => {
    if (started !== undefined) clock().cancel("timer" in started ? started.timer : started);
  };
  const replaced: Record<string, unknown> = {
    setTimeout: startTimer,
    clearTimeout: clear,
    setInterval: startInterval,
    clearInterval: clear,
    scheduler: { wait: (ms: number) => new Promise<void>((resolve) => void startTimer(resolve, ms)) },
    crypto: simulatedCrypto(random),
    fetch: simulatedFetch(surroundings, endTimeout),
    console: { ...console, log: line, error: line, warn: line, info: line },
  };
  for (const [name, value] of Object.entries(replaced))
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}
