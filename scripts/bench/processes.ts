/** What workerd costs the machine, from Linux's /proc: CPU time and peak memory of the workerd processes below a process. */

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** Elsewhere than on Linux nothing is measured here. */
export const MEASURED = process.platform === "linux";

const KIB = 1024;

export class Workerd {
  readonly #pids: readonly number[];
  readonly #tickMs: number;

  /** @param below wrangler's process id. @throws when no workerd runs below it. */
  constructor(below: number) {
    this.#pids = MEASURED ? descendants(below).filter((pid) => stat(pid)?.name === "workerd") : [];
    if (MEASURED && this.#pids.length === 0) throw new Error("there is no workerd process below wrangler");
    this.#tickMs = MEASURED ? 1000 / Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" })) : 0;
  }

  /** User and system time so far, all workerd processes together; null where it cannot be known. */
  cpuMs(): number | null {
    if (!MEASURED) return null;
    return this.#pids.reduce((sum, pid) => sum + (stat(pid)?.cpuTicks ?? gone()), 0) * this.#tickMs;
  }

  /** From now on the peak counts anew: what was held before, while loading say, is forgotten. */
  resetPeak(): void {
    for (const pid of this.#pids) if (stat(pid) === null) gone();
    for (const pid of this.#pids) writeFileSync(`/proc/${pid}/clear_refs`, "5");
  }

  /** The most memory that each process had resident since `resetPeak`, added up; null where it cannot be known. */
  peakBytes(): number | null {
    if (!MEASURED) return null;
    return this.#pids.reduce((sum, pid) => sum + peakOf(pid), 0);
  }
}

/** wrangler starts workerd anew when a source file changes: what is measured then is nothing. */
function gone(): never {
  throw new Error("workerd ended while it was measured: was a source file changed, or did it crash?");
}

function peakOf(pid: number): number {
  if (stat(pid) === null) gone();
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * KIB;
}

/** @returns null for a process that is gone. See proc_pid_stat(5): 2 name, 4 parent, 14 and 15 user and system time. */
function stat(pid: number): { name: string; parent: number; cpuTicks: number } | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return null;
  }
  const nameEnd = text.lastIndexOf(")");
  const [, parent, , , , , , , , , , user, system] = text.slice(nameEnd + 2).split(" ");
  return {
    name: text.slice(text.indexOf("(") + 1, nameEnd),
    parent: Number(parent),
    cpuTicks: Number(user) + Number(system),
  };
}

function descendants(root: number): number[] {
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  const parents = new Map(pids.map((pid) => [pid, stat(pid)?.parent]));
  const isBelow = (pid: number): boolean => {
    for (let at = parents.get(pid); at !== undefined && at > 0; at = parents.get(at)) if (at === root) return true;
    return false;
  };
  return pids.filter(isBelow);
}
