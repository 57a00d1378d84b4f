/** Ctrl-C and SIGTERM as a signal that commands listen to. */

import { EXIT_CODES } from "./exit-codes.ts";

/** On Ctrl-C the terminal and npm each send a signal: the two count as one. */
const SAME_SIGNAL_MS = 1_000;

/** @returns aborted by the first signal. A second one ends the process, without waiting for the calls in flight. */
export function interruptSignal(): AbortSignal {
  const interrupt = new AbortController();
  let interruptedAt = Infinity;
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      if (performance.now() - interruptedAt > SAME_SIGNAL_MS) process.exit(EXIT_CODES.interrupted);
      interruptedAt = Math.min(interruptedAt, performance.now());
      interrupt.abort(new Error("interrupted"));
    });
  return interrupt.signal;
}
