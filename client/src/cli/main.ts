#!/usr/bin/env node
/** `spillway`: the command line of Spillway. */

import { EXIT_CODES } from "./exit-codes.ts";
import { run } from "./run.ts";
import { processTerminal } from "./terminal.ts";

const interrupt = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    // The second one does not wait for the calls in flight.
    if (interrupt.signal.aborted) process.exit(EXIT_CODES.interrupted);
    interrupt.abort(new Error("interrupted"));
  });

// A reader such as `head` has what it wanted.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(EXIT_CODES.ok);
    throw error;
  });

process.exitCode = await run(process.argv.slice(2), processTerminal(interrupt.signal));
