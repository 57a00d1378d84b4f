/**
 * The whole service on this machine: wrangler's own D1, queues, Durable Objects and S3 endpoint, nothing else to
 * install. The dev, demo and bench commands and the live tests all start it from here.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { basename, extname, join } from "node:path";
import { checkSettings, ensureDevVars } from "./stack/settings.ts";

export const ROOT = join(import.meta.dirname, "..");
const GUARD = join(import.meta.dirname, "stack", "guard.ts");
const MIGRATE = join(import.meta.dirname, "stack", "migrate.ts");
const WRANGLER = join(ROOT, "node_modules", "wrangler", "bin", "wrangler.js");
const CRON_INTERVAL_MS = 5_000;
const READY_WITHIN_MS = 100_000;
const STOP_WITHIN_MS = 10_000;
const OUTPUT_CHARACTERS = 20_000;
const HIGHEST_PORT = 65_535;

/** Quiet and offline. */
export const ENVIRONMENT = {
  ...process.env,
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  X_LOCAL_OBSERVABILITY: process.env["X_LOCAL_OBSERVABILITY"] ?? "false",
};

/** The token that `scripts/stack/local.vars` sets for local work. */
export const LOCAL_ADMIN_TOKEN = "local-admin-token-for-development-only";

export interface Stack {
  origin: string;
  /** Leads the process group of wrangler and workerd. */
  process: ChildProcess;
  /** Ends the group, and waits until it has ended: by force after ten seconds. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface StackOptions {
  port: number;
  persistTo: string;
  /** The state's databases have all migrations already. */
  migrated?: boolean;
  /** Passed on to `wrangler dev`. */
  args?: readonly string[];
  /** Variables of wrangler and workerd beside `ENVIRONMENT`. */
  environment?: Readonly<Record<string, string>>;
  /** Ends the service while it starts. */
  signal?: AbortSignal;
  /** Receives wrangler's and the Worker's output, line by line. */
  onLine: (line: string) => void;
}

interface Run {
  /** Variables beside `ENVIRONMENT`. */
  env?: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
}

/** Runs a wrangler command to its end. @returns its standard output. @throws Error with its output when it fails. */
export const wrangler = (args: readonly string[], run: Run = {}) => runScript(WRANGLER, args, run);

async function runScript(script: string, args: readonly string[], { env = {}, signal }: Run): Promise<string> {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: ROOT,
    env: { ...ENVIRONMENT, CI: "true", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    signal,
  });
  let written = "";
  let output = "";
  child.stdout.on("data", (data) => {
    written += String(data);
    output += String(data);
  });
  child.stderr.on("data", (data) => (output += String(data)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0) throw new Error(`${basename(script, extname(script))} ${args.join(" ")} failed:\n${output}`);
  return written;
}

/** Brings the databases of a state up to date. @param persistTo its folder. */
export async function migrate(persistTo: string, signal?: AbortSignal): Promise<void> {
  await runScript(MIGRATE, [persistTo], { signal });
}

/**
 * Checks the port and the settings, migrates, starts, waits until the service answers, and runs its cron, which
 * wrangler does not run locally. @throws when the port is in use, a setting is wrong, or the service does not start.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const args = options.args ?? [];
  await checkStart(options.port, args);
  if (options.migrated !== true) await migrate(options.persistTo, options.signal);
  const origin = `http://127.0.0.1:${options.port}`;
  // Another host name than the service's: a client that follows a redirect to the bucket must leave its API key behind.
  const endpoint = `BUCKET_ENDPOINT:http://localhost:${options.port}/cdn-cgi/local/r2/s3`;
  /** Wrangler accepts an option once: `args` replace the default. */
  const unlessGiven = (option: string, ...values: string[]) =>
    args.some((arg) => arg.startsWith(option)) ? [] : values;
  const child = spawn(
    process.execPath,
    [
      GUARD,
      WRANGLER,
      "dev",
      ...unlessGiven("--ip", "--ip", "127.0.0.1"),
      "--port",
      String(options.port),
      ...unlessGiven("--inspector-port", "--inspector-port", "0"),
      "--persist-to",
      options.persistTo,
      "--show-interactive-dev-session=false",
      ...unlessGiven("BUCKET_ENDPOINT:", "--var", endpoint),
      ...args,
    ],
    { cwd: ROOT, env: { ...ENVIRONMENT, ...options.environment }, stdio: ["pipe", "pipe", "pipe"], detached: true },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream.on("data", (data) => {
      const lines = (rest + String(data)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        output = `${output}${line}\n`.slice(-OUTPUT_CHARACTERS);
        options.onLine(line);
      }
    });
  }
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  // After a crash of wrangler, workerd still runs.
  child.on("exit", () => signalGroup(child, "SIGKILL"));
  options.signal?.addEventListener("abort", () => signalGroup(child, "SIGTERM"), { once: true });
  await waitUntilReady(origin, child, () => output);
  const cron = setInterval(() => void runCron(origin), CRON_INTERVAL_MS);
  void runCron(origin);
  void ended.then(() => clearInterval(cron));
  return {
    origin,
    process: child,
    async stop(signal = "SIGTERM") {
      clearInterval(cron);
      signalGroup(child, signal);
      const force = setTimeout(() => signalGroup(child, "SIGKILL"), STOP_WITHIN_MS);
      await ended;
      clearTimeout(force);
      await waitUntilFree(options.port);
    },
  };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group has ended already.
  }
}

async function runCron(origin: string): Promise<void> {
  try {
    const response = await fetch(`${origin}/cdn-cgi/local/scheduled`);
    await response.arrayBuffer();
  } catch {
    // The service restarts or stops: the next call follows.
  }
}

async function waitUntilReady(origin: string, child: ChildProcess, output: () => string): Promise<void> {
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

/** A killed workerd keeps its port until the system has ended it: the next start finds the port free. */
async function waitUntilFree(port: number): Promise<void> {
  for (const deadline = Date.now() + STOP_WITHIN_MS; Date.now() < deadline;) {
    const isFree = await checkPort(port).then(
      () => true,
      () => false,
    );
    if (isFree) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** @throws at once for what would make the start fail: the port is in use, or a setting is missing or wrong. */
export async function checkStart(port: number, args: readonly string[]): Promise<void> {
  await checkPort(port);
  ensureDevVars();
  checkSettings(args);
}

/** @throws when another process listens on the port, or it is not the number of a port. */
async function checkPort(port: number): Promise<void> {
  if (!Number.isInteger(port) || port < 1 || port > HIGHEST_PORT)
    throw new Error(`--port must be a whole number from 1 to ${HIGHEST_PORT}.`);
  const server = createServer();
  const failure = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
    server.once("error", resolve);
    server.listen(port, "127.0.0.1", () => resolve(null));
  });
  if (failure === null) await new Promise((resolve) => server.close(resolve));
  else if (failure.code === "EADDRINUSE")
    throw new Error(
      `Port ${port} is in use by another process. Stop that process, or choose another port: --port NUMBER.`,
    );
  else throw new Error(`Port ${port} cannot be used (${failure.code}). Choose another port: --port NUMBER.`);
}

/** @returns a port on which no process listens at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("The system assigned no port.");
  return address.port;
}
