/**
 * What workerd costs the machine, from Linux's /proc: CPU time and peak memory of the workerd processes below a
 * process.
 */

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** Only Linux has /proc. */
export const MEASURED = process.platform === "linux";

const KIB = 1024;

export class Workerd {
  readonly #pids: readonly number[];
  readonly #tickMs: number;

  /** @param below wrangler's process id. @throws when no workerd runs below it. */
  constructor(below: number) {
    this.#pids = MEASURED ? descendants(below).filter((pid) => stat(pid)?.name === "workerd") : [];
    if (MEASURED && this.#pids.length === 0) throw new Error("No workerd process runs below wrangler.");
    this.#tickMs = MEASURED ? 1000 / Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" })) : 0;
  }

  /** User and system time so far, all workerd processes together; null where it cannot be known. */
  cpuMs(): number | null {
    if (!MEASURED) return null;
    return this.#pids.reduce((sum, pid) => sum + (stat(pid)?.cpuTicks ?? throwEnded()), 0) * this.#tickMs;
  }

  /** Restarts the measurement of the peak, without the memory of earlier work such as loading. */
  resetPeak(): void {
    for (const pid of this.#pids) if (stat(pid) === null) throwEnded();
    for (const pid of this.#pids) writeFileSync(`/proc/${pid}/clear_refs`, "5");
  }

  /** The most memory that each process had resident since `resetPeak`, added up; null where it cannot be known. */
  peakBytes(): number | null {
    if (!MEASURED) return null;
    return this.#pids.reduce((sum, pid) => sum + peakOf(pid), 0);
  }
}

/** wrangler restarts workerd when a source file changes, which makes the measurement invalid. */
function throwEnded(): never {
  throw new Error("workerd ended during the measurement: it crashed, or a source file was changed.");
}

function peakOf(pid: number): number {
  if (stat(pid) === null) throwEnded();
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * KIB;
}

/**
 * @returns null for a process that has ended. See proc_pid_stat(5): 2 name, 4 parent, 14 and 15 user and system time.
 */
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
