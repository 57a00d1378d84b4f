/**
 * A real S3 and STS on this machine: Ceph's gateway (radosgw) over one monitor and one disk in memory, with the people
 * of identities.ts. All of it lives below one folder and on ports of its own, so that several can run; when it is
 * stopped, no file and no process remains.
 */

import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../stack.ts";
import { cephConfig } from "./conf.ts";
import { setUpUsers } from "./users.ts";

const PROGRAMS = ["radosgw", "radosgw-admin", "ceph-mon", "ceph-osd", "ceph", "ceph-authtool", "monmaptool"];
const PACKAGES = ["radosgw", "ceph-mon", "ceph-osd"];
const READY_WITHIN_MS = 90_000;
const COMMAND_WITHIN_MS = 60_000;
const CHECK_INTERVAL_MS = 100;
const MAX_LOG_CHARACTERS = 2_000;

export interface Gateway {
  /** S3 (path style) and STS. */
  origin: string;
  /** Runs a command of radosgw-admin. */
  admin(...args: string[]): Promise<void>;
  stop(): Promise<void>;
}

/** The programs that are not installed. */
export function missingPrograms(): string[] {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return PROGRAMS.filter((name) => !folders.some((folder) => existsSync(join(folder, name))));
}

/** Names the missing programs, and how to install them. */
export function installation(): string {
  return (
    `These programs are not installed: ${missingPrograms().join(", ")}. On Debian and Ubuntu:\n` +
    `  sudo apt-get update && sudo apt-get install --yes --no-install-recommends ${PACKAGES.join(" ")}`
  );
}

/**
 * @param folder is created, and removed at the end. @throws when a program is missing, the port is in use, or the
 * gateway does not start.
 */
export async function startGateway(folder: string, port: number): Promise<Gateway> {
  const gateway: Gateway = {
    origin: `http://127.0.0.1:${port}`,
    admin: (...args) => run("radosgw-admin", "--conf", join(folder, "ceph.conf"), "--name", "client.gateway", ...args),
    stop: () => stopGateway(folder),
  };
  await stopGateway(folder);
  if ((await statusAt(gateway.origin)) !== null)
    throw new Error(`Another server answers at ${gateway.origin}. Choose another port.`);
  await mkdir(folder, { recursive: true });
  try {
    await startCluster(folder, port);
    await waitUntilReady(gateway.origin);
    await setUpUsers(gateway);
  } catch (thrown) {
    const logs = logTails(folder);
    await gateway.stop();
    throw new Error(`The gateway did not start: ${String(thrown)}${logs}`, { cause: thrown });
  }
  return gateway;
}

/** Ends what runs below that folder, and removes it. Its data is disposable, so SIGKILL is enough. */
export async function stopGateway(folder: string): Promise<void> {
  for (const pid of pidsOf(folder)) {
    process.kill(pid, "SIGKILL");
    while (runsBelow(folder, pid)) await pause();
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

export function isRunning(folder: string): boolean {
  return pidsOf(folder).length > 0;
}

async function startCluster(folder: string, port: number): Promise<void> {
  const at = (name: string) => join(folder, name);
  const [conf, keyring, map] = [at("ceph.conf"), at("keyring"), at("monmap")];
  const fsid = randomUUID();
  const monitor = await freePort();
  await writeFile(conf, cephConfig(folder, fsid, { gateway: port, monitor }));
  await mkdir(at("disk"));
  // The monitor's first keyring has all keys, so that none is registered later.
  await writeFile(keyring, "");
  const owners = {
    "mon.": ["mon"],
    "client.admin": ["mon", "osd"],
    "osd.0": ["mon", "osd"],
    "client.gateway": ["mon", "osd"],
  };
  for (const [owner, on] of Object.entries(owners)) {
    const caps = on.flatMap((part) => ["--cap", part, "allow *"]);
    await run("ceph-authtool", keyring, "--gen-key", "--name", owner, ...caps);
  }
  await run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", `[v2:127.0.0.1:${monitor}]`, map);
  await run("ceph-mon", "--conf", conf, "--id", "a", "--mkfs", "--monmap", map, "--keyring", keyring);
  await run("ceph-mon", "--conf", conf, "--id", "a");
  const disk = randomUUID();
  await run("ceph", "--conf", conf, "osd", "new", disk);
  await run("ceph-osd", "--conf", conf, "--id", "0", "--mkfs", "--osd-uuid", disk);
  await run("ceph-osd", "--conf", conf, "--id", "0");
  await run("radosgw", "--conf", conf, "--name", "client.gateway");
}

async function waitUntilReady(origin: string): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    if ((await statusAt(origin)) === 200) return;
    await pause();
  }
  throw new Error(`no answer within ${READY_WITHIN_MS / 1000} s`);
}

/** @returns null without an answer. */
async function statusAt(origin: string): Promise<number | null> {
  try {
    const response = await fetch(origin);
    await response.arrayBuffer();
    return response.status;
  } catch {
    return null;
  }
}

/** The running processes that wrote their pid below that folder. */
function pidsOf(folder: string): number[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".pid"))
    .map((name) => Number(readFileSync(join(folder, name), "utf8")))
    .filter((pid) => pid > 0 && runsBelow(folder, pid));
}

/** A pid may have been reused: processes of this gateway have a file of that folder in their command line. */
function runsBelow(folder: string, pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(join(folder, "ceph.conf"));
  } catch {
    return false;
  }
}

function logTails(folder: string): string {
  const logs = readdirSync(folder).filter((name) => name.endsWith(".log"));
  return logs
    .map((name) => `\n${name}: …${readFileSync(join(folder, name), "utf8").slice(-MAX_LOG_CHARACTERS)}`)
    .join("");
}

async function run(program: string, ...args: string[]): Promise<void> {
  await promisify(execFile)(program, args, { timeout: COMMAND_WITHIN_MS });
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, CHECK_INTERVAL_MS));
}
