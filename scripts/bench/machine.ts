/** The machine and the versions of a measurement. */

import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { join } from "node:path";
import { ROOT } from "../stack.ts";
import { versionOf } from "./baseline.ts";

export interface Machine {
  cpu: string;
  cores: number;
  memory_bytes: number;
  system: string;
  /** Processes that wanted a core in the last minute: near 0 on a quiet machine. */
  load: number;
  versions: Record<string, string>;
}

export function describeMachine(): Machine {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? "unknown",
    cores: cores.length,
    memory_bytes: totalmem(),
    system: `${type()} ${release()}`,
    load: loadavg()[0] ?? 0,
    versions: {
      node: process.versions.node,
      wrangler: packageVersion("wrangler"),
      workerd: packageVersion("workerd"),
      fflate: packageVersion("fflate"),
      sqlite3: versionOf("sqlite3")?.split(" ")[0] ?? "not installed",
      gzip: versionOf("gzip")?.replace("gzip ", "") ?? "not installed",
    },
  };
}

function packageVersion(name: string): string {
  const file = join(ROOT, "node_modules", name, "package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
