/** How much memory the largest calls take. An isolate has 128 MB, which all its calls share. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { LARGEST } from "../support/largest-bodies.ts";

const SCRIPT = new URL("largest-calls.ts", import.meta.url).pathname;
/** V8's heap of the whole process, of which the service's code takes about 27 MB before the first call. */
const HEAP_MB = 27 + 48;
/** A small heap makes a call slow: most of its time is garbage collection. */
const WITHIN_MS = 180_000;
const HELD_BYTES = 64_000_000;

interface Made {
  name: string;
  status: number;
  /** Bytes in memory, beyond those before the call, while the call writes. */
  held: number;
  /** Queries, each statement of a batch counted. */
  queries: number;
}

async function make(name: string): Promise<Made> {
  const flags = ["--disable-warning=ExperimentalWarning", `--max-old-space-size=${HEAP_MB}`, "--max-semi-space-size=2"];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, SCRIPT, name]);
  return JSON.parse(stdout.split("\n").find((line) => line.startsWith('{"name"')) ?? "{}") as Made;
}

describe("a call of the largest size allowed peaks below 64 MB", () => {
  it.each(Object.entries(LARGEST))(
    "%s",
    async (name, { status }) => {
      const made = await make(name);
      expect(made).toMatchObject({ name, status });
      expect(made.held).toBeLessThan(HELD_BYTES);
      // Of 1,000 that an invocation may make.
      expect(made.queries).toBeLessThan(50);
    },
    WITHIN_MS,
  );
});
