/** What the steps of an export work with, of which each takes the part it uses; and the queue's messages. */

import * as z from "zod";
import type { Budget } from "./budget.ts";
import type { Config } from "./config.ts";
import { datasetNamed } from "./datasets/index.ts";
import type { Column } from "./datasets/column.ts";
import type { Since, Source } from "./datasets/dataset.ts";
import type { ExportRow } from "./db/exports/exports.ts";
import type { Databases } from "./db/core/shards.ts";
import type { Point } from "./metrics.ts";
import type { CustomerBuckets } from "./outbound/customer.ts";
import type { Bucket } from "./outbound/s3.ts";
import type { Resolve } from "./outbound/url-guard.ts";
import type { Runtime } from "./runtime.ts";

/** A step of an export may be due. The message carries no state, and repeated messages do no harm. */
export const Message = z.object({
  space_id: z.string().min(1),
  export_id: z.string().min(1),
  step: z.enum(["plan", "chunk", "assemble", "finish", "verify"]),
  /** The chunk to write, the file to assemble, or the verification of the export. */
  n: z.number().int().min(0).default(0),
  /** How often a call had retried the export. A message from before a retry may work, but cannot fail the export. */
  generation: z.number().int().min(0).default(0),
  /** The id of the call that created, retried or verifies the export, for the logs. */
  request_id: z.string().default(""),
});

export type Message = z.output<typeof Message>;

/**
 * The steps of each queue. `chunks` has the steps that read and write an export's data, of which an invocation runs one
 * at a time; the short steps of all exports do not wait behind them, nor behind verifications, which read completed
 * exports back.
 */
export const STEPS_OF: Readonly<Record<"steps" | "chunks" | "verify", ReadonlySet<Message["step"]>>> = {
  steps: new Set(["plan", "finish"]),
  chunks: new Set(["chunk", "assemble"]),
  verify: new Set(["verify"]),
};

/** A webhook delivery may be due. */
export const WebhookMessage = z.object({ space_id: z.string().min(1), delivery_id: z.string().min(1) });

export type WebhookMessage = z.output<typeof WebhookMessage>;

/**
 * The tasks of the sweep, in the order in which their messages are sent. src/maintenance/tasks.ts has what each does.
 */
export const MAINTENANCE_TASKS = [
  "erase",
  "retain",
  "purgeSpaces",
  "moveSpaces",
  "resend",
  "redispatchDeliveries",
  "runSchedules",
  "verifyExports",
  "expire",
  "cleanUp",
  "deleteRecords",
  "deleteRuns",
  "dropKeys",
  "pruneVersions",
  "measureHomes",
  "reencryptSecrets",
  "recordSweep",
] as const;

export type MaintenanceTask = (typeof MAINTENANCE_TASKS)[number];

/** A slice of a maintenance task is due. */
export const MaintenanceMessage = z.object({
  task: z.enum(MAINTENANCE_TASKS),
  /** Epoch ms: from then on a slice sends no further message, because the next sweep has sent one. */
  until: z.number().int(),
  /** Where the slice before ended: a cursor of the task's own; empty for the first slice. */
  after: z.string().default(""),
});

export type MaintenanceMessage = z.output<typeof MaintenanceMessage>;

/** What the dead-letter queue gets. */
export const DeadMessage = z.union([Message, MaintenanceMessage]);

/** How an export is cut into chunks, files and parts. Equal sizes make equal objects. */
export interface Sizes {
  /** Records per chunk of a result that is assembled into one file. */
  chunkRows: number;
  /** Bytes per chunk of the rows that it reads: what it costs in queries and time. A larger record is its own chunk. */
  chunkBytes: number;
  /** Events of the snapshot per chunk, whether they are in the result or not: its pages look through all of them. */
  chunkScan: number;
  /** Bytes per part of a multipart upload. R2 requires equal sizes for all parts but the last, S3 at least 5 MiB. */
  partBytes: number;
  /** Uncompressed bytes per file of a result that is split as it is written: each file stays below this. */
  fileBytes: number;
}

export const SIZES: Sizes = {
  chunkRows: 50_000,
  chunkBytes: 25_000_000,
  chunkScan: 2_000_000,
  partBytes: 8 * 1_048_576,
  fileBytes: 100_000_000,
};

export interface Context {
  config: Config;
  runtime: Runtime;
  /** What this invocation has used: the databases and all calls that leave the Worker count. */
  budget: Budget;
  sizes: Sizes;
  databases: Databases;
  /** The service's own bucket. */
  bucket: Bucket;
  /** Customers' own buckets. */
  customers: CustomerBuckets;
  /** Sends messages to the queue of their step. @param delaySeconds before they may be delivered; 0 by default. */
  send(messages: readonly Message[], delaySeconds?: number): Promise<void>;
  /** @param delaySeconds at most a day. */
  sendWebhook(message: WebhookMessage, delaySeconds: number): Promise<void>;
  /** @param messages at most a hundred. @param delaySeconds before they may be delivered; 0 by default. */
  sendMaintenance(messages: readonly MaintenanceMessage[], delaySeconds?: number): Promise<void>;
  /** Reaches webhook receivers. */
  fetch: typeof fetch;
  resolve: Resolve;
  measure(point: Point): void;
}

/** The source of a stored export, at its snapshot. */
export function sourceOf(context: Pick<Context, "databases">, row: ExportRow): Source {
  return datasetNamed(row.dataset).open(JSON.parse(row.query), {
    db: context.databases.space(row.space_id),
    events: context.databases.events(row.space_id),
    spaceId: row.space_id,
    seq: row.snapshot_seq,
    since: row.since === null ? null : (JSON.parse(row.since) as Since),
  });
}

/** The columns of a stored export's rows, as of its snapshot; null where its result is one document. */
export async function columnsOf(context: Pick<Context, "databases">, row: ExportRow): Promise<Column[] | null> {
  const { tabular } = datasetNamed(row.dataset);
  const db = context.databases.space(row.space_id);
  return (await tabular?.columns(JSON.parse(row.query), { db, spaceId: row.space_id, seq: row.snapshot_seq })) ?? null;
}

/** The platform ends a queue consumer after 15 minutes: a step that began before that has ended. */
export const MAX_INVOCATION_MS = 15 * 60_000;
