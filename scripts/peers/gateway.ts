/**
 * A real S3 and STS on this machine: Ceph's gateway (radosgw) over one monitor and one disk in memory, with the people of
 * people.ts. All of it lives below one folder and on ports of its own, so that several can run; when it is stopped nothing is left.
 */

import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../stack.ts";
import { confOf } from "./conf.ts";
import { invite } from "./invite.ts";

const PROGRAMS = ["radosgw", "radosgw-admin", "ceph-mon", "ceph-osd", "ceph", "ceph-authtool", "monmaptool"];
const PACKAGES = ["radosgw", "ceph-mon", "ceph-osd"];
const READY_WITHIN_MS = 90_000;
const COMMAND_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 100;
const LOG_SHOWN = 2_000;

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

/** What is missing, and where it comes from. */
export function installation(): string {
  return (
    `${missingPrograms().join(", ")}: not found. On Debian and Ubuntu:\n` +
    `  sudo apt-get update && sudo apt-get install --yes --no-install-recommends ${PACKAGES.join(" ")}`
  );
}

/** @param folder is made, and removed when it stops. @throws when a program is missing, a port is taken, or it does not come up. */
export async function startGateway(folder: string, port: number): Promise<Gateway> {
  const gateway: Gateway = {
    origin: `http://127.0.0.1:${port}`,
    admin: (...args) => run("radosgw-admin", "--conf", join(folder, "ceph.conf"), "--name", "client.gateway", ...args),
    stop: () => stopGateway(folder),
  };
  await stopGateway(folder);
  if ((await statusAt(gateway.origin)) !== null) throw new Error(`Somebody else answers at ${gateway.origin}.`);
  await mkdir(folder, { recursive: true });
  try {
    await startCluster(folder, port);
    await answers(gateway.origin);
    await invite(gateway);
  } catch (thrown) {
    const said = lastWords(folder);
    await gateway.stop();
    throw new Error(`The gateway did not start: ${String(thrown)}${said}`, { cause: thrown });
  }
  return gateway;
}

/** Ends what runs below that folder, and removes it. Its data is worth nothing: nobody is asked to put it away. */
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
  await writeFile(conf, confOf(folder, fsid, { gateway: port, monitor }));
  await mkdir(at("disk"));
  // All keys are in the monitor's first keyring: nobody has to be made known later.
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

async function answers(origin: string): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    if ((await statusAt(origin)) === 200) return;
    await pause();
  }
  throw new Error(`it did not answer within ${READY_WITHIN_MS / 1000} s`);
}

/** @returns null where nobody answers. */
async function statusAt(origin: string): Promise<number | null> {
  try {
    const response = await fetch(origin);
    await response.arrayBuffer();
    return response.status;
  } catch {
    return null;
  }
}

/** Processes that wrote their number below that folder, and are still the ones that did. */
function pidsOf(folder: string): number[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".pid"))
    .map((name) => Number(readFileSync(join(folder, name), "utf8")))
    .filter((pid) => pid > 0 && runsBelow(folder, pid));
}

/** A number may have gone to somebody else: ours were started with a file of that folder. */
function runsBelow(folder: string, pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(join(folder, "ceph.conf"));
  } catch {
    return false;
  }
}

function lastWords(folder: string): string {
  const logs = readdirSync(folder).filter((name) => name.endsWith(".log"));
  return logs.map((name) => `\n${name}: …${readFileSync(join(folder, name), "utf8").slice(-LOG_SHOWN)}`).join("");
}

async function run(program: string, ...args: string[]): Promise<void> {
  await promisify(execFile)(program, args, { timeout: COMMAND_WITHIN_MS });
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
}
