/** The real stack under measurement: started with an engine, its log read for what the queue's work cost in D1. */

import type { CompletedExport, Spillway } from "../../client/src/index.ts";
import { freePort, type Stack, type StackOptions, startStack } from "../stack.ts";
import { Workerd } from "./processes.ts";

export type Engine = "fflate" | "native";

/** The bench polls more often than a space may. */
const SETTINGS = ["CREATE_LIMIT:10000", "POLL_LIMIT:10000", "WRITE_LIMIT:100000", "API_LIMIT:100000"];
const LOGGED_WITHIN_MS = 10_000;

export interface Service {
  origin: string;
  workerd: Workerd;
  log: WorkLog;
}

/** Services that start or run. */
const running = new Set<Promise<Stack>>();

/** Starts a stack on a free port, does the job, and stops the stack whatever happens. */
export async function runStack<Result>(
  options: Omit<StackOptions, "port">,
  job: (stack: Stack) => Promise<Result>,
): Promise<Result> {
  const starting = startStack({ ...options, port: await freePort() });
  running.add(starting);
  try {
    const stack = await starting;
    try {
      return await job(stack);
    } finally {
      await stack.stop();
    }
  } finally {
    running.delete(starting);
  }
}

export interface ServiceOptions {
  /** The state directory. */
  persistTo: string;
  engine: Engine;
  /** The address of the bucket's endpoint. */
  bucket: string;
  migrated?: boolean;
  /** Further arguments of `wrangler dev`. */
  args?: readonly string[];
}

/** Starts the service, does the job, and stops the service whatever happens. */
export function withService<Result>(
  { persistTo, engine, bucket, migrated = false, args = [] }: ServiceOptions,
  job: (service: Service) => Promise<Result>,
): Promise<Result> {
  const log = new WorkLog();
  const settings = [...SETTINGS, `GZIP_ENGINE:${engine}`, `BUCKET_ENDPOINT:${bucket}`];
  const options = {
    persistTo,
    migrated,
    args: [...settings.flatMap((setting) => ["--var", setting]), ...args],
    onLine: (line: string) => log.take(line),
  };
  return runStack(options, (stack) => job({ origin: stack.origin, workerd: new Workerd(stack.process.pid ?? 0), log }));
}

/** Stops every service after an interruption; one that is still starting is stopped after its start. */
export async function stopAll(): Promise<void> {
  const settled = await Promise.allSettled(running);
  const stacks = settled.filter((each) => each.status === "fulfilled").map((each) => each.value);
  await Promise.all(stacks.map((stack) => stack.stop()));
}

/** Work of the queue's consumer, from its own counters. */
export interface Work {
  messages: number;
  d1_statements: number;
  d1_rows_read: number;
}

type Entry =
  | { event: "step"; step: string; export_id: string }
  | ({ event: "queue.batch" } & Work)
  | { event: "step.failed"; step: string; code: string };

/** Reads the Worker's log for the work of the queue's consumer. */
export class WorkLog {
  readonly #entries: Entry[] = [];

  take(line: string): void {
    if (!line.startsWith('{"event":"')) return;
    const entry = JSON.parse(line) as Entry;
    if (entry.event === "step" || entry.event === "queue.batch" || entry.event === "step.failed")
      this.#entries.push(entry);
  }

  /** The current position in the log: call it before the export is created. */
  mark(): number {
    return this.#entries.length;
  }

  /** The work of all batches from the mark to the one that finished the export. @throws when a step failed. */
  async workOf(exportId: string, mark: number): Promise<Work> {
    const deadline = Date.now() + LOGGED_WITHIN_MS;
    for (;;) {
      const entries = this.#entries.slice(mark);
      const finish = entries.findIndex(
        (entry) => entry.event === "step" && entry.step === "finish" && entry.export_id === exportId,
      );
      const last = entries.findIndex((entry, index) => index > finish && entry.event === "queue.batch");
      if (finish !== -1 && last !== -1) return sum(entries.slice(0, last + 1));
      if (Date.now() > deadline) throw new Error("The Worker's log does not show the end of the export.");
      await pause(20);
    }
  }
}

function sum(entries: readonly Entry[]): Work {
  const total = { messages: 0, d1_statements: 0, d1_rows_read: 0 };
  for (const entry of entries) {
    if (entry.event === "step.failed")
      throw new Error(`The step ${entry.step} failed (${entry.code}), so that its retry would be measured too.`);
    if (entry.event !== "queue.batch") continue;
    total.messages += entry.messages;
    total.d1_statements += entry.d1_statements;
    total.d1_rows_read += entry.d1_rows_read;
  }
  return total;
}

const MIN_POLL_MS = 50;
const MAX_POLL_MS = 250;

/**
 * Polls at 2.5 % of the elapsed time, so that both the delay and the cost of polling stay small.
 * @throws when the export does not complete.
 */
export async function untilCompleted(
  client: Spillway,
  id: string,
  onPoll?: (ms: number) => void,
): Promise<CompletedExport> {
  const begin = performance.now();
  for (;;) {
    await pause(Math.min(MAX_POLL_MS, Math.max(MIN_POLL_MS, (performance.now() - begin) / 40)));
    const asked = performance.now();
    const view = await client.exports.get(id);
    onPoll?.(performance.now() - asked);
    if (view.status === "completed") return view;
    if (view.status !== "queued" && view.status !== "processing")
      throw new Error(`The export ended as ${view.status}: ${view.error?.message ?? "no error message"}`);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
