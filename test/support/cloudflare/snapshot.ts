/**
 * What an account has, as a value that can be printed and compared: no times, no ids, no history, and of secrets the
 * names alone. Two accounts in the same state have equal snapshots, whatever happened to them before.
 */

import { tablesOf } from "./databases.ts";
import { type Account, type Binding, deployedVersion } from "./state.ts";
import { digestOf } from "./uploads.ts";

export function snapshot(account: Account): ReturnType<typeof describe> {
  const text = JSON.stringify(describe(account)).replaceAll(account.id, "ACCOUNT");
  return JSON.parse(text) as ReturnType<typeof describe>;
}

function describe(account: Account) {
  return {
    databases: byName(account.databases, ({ name }) => name).map(({ name, jurisdiction, location, sqlite }) => ({
      name,
      jurisdiction,
      location,
      tables: Object.keys(tablesOf({ sqlite })),
      migrations: migrationsOf(sqlite),
    })),
    queues: byName(account.queues, ({ queue_name }) => queue_name).map(({ queue_name, settings, consumers }) => ({
      queue_name,
      settings,
      consumers: consumers.map(({ script, dead_letter_queue, settings }) => ({ script, dead_letter_queue, settings })),
    })),
    buckets: byName(account.buckets, ({ name }) => name).map(
      ({ name, jurisdiction, location, lifecycle, objects }) => ({
        name,
        jurisdiction,
        location,
        lifecycle,
        objects: [...objects.keys()],
      }),
    ),
    workers: byName(account.workers, ({ name }) => name).map((worker) => {
      const version = deployedVersion(worker);
      return {
        name: worker.name,
        migrationTag: worker.migrationTag,
        classes: [...worker.classes],
        schedules: worker.schedules,
        routes: worker.routes,
        onWorkersDev: worker.onWorkersDev,
        traffic: worker.deployments.at(-1)?.versions.map(({ percentage }) => percentage) ?? [],
        code: version === null ? null : digestOf(version),
        bindings: byName(version?.bindings ?? [], ({ name }) => name).map((binding) => resolved(account, binding)),
        settings: worker.settings,
      };
    }),
    domains: byName(account.domains, ({ hostname }) => hostname).map(({ hostname, service }) => ({
      hostname,
      service,
    })),
  };
}

function migrationsOf(sqlite: Account["databases"][number]["sqlite"]): unknown[] {
  if (!("d1_migrations" in tablesOf({ sqlite }))) return [];
  return sqlite
    .prepare("SELECT name FROM d1_migrations ORDER BY id")
    .all()
    .map(({ name }) => name);
}

function resolved(account: Account, binding: Binding) {
  if (binding.type === "secret_text") return { type: binding.type, name: binding.name };
  if (binding.type !== "d1") return binding;
  const database = account.databases.find(({ uuid }) => uuid === binding["id"]);
  return { type: binding.type, name: binding.name, database: database?.name ?? null };
}

function byName<T>(items: readonly T[], name: (item: T) => string): T[] {
  return items.toSorted((a, b) => (name(a) < name(b) ? -1 : 1));
}
