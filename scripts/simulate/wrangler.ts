/** What the simulation takes from wrangler.toml: queues, databases and settings are the ones that are deployed. */

import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";

export interface ConsumerSettings {
  queue: string;
  maxBatchSize: number;
  maxBatchTimeoutMs: number;
  /** Deliveries after the first. */
  maxRetries: number;
  deadLetterQueue: string | null;
  /** Invocations at the same time. */
  maxConcurrency: number;
}

export interface DeployedSettings {
  producers: readonly { binding: string; queue: string }[];
  consumers: readonly ConsumerSettings[];
  databases: readonly { binding: string; migrations: string }[];
  vars: Record<string, string | undefined>;
}

/** What the platform takes where wrangler.toml says nothing (Queues, "Configure Queues"). */
const DEFAULTS = { maxBatchSize: 10, maxBatchTimeoutSeconds: 5, maxRetries: 3, maxConcurrency: 250 };

/** @param file the path of a wrangler.toml. */
export function readWrangler(file: string): DeployedSettings {
  const text = readFileSync(file, "utf8");
  const tables = (name: string) => tablesOf(text, name);
  return {
    producers: tables("queues.producers").map((table) => ({
      binding: textOf(table, "binding"),
      queue: textOf(table, "queue"),
    })),
    consumers: tables("queues.consumers").map((table) => ({
      queue: textOf(table, "queue"),
      maxBatchSize: Number(table["max_batch_size"] ?? DEFAULTS.maxBatchSize),
      maxBatchTimeoutMs: 1_000 * Number(table["max_batch_timeout"] ?? DEFAULTS.maxBatchTimeoutSeconds),
      maxRetries: Number(table["max_retries"] ?? DEFAULTS.maxRetries),
      deadLetterQueue: table["dead_letter_queue"] ?? null,
      maxConcurrency: Number(table["max_concurrency"] ?? DEFAULTS.maxConcurrency),
    })),
    databases: tables("d1_databases").map((table) => ({
      binding: textOf(table, "binding"),
      migrations: textOf(table, "migrations_dir"),
    })),
    vars: parseEnv(/^\[vars\]\n([^[]*)/m.exec(text)?.[1] ?? ""),
  };
}

type Table = Record<string, string | undefined>;

/** The tables `[[name]]` of the environment that has no name. Values are one-line texts and numbers. */
function tablesOf(text: string, name: string): Table[] {
  return text
    .split(/^(?=\[)/m)
    .filter((section) => section.startsWith(`[[${name}]]`))
    .map((section) => {
      const pairs = [...section.matchAll(/^(\w+) *= *(?:"([^"]*)"|([\d_]+))/gm)];
      return Object.fromEntries(pairs.map(([, key, quoted, number]) => [key, quoted ?? number?.replaceAll("_", "")]));
    });
}

function textOf(table: Table, name: string): string {
  const value = Object.hasOwn(table, name) ? table[name] : undefined;
  if (value === undefined) throw new Error(`wrangler.toml: a table lacks ${name}`);
  return value;
}
