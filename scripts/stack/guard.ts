/**
 * Runs a Node program as the leader of a process group, and ends the whole group when the process that started the
 * guard is gone. The kernel closes the guard's stdin then, whatever ended that process: SIGKILL and a crash too.
 */

import { spawn } from "node:child_process";

const KILL_AFTER_MS = 3_000;

const child = spawn(process.execPath, process.argv.slice(2), { stdio: ["ignore", "inherit", "inherit"] });

// A signal reaches every process of the group; the guard outlives the program, to report its exit code.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

process.stdin.resume().on("close", () => {
  process.kill(-process.pid, "SIGTERM");
  const killGroup = () => process.kill(-process.pid, "SIGKILL");
  child.on("exit", killGroup);
  setTimeout(killGroup, KILL_AFTER_MS);
});

child.on("exit", (code) => {
  if (!process.stdin.closed) process.exit(code ?? 1);
});
