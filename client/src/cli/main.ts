#!/usr/bin/env node
/** `spillway`: the command line of Spillway. */

import { EXIT_CODES } from "./exit-codes.ts";
import { interruptSignal } from "./interrupt.ts";
import { run } from "./run.ts";
import { processTerminal } from "./terminal.ts";

// A reader such as `head` has what it wanted.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(EXIT_CODES.ok);
    throw error;
  });

process.exitCode = await run(process.argv.slice(2), processTerminal(interruptSignal()));
