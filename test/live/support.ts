/**
 * Shared code of the live tests: the whole service, started with wrangler on a free port over a directory of its own; a
 * shop with events in it; and the commands of this machine.
 */

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll } from "vitest";
import type { Export, ExportFile, ExportRequest, NewEvent, NewSpace, Spillway } from "../../client/src/index.ts";
import { createSpace } from "../../scripts/spaces.ts";
import { freePort, type Stack, startStack } from "../../scripts/stack.ts";
import { copyMigratedState } from "./migrated-state.ts";

const LINES_KEPT = 60;
const START_WITHIN_MS = 120_000;

export class LiveStack {
  /** Holds the service's state, and `file`s of a test. */
  directory = "";
  readonly #args: readonly string[];
  #port = 0;
  #stack: Stack | null = null;
  readonly #onLine: (line: string) => void;
  readonly #environment: Readonly<Record<string, string>>;
  #lines: string[] = [];

  /**
   * @param args passed on to `wrangler dev`.
   * @param onLine takes each line that wrangler and the Worker write.
   * @param environment variables of wrangler and workerd.
   */
  constructor(args: readonly string[] = [], onLine: (line: string) => void = () => {}, environment = {}) {
    this.#args = args;
    this.#onLine = onLine;
    this.#environment = environment;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The last of what wrangler and the Worker wrote. */
  get log(): string {
    return this.#lines.join("\n");
  }

  /** After a `kill` it starts again, on the same port and the same state. */
  async start(): Promise<void> {
    if (this.directory === "") {
      this.directory = await mkdtemp(join(tmpdir(), "spillway-live-"));
      this.#port = await freePort();
      await copyMigratedState(this.file("state"));
    }
    this.#stack = await startStack({
      port: this.#port,
      persistTo: this.file("state"),
      migrated: true,
      args: this.#args,
      environment: this.#environment,
      onLine: (line) => {
        this.#lines = [...this.#lines.slice(1 - LINES_KEPT), line];
        this.#onLine(line);
      },
    });
  }

  /** Like a power failure: kills wrangler and workerd at once. */
  async kill(): Promise<void> {
    await this.#stack?.stop("SIGKILL");
    this.#stack = null;
  }

  /** A path for a file that goes with the directory. */
  file(name: string): string {
    return join(this.directory, name);
  }

  async remove(): Promise<void> {
    await this.#stack?.stop();
    this.#stack = null;
    if (this.directory !== "") await rm(this.directory, { recursive: true, force: true });
  }
}

/** The service for all tests of a file; when one fails, what the service wrote is shown. */
export function liveStack(...args: string[]): LiveStack {
  const stack = new LiveStack(args);
  beforeAll(() => stack.start(), START_WITHIN_MS);
  afterEach(({ task }) => {
    if (task.result?.state === "fail") process.stderr.write(`${stack.log}\n`);
  });
  afterAll(() => stack.remove());
  return stack;
}

export interface Shop {
  space: NewSpace;
  client: Spillway;
}

/**
 * A space that keeps everything, with `order_placed {order_id: text, amount: number}` and the profile `p-1` (`CRM-1`).
 */
export async function openShop(origin: string): Promise<Shop> {
  const { space, client } = await createSpace(origin, {
    name: "Shop",
    timezone: "Europe/London",
    retention_days: 36_500,
  });
  await client.eventDefinitions.create({
    id: "order_placed",
    name: "Order placed",
    properties: [
      { name: "order_id", type: "text" },
      { name: "amount", type: "number" },
    ],
  });
  await client.profiles.put([{ person_id: "p-1", external_person_id: "CRM-1" }]);
  return { space, client };
}

const FIRST_ORDER = Date.parse("2026-01-01T00:00:00.000Z");

/** `count` events of `p-1`, one a millisecond, ids in the order of time. */
export function* orders(count: number): Generator<NewEvent> {
  for (let n = 0; n < count; n += 1)
    yield {
      id: orderId(n),
      definition_id: "order_placed",
      person_id: "p-1",
      occurred_at: new Date(FIRST_ORDER + n).toISOString(),
      properties: { order_id: `A-${(n * 7_919) % 100_003}`, amount: n / 4 },
    };
}

export const orderId = (n: number): string => `e-${String(n).padStart(7, "0")}`;

/** A request of events. */
export type EventsRequest = Extract<ExportRequest, { dataset: "activity_events" }>;

/** The request that has all of them. */
export const ALL_ORDERS = {
  dataset: "activity_events" as const,
  start: "2026-01-01T00:00:00.000Z",
  end: "2026-01-02T00:00:00.000Z",
};

/** The one file of an export. @throws when it has none, or several. */
export function onlyFile(view: Export): ExportFile & { url: string } {
  const [file, ...others] = view.files;
  if (file === undefined || others.length > 0) throw new Error(`the export has ${view.files.length} files`);
  if (file.url === undefined) throw new Error("the file has no link");
  return { ...file, url: file.url };
}

export interface Ran {
  code: number | null;
  stdout: Buffer;
  stderr: string;
}

/** Runs a command of this machine to its end. */
export async function run(command: string, ...args: string[]): Promise<Ran> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (data: Buffer) => stdout.push(data));
  child.stderr.on("data", (data: Buffer) => stderr.push(data));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() };
}
