import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);
const PLAY = join(import.meta.dirname, "..", "..", "scripts", "simulate", "play.ts");

it("the Worker's own code completes every export of a small simulation, though isolates die", async () => {
  const { stdout } = await run(process.execPath, [PLAY, "tiny"]);
  expect(stdout).toMatch(/^ *large +1 +0 /m);
  expect(stdout).toMatch(/^ *small +5 +0 /m);
  expect(stdout).toMatch(/^ *scheduled +1 +0 /m);
  expect(stdout).not.toContain("MISSED");
  const died = Number(/of which died (\d+)/.exec(stdout)?.[1]);
  expect(died).toBeGreaterThan(0);
});
