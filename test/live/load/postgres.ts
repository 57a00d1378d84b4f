/** A PostgreSQL server of its own, reachable by a socket in a temporary folder alone. */

import { spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** Debian keeps the server's programs apart from those of its clients, below a folder for each version. */
const DEBIAN = "/usr/lib/postgresql";
/** The server refuses to run as root. */
const NOBODY = 65_534;
const MAX_BYTES = 1e8;

/** The folder that has a program; null where it is not installed. */
function folderOf(program: string): string | null {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).map((version) => join(DEBIAN, version, "bin")) : [];
  const folders = [...versions.toSorted().toReversed(), ...(process.env["PATH"] ?? "").split(delimiter)];
  return folders.find((folder) => existsSync(join(folder, program))) ?? null;
}

/** What is not installed. */
export const missingPrograms = (): string[] =>
  ["initdb", "pg_ctl", "psql", "zstd"].filter((program) => folderOf(program) === null);

export interface Postgres {
  /**
   * Runs a script as a reader would paste it, in a folder. @throws with what psql wrote when a statement fails.
   * @param commands a folder of programs that the script may call.
   */
  paste(script: string, folder: string, commands?: string): void;
  /** @returns the rows, each as JSON. */
  rows(query: string): Record<string, unknown>[];
  stop(): void;
}

export function startPostgres(): Postgres {
  const directory = mkdtempSync(join(tmpdir(), "spillway-postgres-"));
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(directory, NOBODY, NOBODY);
  const data = join(directory, "data");
  const server = (program: string, ...args: string[]) =>
    run(join(folderOf(program) ?? "", program), args, { cwd: directory, asNobody: isRoot });
  server("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync");
  const options = `-k ${directory} -c listen_addresses= -c fsync=off`;
  server("pg_ctl", "-D", data, "-w", "-s", "-l", join(directory, "log"), "-o", options, "start");
  const connection = ["-X", "-q", "-h", directory, "-U", "postgres", "postgres"];
  return {
    paste: (script, folder, commands) =>
      void run("psql", connection, { cwd: folder, input: script, ...(commands === undefined ? {} : { commands }) }),
    rows: (query) => {
      const args = [...connection, "-At", "-v", "ON_ERROR_STOP=1"];
      const wrapped = `SET TimeZone = 'UTC'; SELECT row_to_json(r) FROM (${query}) r;`;
      const found = run("psql", args, { cwd: directory, input: wrapped });
      return found.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Record<string, unknown>]));
    },
    stop() {
      server("pg_ctl", "-D", data, "-w", "-s", "-m", "immediate", "stop");
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function run(
  program: string,
  args: readonly string[],
  how: { cwd: string; input?: string; asNobody?: boolean; commands?: string },
): string {
  const { cwd, input = "", asNobody = false, commands } = how;
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    input,
    encoding: "utf8",
    // A plain day is its midnight in UTC, wherever the reader is.
    env: {
      ...process.env,
      PGTZ: "America/New_York",
      PATH: [commands ?? [], process.env["PATH"] ?? ""].flat().join(delimiter),
    },
    maxBuffer: MAX_BYTES,
    // A server that keeps the pipes of its starter would keep this call from its end.
    stdio: program.endsWith("pg_ctl") ? "ignore" : "pipe",
    ...(asNobody ? { uid: NOBODY, gid: NOBODY } : {}),
  });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
  return stdout;
}
