/**
 * Where a command runs: its streams, its environment, its clock and its network. A test gives all of them as values.
 */

import { homedir } from "node:os";
import type { Readable, Writable } from "node:stream";

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths start at. */
  readonly folder: string;
  readonly home: string;
  readonly stdin: Readable & { isTTY?: boolean };
  readonly stdout: Writable & { isTTY?: boolean; columns?: number };
  readonly stderr: Writable & { isTTY?: boolean; columns?: number };
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  readonly fetch: typeof fetch;
  /** @returns epoch ms. */
  now(): number;
  /** Resolves after that time. @throws the signal's reason when the command is interrupted. */
  sleep(ms: number): Promise<void>;
}

/** The terminal of this process. @param signal aborted when the process is interrupted. */
export function processTerminal(signal: AbortSignal): Terminal {
  return {
    env: process.env,
    folder: process.cwd(),
    home: homedir(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    signal,
    fetch: (input, init) => fetch(input, init),
    now: () => Date.now(),
    sleep: (ms) => sleep(ms, signal),
  };
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const interrupt = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", interrupt);
      resolve();
    }, ms);
    signal.addEventListener("abort", interrupt, { once: true });
  });
}
