/** A call that fails for a reason that passes is made again, a little later each time. */

import { CallError } from "../client.ts";

export interface Patience {
  /** Tries before it is given up. */
  tries: number;
  /** Hears why, and how long is waited. */
  onWait: (error: CallError, seconds: number) => void;
  wait: (ms: number) => Promise<void>;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

/** No answer, too many calls, a conflict with another write, or the service's own trouble. */
export function passes({ status }: CallError): boolean {
  return status === 0 || status === 408 || status === 409 || status === 429 || status >= 500;
}

/** @param isFinal what does not pass here, though it might elsewhere. @throws CallError when it does not pass, or not within so many tries. */
export async function patiently<Result>(
  patience: Patience,
  call: () => Promise<Result>,
  isFinal: (error: CallError) => boolean = () => false,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (thrown) {
      if (!(thrown instanceof CallError) || !passes(thrown) || isFinal(thrown)) throw thrown;
      if (attempt >= patience.tries) throw thrown;
      const ms = waitOf(attempt, Math.random());
      patience.onWait(thrown, ms / 1000);
      await patience.wait(ms);
    }
  }
}

/** @param dice 0 to 1: callers that failed together come back apart. @returns milliseconds. */
export function waitOf(attempt: number, dice: number): number {
  const ms = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1));
  return Math.round(ms * (0.75 + dice / 2));
}
