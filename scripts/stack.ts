/**
 * The whole service on this machine: wrangler's own D1, queues, Durable Objects and S3 endpoint, nothing else to install.
 * The dev, demo and bench commands and the live tests all start it from here.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "..");
const WRANGLER = join(ROOT, "node_modules", "wrangler", "bin", "wrangler.js");
const DATABASES = ["spillway-control", "spillway-space"];
const CRON_EVERY_MS = 5_000;
const READY_WITHIN_MS = 60_000;

/** Quiet and offline. */
export const ENVIRONMENT = {
  ...process.env,
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  X_LOCAL_OBSERVABILITY: process.env["X_LOCAL_OBSERVABILITY"] ?? "false",
};

/** The token that `.dev.vars.example` sets for local work. */
export const LOCAL_ADMIN_TOKEN = "local-admin-token";

export interface Stack {
  origin: string;
  /** wrangler's process; workerd is below it. */
  process: ChildProcess;
  /** Ends it, and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface StackOptions {
  port: number;
  persistTo: string;
  /** Passed on to `wrangler dev`. */
  args?: readonly string[];
  /** Ends it while it starts. */
  signal?: AbortSignal;
  /** Takes wrangler's and the Worker's output, line by line. Left out: it goes to this process's own. */
  onLine?: (line: string) => void;
}

export function ensureDevVars(): void {
  const file = join(ROOT, ".dev.vars");
  if (!existsSync(file)) copyFileSync(join(ROOT, ".dev.vars.example"), file);
}

/** Runs a wrangler command to its end. @throws with its output when it fails. */
async function wrangler(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [WRANGLER, ...args], { cwd: ROOT, env: { ...ENVIRONMENT, CI: "true" } });
  let output = "";
  child.stdout.on("data", (data) => (output += String(data)));
  child.stderr.on("data", (data) => (output += String(data)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0) throw new Error(`wrangler ${args.join(" ")} failed:\n${output}`);
}

export async function migrate(persistTo: string): Promise<void> {
  // One after the other: both open the same directory.
  for (const database of DATABASES)
    await wrangler(["d1", "migrations", "apply", database, "--local", "--persist-to", persistTo]);
}

/** Migrates, starts, waits until it answers, and keeps the cron going, which wrangler does not fire locally. */
export async function startStack(options: StackOptions): Promise<Stack> {
  ensureDevVars();
  await migrate(options.persistTo);
  options.signal?.throwIfAborted();
  const origin = `http://127.0.0.1:${options.port}`;
  const given = options.args ?? [];
  // Another host name than the service's: a client that follows a redirect to the bucket leaves its key behind, as it must.
  const endpoint = `BUCKET_ENDPOINT:http://localhost:${options.port}/cdn-cgi/local/r2/s3`;
  /** What is not given already; wrangler takes an option once. */
  const unless = (mark: string, ...own: string[]) => (given.some((arg) => arg.startsWith(mark)) ? [] : own);
  const child = spawn(
    process.execPath,
    [
      WRANGLER,
      "dev",
      ...unless("--ip", "--ip", "127.0.0.1"),
      "--port",
      String(options.port),
      ...unless("--inspector-port", "--inspector-port", "0"),
      "--persist-to",
      options.persistTo,
      "--show-interactive-dev-session=false",
      ...unless("BUCKET_ENDPOINT:", "--var", endpoint),
      ...given,
    ],
    {
      cwd: ROOT,
      env: ENVIRONMENT,
      stdio: options.onLine === undefined ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"],
      detached: true,
    },
  );
  let output = "";
  if (options.onLine !== undefined) {
    for (const stream of [child.stdout, child.stderr]) {
      let rest = "";
      stream?.on("data", (data) => {
        const lines = (rest + String(data)).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          output = `${output}${line}\n`.slice(-4_000);
          options.onLine?.(line);
        }
      });
    }
  }
  const gone = new Promise<void>((resolve) => child.on("close", () => resolve()));
  options.signal?.addEventListener("abort", () => signalGroup(child, "SIGTERM"), { once: true });
  await ready(origin, child, () => output);
  const cron = setInterval(() => void fireCron(origin), CRON_EVERY_MS);
  void fireCron(origin);
  void gone.then(() => clearInterval(cron));
  return {
    origin,
    process: child,
    async stop(signal = "SIGTERM") {
      clearInterval(cron);
      signalGroup(child, signal);
      await gone;
      // Whatever outlived its leader.
      signalGroup(child, "SIGKILL");
    },
  };
}

/** wrangler leads a group of processes, workerd among them: a signal goes to them all. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // They are gone already.
  }
}

async function fireCron(origin: string): Promise<void> {
  try {
    const response = await fetch(`${origin}/cdn-cgi/local/scheduled`);
    await response.arrayBuffer();
  } catch {
    // It is restarting or stopping: the next one comes.
  }
}

async function ready(origin: string, child: ChildProcess, output: () => string): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`wrangler dev ended with code ${child.exitCode}:\n${output()}`);
    try {
      const response = await fetch(`${origin}/healthz`);
      await response.arrayBuffer();
      if (response.ok) return;
    } catch {
      // not yet
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  signalGroup(child, "SIGKILL");
  throw new Error(`wrangler dev did not answer within ${READY_WITHIN_MS / 1000} s:\n${output()}`);
}

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port could be had");
  return address.port;
}
