/**
 * Notices that npm, which runs a script, has been killed: neither a signal nor a closed pipe reports that to the
 * script.
 */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";

const CHECK_INTERVAL_MS = 500;
const SHELL = /^-?(ba|da|z|k)?sh$/;

/** Calls back once, when npm has ended. Does nothing where npm did not start this process. */
export function onOrphaned(callback: () => void): void {
  if (process.env["npm_lifecycle_event"] === undefined) return;
  const parent = process.ppid;
  // npm starts a shell, which may wait for the script or become the script.
  const above = parentOf(parent);
  const npm = above !== null && SHELL.test(above.name) ? above.parent : parent;
  const check = setInterval(() => {
    if (process.ppid === parent && isAlive(npm)) return;
    clearInterval(check);
    callback();
  }, CHECK_INTERVAL_MS);
  check.unref();
}

/** @returns the name of the process's program, and its parent; null where the system does not show them. */
function parentOf(pid: number): { name: string; parent: number } | null {
  try {
    if (process.platform === "linux") {
      // See proc_pid_stat(5): the program's name is in parentheses, the parent comes second after it.
      const [, name = "", parent] = /\((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
      return { name, parent: Number(parent) };
    }
    const line = execFileSync("ps", ["-o", "ppid=,comm=", "-p", String(pid)], { encoding: "utf8" }).trim();
    const [parent, ...name] = line.split(/\s+/);
    return { name: basename(name.join(" ")), parent: Number(parent) };
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === "EPERM";
  }
}
