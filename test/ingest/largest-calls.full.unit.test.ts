/** How much memory the largest calls take. An isolate has 128 MB, which all its calls share. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const SCRIPT = new URL("largest-calls.ts", import.meta.url).pathname;
/** V8's heap of the whole process, of which the service's code takes about 27 MB before the first call. */
const HEAP_MB = 27 + 48;
const HELD_BYTES = 64_000_000;

interface Made {
  name: string;
  status: number;
  /** Bytes in memory, beyond those before the call, while the call writes. */
  held: number;
  /** Queries, each statement of a batch counted. */
  queries: number;
}

async function make(...names: string[]): Promise<Made[]> {
  const flags = ["--disable-warning=ExperimentalWarning", `--max-old-space-size=${HEAP_MB}`, "--max-semi-space-size=2"];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, SCRIPT, ...names]);
  const lines = stdout.split("\n").filter((line) => line.startsWith('{"name"'));
  return lines.map((line) => JSON.parse(line) as Made);
}

describe("an ingest call of the largest size allowed peaks below 64 MB", () => {
  it("of events, as JSON and as gzipped lines with an emoji here and there; so do five million empty events", async () => {
    const made = await make("json", "lines", "empty");
    expect(made.map(({ name, status }) => [name, status])).toEqual([
      ["json", 202],
      ["lines", 202],
      ["empty", 422],
    ]);
    for (const { held, queries } of made) {
      expect(held).toBeLessThan(HELD_BYTES);
      // Of 1,000 that an invocation may make.
      expect(queries).toBeLessThan(50);
    }
  });
});
