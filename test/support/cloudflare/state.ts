/**
 * What Cloudflare keeps of an account: its databases, queues, buckets and Workers, in memory. Each kind's handlers are
 * in the file of its name.
 */

import type { DatabaseSync } from "node:sqlite";

export interface Account {
  readonly id: string;
  readonly name: string;
  /** Free: no CPU limits, ten databases. */
  plan: "paid" | "free";
  /** R2 is ordered in the dashboard once, before its first call. */
  hasR2: boolean;
  /** The datasets of Analytics Engine are turned on in the dashboard once. */
  hasAnalyticsEngine: boolean;
  /** `NAME.workers.dev`; null: not registered. */
  subdomain: string | null;
  /** The key that R2's S3 endpoint accepts: the operator made it in the dashboard. */
  bucketKeys: BucketKeys;
  /** Domains on Cloudflare's name servers. */
  zones: Zone[];
  databases: Database[];
  queues: Queue[];
  buckets: Bucket[];
  workers: Worker[];
  /** Custom domains of Workers. */
  domains: Domain[];
  /** Static files that an upload session has received, by their hash. */
  files: Map<string, Uint8Array>;
}

export interface BucketKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface Zone {
  readonly id: string;
  readonly name: string;
  /** Hosts with DNS records that somebody made. */
  readonly records?: readonly string[];
}

export interface Database {
  readonly uuid: string;
  readonly name: string;
  readonly jurisdiction: string | null;
  readonly location: string | null;
  readonly created_at: string;
  readonly sqlite: DatabaseSync;
  /** The statements that have changed it: a copy is made from them. */
  readonly log: { sql: string; params: readonly unknown[] }[];
}

export interface Queue {
  readonly queue_id: string;
  readonly queue_name: string;
  readonly jurisdiction: string | null;
  readonly created_on: string;
  settings: Record<string, unknown>;
  consumers: Consumer[];
}

export interface Consumer {
  readonly consumer_id: string;
  readonly type: string;
  readonly script: string;
  dead_letter_queue: string | undefined;
  settings: Record<string, unknown>;
}

export interface Bucket {
  readonly name: string;
  readonly jurisdiction: string | null;
  readonly location: string | null;
  readonly creation_date: string;
  lifecycle: unknown[];
  objects: Map<string, Uint8Array>;
}

export interface Domain {
  readonly id: string;
  readonly hostname: string;
  readonly zone_id: string;
  service: string;
}

export interface Worker {
  readonly name: string;
  readonly tag: string;
  readonly created_on: string;
  /** The newest one last. */
  versions: Version[];
  deployments: Deployment[];
  /** The tag of the last Durable Object migration that was applied, and the classes that there are since. */
  migrationTag: string | null;
  classes: Set<string>;
  schedules: string[];
  routes: string[];
  onWorkersDev: boolean;
  hasPreviews: boolean;
  /** Settings that are of no version: logs and tags. */
  settings: Record<string, unknown>;
}

/** A binding as an upload names it: `type`, `name`, and what the type needs. */
export interface Binding {
  readonly type: string;
  readonly name: string;
  readonly [field: string]: unknown;
}

export interface Version {
  readonly id: string;
  readonly number: number;
  readonly created_on: string;
  readonly annotations: Record<string, string>;
  readonly bindings: readonly Binding[];
  readonly mainModule: string;
  readonly modules: ReadonlyMap<string, Module>;
  readonly runtime: {
    compatibility_date: string | undefined;
    compatibility_flags: readonly string[];
    limits: unknown;
  };
  /** The static files by their path, and how they are served. */
  readonly assets: { files: ReadonlyMap<string, string>; config: unknown } | null;
}

export interface Module {
  readonly type: string;
  readonly content: Uint8Array;
}

export interface Deployment {
  readonly id: string;
  readonly created_on: string;
  readonly annotations: Record<string, unknown>;
  readonly versions: readonly { version_id: string; percentage: number }[];
}

/** @returns the version that all traffic, or most of it, goes to. */
export function deployedVersion(worker: Worker): Version | null {
  const shares = worker.deployments.at(-1)?.versions ?? [];
  const [most] = shares.toSorted((a, b) => b.percentage - a.percentage);
  return worker.versions.find((version) => version.id === most?.version_id) ?? null;
}
