/** The program as a process: pipes that close, interrupts, exit codes. */

import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";

const MAIN = new URL("../../../client/src/cli/main.ts", import.meta.url).pathname;
const ROW = JSON.stringify({ row: "x".repeat(1_000) });

/** An export that never ends, with content that never ends, and a list. */
const server = createServer((request, response) => {
  response.setHeader("content-type", "application/json");
  if (request.url?.endsWith("/content") === true) {
    response.setHeader("content-type", "application/x-ndjson");
    const write = () => {
      while (response.write(`${ROW}\n`)) if (response.destroyed) return;
    };
    response.on("drain", write);
    write();
    return;
  }
  const progress = { phase: "writing", rows_written: 5, rows_total: 10, percent: 50, bytes_written: 1, eta_seconds: 3 };
  response.end(JSON.stringify({ id: "e-1", status: "processing", request: {}, progress }));
});
let origin = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Runs a shell command in which "$SPILLWAY" is the program. @param onStderr is told what has been written so far. */
async function shell(command: string, onStderr: (text: string, pid: number) => void = () => {}) {
  const child = spawn("bash", ["--norc", "-o", "pipefail", "-c", command], {
    env: { PATH: process.env["PATH"], SPILLWAY_KEY: "spw_test", SPILLWAY_ORIGIN: origin, NODE: process.execPath, MAIN },
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data) => (stdout += String(data)));
  child.stderr.on("data", (data) => {
    stderr += String(data);
    onStderr(stderr, child.pid ?? 0);
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, stdout, stderr };
}

it("a reader that has enough ends the program without a word", async () => {
  const { code, stdout, stderr } = await shell('"$NODE" "$MAIN" exports get e-1 | head -n 2');
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toBe(`${ROW}\n${ROW}\n`);
});

it.each(["SIGINT", "SIGTERM"] as const)("%s ends a wait, leaves the export, and says how to go on", async (signal) => {
  let sent = false;
  const { code, stdout, stderr } = await shell('exec "$NODE" "$MAIN" exports wait e-1', (text, pid) => {
    if (sent || !text.includes("50 %")) return;
    sent = true;
    process.kill(pid, signal);
  });
  expect(code).toBe(130);
  expect(stdout).toBe("");
  expect(stderr).toContain("The export goes on. Wait for it again: spillway exports wait e-1");
});

it("without a terminal, progress is lines on stderr", async () => {
  let sent = false;
  const { stderr } = await shell('exec "$NODE" "$MAIN" exports wait e-1', (text, pid) => {
    if (sent || !text.includes("50 %")) return;
    sent = true;
    process.kill(pid, "SIGINT");
  });
  expect(stderr).toMatch(/^exporting {5}50 % {2}writing, 5 of 10 rows, 1 byte, about 3 s\n/);
});
