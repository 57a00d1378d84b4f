/**
 * `npm run dev` as a developer uses it: what it prints, and that no way of ending it leaves a process or a used port.
 */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freePort, ROOT } from "../../scripts/stack.ts";

const START_WITHIN_MS = 110_000;
const END_WITHIN_MS = 15_000;

let folder: string;
let port: number;
let npm: ChildProcess;
let lines: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spillway-dev-"));
  port = await freePort();
  lines = [];
  // A process group of its own, as a terminal gives each command.
  npm = spawn("npm", ["run", "--silent", "dev", "--", "--port", String(port), "--persist-to", folder], {
    cwd: ROOT,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [npm.stdout, npm.stderr])
    stream?.on("data", (data) => lines.push(...String(data).trimEnd().split("\n")));
  await until(() => lines.some((line) => line.includes("log follows")), START_WITHIN_MS);
});

afterEach(async () => {
  for (const pid of processes()) process.kill(pid, "SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

/** The processes that serve from this test's folder, or were started with it. */
function processes(): number[] {
  const all = execFileSync("ps", ["-eo", "pid=,args="], { encoding: "utf8", maxBuffer: 10_000_000 });
  return all
    .split("\n")
    .filter((line) => line.includes(folder))
    .map((line) => Number.parseInt(line, 10));
}

async function isFree(): Promise<boolean> {
  const server = createServer();
  const free = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => resolve(true));
  });
  if (free) await new Promise((resolve) => server.close(resolve));
  return free;
}

async function until(holds: () => boolean | Promise<boolean>, ms: number): Promise<void> {
  for (const deadline = Date.now() + ms; !(await holds());) {
    if (Date.now() > deadline) throw new Error(`It did not happen within ${ms} ms. The output:\n${lines.join("\n")}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const endings: [ending: string, end: (pid: number) => void][] = [
  ["the terminal is closed", (pid) => process.kill(-pid, "SIGHUP")],
  ["Ctrl-C is pressed", (pid) => process.kill(-pid, "SIGINT")],
  ["npm is terminated", (pid) => process.kill(pid, "SIGTERM")],
  ["npm is killed", (pid) => process.kill(pid, "SIGKILL")],
  ["npm and the script are killed", (pid) => process.kill(-pid, "SIGKILL")],
];

test.each(endings)(
  "npm run dev prints at most ten lines, and leaves no process behind when %s",
  async (_ending, end) => {
    expect(lines.length).toBeLessThanOrEqual(10);
    const printed = lines.join("\n");
    for (const part of [`http://127.0.0.1:${port}`, "/docs", "ADMIN_TOKEN in .dev.vars, line", folder, "Ctrl-C"])
      expect(printed).toContain(part);
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    expect(processes().length).toBeGreaterThan(0);

    end(npm.pid ?? 0);
    await until(() => processes().length === 0, END_WITHIN_MS);
    expect(await isFree()).toBe(true);
  },
);
