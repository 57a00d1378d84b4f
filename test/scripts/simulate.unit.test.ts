import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);
const PLAY = join(import.meta.dirname, "..", "..", "scripts", "simulate", "play.ts");

it("a simulation of the Worker's own code completes every export, though isolates die, and the same each time", async () => {
  const { stdout } = await run(process.execPath, [PLAY, "tiny"]);
  const [, once, again] = /^once (.*?)^again (.*?)^bounds$/ms.exec(stdout) ?? [];
  expect(once).toMatch(/^ *large +1 +0 /m);
  expect(once).toMatch(/^ *small +5 +0 /m);
  expect(once).toMatch(/^ *scheduled +1 +0 /m);
  expect(Number(/of which died (\d+)/.exec(once ?? "")?.[1])).toBeGreaterThan(0);
  expect(again).toBe(once);
  expect(stdout).not.toContain("MISSED");
});
