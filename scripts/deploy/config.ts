/**
 * The configuration of wrangler for one installation: wrangler.toml, with the installation's names, ids, address and
 * settings. wrangler.toml itself is never changed.
 */

import { relative } from "node:path";
import { ROOT } from "../stack.ts";
import type { Installation } from "./installation.ts";
import { datasetIn, nameIn } from "./names.ts";
import { REQUIRED_SECRETS } from "./secret-names.ts";

/** What of wrangler.toml an installation changes or asks for. Every other field stays as it is. */
export interface TrackedConfig {
  name: string;
  main: string;
  assets: { directory: string };
  vars: Record<string, string>;
  d1_databases: { binding: string; database_name: string; migrations_dir: string }[];
  queues: {
    producers: { binding: string; queue: string }[];
    consumers: { queue: string; dead_letter_queue?: string }[];
  };
  analytics_engine_datasets: { binding: string; dataset: string }[];
  migrations: { tag: string }[];
  /** Of local work alone: a deployed Worker reaches its bucket by S3. */
  r2_buckets: { bucket_name: string }[];
  observability: { logs: Record<string, unknown>; traces: Record<string, unknown> };
}

export interface Database {
  binding: string;
  name: string;
  /** Relative to the project's folder. */
  migrations: string;
}

/** The binding of the first database for spaces; the others begin with it. */
export const SPACE_BINDING = "SPACE_DB";
const R2_HOST = "r2.cloudflarestorage.com";
const UNKNOWN_ID = "00000000-0000-0000-0000-000000000000";

/** @returns wrangler.toml as wrangler reads it. */
export async function readTrackedConfig(): Promise<TrackedConfig> {
  const { experimental_readRawConfig: readRawConfig } = await import("wrangler");
  const { rawConfig } = readRawConfig({ config: `${ROOT}/wrangler.toml` });
  return rawConfig as TrackedConfig;
}

/** @returns the databases of the installation: the control database and as many for spaces as it has. */
export function databasesOf(tracked: TrackedConfig, environment: string, spaceDatabases: number): Database[] {
  return tracked.d1_databases.flatMap(({ binding, database_name: tracked, migrations_dir: migrations }) => {
    const name = nameIn(environment, tracked);
    const more = binding === SPACE_BINDING ? spaceDatabases - 1 : 0;
    const added = Array.from({ length: more }, (_, n) => ({
      binding: `${binding}_${n + 2}`,
      name: `${name}-${n + 2}`,
      migrations,
    }));
    return [{ binding, name, migrations }, ...added];
  });
}

/** @returns the names of the installation's queues, each once; those that others send their dead letters to first. */
export function queuesOf(tracked: TrackedConfig, environment: string): string[] {
  const { producers, consumers } = tracked.queues;
  const dead = consumers.flatMap(({ dead_letter_queue: queue }) => (queue === undefined ? [] : [queue]));
  const all = [...dead, ...consumers.map(({ queue }) => queue), ...producers.map(({ queue }) => queue)];
  return [...new Set(all)].map((queue) => nameIn(environment, queue));
}

/** @returns whether the service's own bucket is at R2, which is so unless the installation names another store. */
export function usesR2({ vars }: Pick<Installation, "vars">): boolean {
  return vars["BUCKET_ENDPOINT"] === undefined;
}

/** @returns all settings of the installation that are no secrets. */
export function settingsOf(
  tracked: TrackedConfig,
  environment: string,
  installation: Installation,
): Record<string, string> {
  const { account, jurisdiction, vars } = installation;
  const host = [account, ...(jurisdiction === null ? [] : [jurisdiction]), R2_HOST].join(".");
  const bucket = {
    BUCKET_ENDPOINT: `https://${host}`,
    BUCKET_NAME: nameIn(environment, tracked.vars["BUCKET_NAME"] ?? ""),
    BUCKET_REGION: "auto",
  };
  return { ...tracked.vars, ...bucket, ...vars };
}

/** @returns what wrangler.toml has, with the installation's destinations. */
function observabilityOf({ observability }: TrackedConfig, { telemetry }: Installation): Record<string, unknown> {
  const to = (destinations: readonly string[]) =>
    destinations.length === 0 ? {} : { destinations, persist: telemetry.persist };
  return {
    ...observability,
    logs: { ...observability.logs, ...to(telemetry.logs) },
    traces: {
      ...observability.traces,
      ...to(telemetry.traces),
      ...(telemetry.traced === null ? {} : { head_sampling_rate: telemetry.traced }),
    },
  };
}

/**
 * @param ids the ids of the databases that are there, by name.
 * @param folder where the configuration will be: its paths start there.
 */
export function deriveConfig(
  tracked: TrackedConfig,
  {
    environment,
    installation,
    ids,
    folder,
  }: { environment: string; installation: Installation; ids: ReadonlyMap<string, string>; folder: string },
): Record<string, unknown> {
  const path = (tracked: string) => relative(folder, `${ROOT}/${tracked}`);
  const queue = (tracked: string) => nameIn(environment, tracked);
  const { r2_buckets: _local, ...kept } = tracked;
  return {
    ...kept,
    name: nameIn(environment, tracked.name),
    account_id: installation.account,
    main: path(tracked.main),
    assets: { ...tracked.assets, directory: path(tracked.assets.directory) },
    workers_dev: installation.workersDev,
    // The address of an old version would serve the same data.
    preview_urls: false,
    // The domain is added apart: wrangler would take it from whatever answers there.
    routes: [],
    vars: settingsOf(tracked, environment, installation),
    observability: observabilityOf(tracked, installation),
    secrets: { required: REQUIRED_SECRETS },
    d1_databases: databasesOf(tracked, environment, installation.spaceDatabases).map((database) => ({
      binding: database.binding,
      database_name: database.name,
      database_id: ids.get(database.name) ?? UNKNOWN_ID,
      migrations_dir: path(database.migrations),
    })),
    queues: {
      producers: tracked.queues.producers.map((producer) => ({ ...producer, queue: queue(producer.queue) })),
      consumers: tracked.queues.consumers.map(({ dead_letter_queue: dead, ...consumer }) => ({
        ...consumer,
        queue: queue(consumer.queue),
        ...(dead === undefined ? {} : { dead_letter_queue: queue(dead) }),
      })),
    },
    analytics_engine_datasets: tracked.analytics_engine_datasets.map(({ binding, dataset }) => ({
      binding,
      dataset: datasetIn(environment, dataset),
    })),
  };
}
