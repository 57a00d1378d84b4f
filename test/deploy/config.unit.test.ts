/** The configuration that wrangler gets for an installation. */

import { resolve } from "node:path";
import { expect, it } from "vitest";
import {
  databasesOf,
  deriveConfig,
  queuesOf,
  readTrackedConfig,
  settingsOf,
  usesR2,
} from "../../scripts/deploy/config.ts";
import { type Installation, NEW_INSTALLATION } from "../../scripts/deploy/installation.ts";
import { ROOT } from "../../scripts/stack.ts";

const tracked = await readTrackedConfig();
const ids = new Map([
  ["spillway-staging-control", "id-of-control"],
  ["spillway-staging-space", "id-of-space"],
]);

const installed = (changed: Partial<Installation>): Installation => ({
  ...NEW_INSTALLATION,
  account: "acc",
  domain: "exports.example.com",
  ...changed,
});
const derived = (changed: Partial<Installation> = {}, environment = "staging") =>
  deriveConfig(tracked, { environment, installation: installed(changed), ids, folder: `${ROOT}/installations` });

it("wrangler.toml has no id of anybody's database", () => {
  for (const database of tracked.d1_databases) expect(database).not.toHaveProperty("database_id");
});

it("each name is the environment's, and each database has its id", () => {
  const config = derived();
  expect(config["name"]).toBe("spillway-staging");
  expect(config["account_id"]).toBe("acc");
  expect(config["d1_databases"]).toMatchObject([
    { binding: "CONTROL_DB", database_name: "spillway-staging-control", database_id: "id-of-control" },
    { binding: "SPACE_DB", database_name: "spillway-staging-space", database_id: "id-of-space" },
  ]);
  const names = JSON.stringify(config).match(/"spillway-[^"]*"/g) ?? [];
  expect(names.filter((name) => !name.startsWith('"spillway-staging'))).toEqual([]);
});

it("two environments share no database, queue or bucket", () => {
  const named = (environment: string) => [
    ...databasesOf(tracked, environment, 2).map(({ name }) => name),
    ...queuesOf(tracked, environment),
    settingsOf(tracked, environment, installed({}))["BUCKET_NAME"],
  ];
  const staging = new Set(named("staging"));
  expect(named("production").filter((name) => staging.has(name))).toEqual([]);
});

it("a path leads to the same file as in wrangler.toml", () => {
  const config = derived();
  const absolute = (path: unknown) => resolve(ROOT, "installations", String(path));
  expect(absolute(config["main"])).toBe(resolve(ROOT, tracked.main));
  expect(absolute((config["assets"] as { directory: string }).directory)).toBe(resolve(ROOT, tracked.assets.directory));
});

it("wrangler adds no domain, and an address of workers.dev only where that is asked for", () => {
  expect(derived()).toMatchObject({ routes: [], workers_dev: false, preview_urls: false });
  expect(derived({ domain: null, workersDev: true })).toMatchObject({ routes: [], workers_dev: true });
});

it("the bucket is at R2, in the installation's jurisdiction, unless the installation names another store", () => {
  expect(settingsOf(tracked, "staging", installed({}))).toMatchObject({
    BUCKET_ENDPOINT: "https://acc.r2.cloudflarestorage.com",
    BUCKET_NAME: "spillway-staging-exports",
    BUCKET_REGION: "auto",
  });
  const european = settingsOf(tracked, "staging", installed({ jurisdiction: "eu" }));
  expect(european["BUCKET_ENDPOINT"]).toBe("https://acc.eu.r2.cloudflarestorage.com");
  const vars = { BUCKET_ENDPOINT: "https://s3.example.com", BUCKET_NAME: "mine", BUCKET_REGION: "eu-west-1" };
  expect(settingsOf(tracked, "staging", installed({ vars }))).toMatchObject(vars);
  expect(usesR2({ vars })).toBe(false);
});

it("the local bucket's binding and its keys stay at home", () => {
  expect(JSON.stringify(derived())).not.toContain("local-");
  expect(derived()).not.toHaveProperty("r2_buckets");
});

it("each further database for spaces has a binding, a name and the migrations of the first", () => {
  expect(databasesOf(tracked, "production", 3)).toEqual([
    { binding: "CONTROL_DB", name: "spillway-control", migrations: "src/db/migrations/control" },
    { binding: "SPACE_DB", name: "spillway-space", migrations: "src/db/migrations/space" },
    { binding: "SPACE_DB_2", name: "spillway-space-2", migrations: "src/db/migrations/space" },
    { binding: "SPACE_DB_3", name: "spillway-space-3", migrations: "src/db/migrations/space" },
  ]);
});

it("a queue comes after the one that takes its dead letters", () => {
  const queues = queuesOf(tracked, "staging");
  expect(queues[0]).toBe("spillway-staging-dead");
  expect(new Set(queues).size).toBe(queues.length);
  expect(queues).toHaveLength(tracked.queues.consumers.length);
});

it("logs and traces go to the destinations that the installation names, and else to Cloudflare alone", () => {
  expect(derived()["observability"]).toEqual(tracked.observability);
  const telemetry = { logs: ["axiom-logs"], traces: [], persist: false, traced: 0.001 };
  expect(derived({ telemetry })["observability"]).toEqual({
    ...tracked.observability,
    logs: { ...tracked.observability.logs, destinations: ["axiom-logs"], persist: false },
    traces: { ...tracked.observability.traces, head_sampling_rate: 0.001 },
  });
});
