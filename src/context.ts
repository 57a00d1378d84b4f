/** What every step of an export works with, and the messages that wake the steps. */

import * as z from "zod";
import type { Config } from "./config.ts";
import { openSource } from "./datasets/index.ts";
import type { Since, Source } from "./datasets/dataset.ts";
import type { ExportRow } from "./db/exports/exports.ts";
import type { Databases } from "./db/core/shards.ts";
import type { Point } from "./metrics.ts";
import type { CustomerBuckets } from "./outbound/customer.ts";
import type { Bucket } from "./outbound/s3.ts";
import type { Resolve } from "./outbound/url-guard.ts";
import type { Runtime } from "./runtime.ts";

/** A wake-up: which step of which export may be due. It carries no state, and any number of them does no harm. */
export const Message = z.object({
  space_id: z.string().min(1),
  export_id: z.string().min(1),
  step: z.enum(["plan", "chunk", "assemble", "finish"]),
  /** The chunk, or the file to put together. */
  n: z.number().int().min(0).default(0),
  /** How often a call had retried the export: a message of before a retry may work, but its failure ends nothing. */
  generation: z.number().int().min(0).default(0),
  /** Of the call that asked for the export: for the logs alone. */
  request_id: z.string().default(""),
});

export type Message = z.output<typeof Message>;

/** A wake-up: this delivery of a webhook may be due. */
export const WebhookMessage = z.object({ space_id: z.string().min(1), delivery_id: z.string().min(1) });

export type WebhookMessage = z.output<typeof WebhookMessage>;

/** How work is cut. These decide an export's bytes: the same sizes give the same objects. */
export interface Sizes {
  /** Records a chunk reads when all go into one file. */
  chunkRows: number;
  /** Bytes of a part of a large object: R2 wants all but the last of one size, S3 at least 5 MiB. */
  partBytes: number;
  /** Where files are cut as they are written, one is ended before it has this many bytes, uncompressed. */
  fileBytes: number;
}

export const SIZES: Sizes = { chunkRows: 50_000, partBytes: 8 * 1_048_576, fileBytes: 100_000_000 };

export interface Context {
  config: Config;
  runtime: Runtime;
  sizes: Sizes;
  databases: Databases;
  /** The service's own bucket. */
  bucket: Bucket;
  /** Customers' own buckets. */
  customers: CustomerBuckets;
  send(messages: readonly Message[]): Promise<void>;
  /** @param delaySeconds at most a day. */
  sendWebhook(message: WebhookMessage, delaySeconds: number): Promise<void>;
  /** How the outside is reached: whoever is told of an export's end. */
  fetch: typeof fetch;
  resolve: Resolve;
  measure(point: Point): void;
}

/** The source of a stored export, at its snapshot. */
export function sourceOf(context: Pick<Context, "databases">, row: ExportRow): Source {
  return openSource(row.dataset, row.query, {
    db: context.databases.space(row.space_id),
    spaceId: row.space_id,
    snapshotSeq: row.snapshot_seq,
    since: row.since === null ? null : (JSON.parse(row.since) as Since),
  });
}

/** No invocation is still at work this long after it began: the platform ends a consumer after 15 minutes. */
export const LAST_CALL_MS = 15 * 60_000;
