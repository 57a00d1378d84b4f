/** Workers: the script as a whole, its settings, and its deletion. Versions, secrets and triggers are other files. */

import { randomUUID } from "node:crypto";
import * as z from "zod";
import { Refusal } from "./answers.ts";
import { findWorker, shown } from "./lookup.ts";
import { type Call, type Route, route } from "./routes.ts";
import { deployedVersion, type Worker } from "./state.ts";
import { applyMigrations, digestOf, makeVersion, readUpload } from "./uploads.ts";
import { deploy } from "./versions.ts";

export const workerRoutes: readonly Route[] = [
  route("GET", "/workers/services/:worker", describeService),
  route("DELETE", "/workers/services/:worker", deleteWorker),
  route("GET", "/workers/workers/:worker", (call) => describeWorker(call)),
  route("GET", "/workers/scripts", ({ account }) => account.workers.map(({ name }) => ({ id: name }))),
  route("PUT", "/workers/scripts/:worker", putScript),
  route("DELETE", "/workers/scripts/:worker", deleteWorker),
  route("GET", "/workers/scripts/:worker/settings", (call) => {
    const worker = findWorker(call);
    const version = worker.versions.at(-1);
    return { bindings: shown(version?.bindings ?? []), ...version?.runtime, ...worker.settings };
  }),
  route("GET", "/workers/scripts/:worker/script-settings", (call) => findWorker(call).settings),
  route("PATCH", "/workers/scripts/:worker/script-settings", (call) => {
    const worker = findWorker(call);
    worker.settings = { ...worker.settings, ...call.json(z.record(z.string(), z.unknown())) };
    return worker.settings;
  }),
  route("GET", "/workers/scripts/:worker/references", (call) => {
    findWorker(call);
    return { services: { incoming: [], outgoing: [] }, durable_objects: [], dispatch_outbounds: [] };
  }),
  route("GET", "/workers/tails/by-consumer/:worker", () => []),
  route("GET", "/workers/durable_objects/namespaces", ({ account }) =>
    account.workers.flatMap(({ name, classes }) =>
      [...classes].map((className) => ({ id: `${name}_${className}`, script: name, class: className })),
    ),
  ),
  // What wrangler looks for when it deletes a Worker: the namespaces of Workers Sites, of which there are none here.
  route("GET", "/storage/kv/namespaces", () => []),
];

/** Uploads a version and gives it all traffic. Applies the upload's migrations, and makes a Worker that is missing. */
async function putScript(call: Call) {
  const upload = await readUpload(call);
  const name = call.param("worker");
  const existing = call.account.workers.find((worker) => worker.name === name);
  const worker = existing ?? newWorker(name, call.now());
  const classes = new Set(worker.classes);
  const tag = worker.migrationTag;
  try {
    applyMigrations(worker, upload.metadata.migrations);
    worker.versions.push(makeVersion(call, worker, upload));
  } catch (thrown) {
    worker.classes = classes;
    worker.migrationTag = tag;
    throw thrown;
  }
  const { observability, tags } = upload.metadata;
  worker.settings = { ...worker.settings, observability, ...(tags === undefined ? {} : { tags }) };
  if (existing === undefined) call.account.workers.push(worker);
  const [version] = worker.versions.slice(-1);
  if (version === undefined) throw new Error("The version that was just made is missing.");
  deploy(call, worker, [{ version_id: version.id, percentage: 100 }], {});
  return {
    id: name,
    tag: worker.tag,
    etag: digestOf(version),
    deployment_id: version.id.replaceAll("-", ""),
    startup_time_ms: 12,
  };
}

function newWorker(name: string, now: string): Worker {
  if (!/^[a-z0-9_-]{1,63}$/.test(name)) throw new Refusal(400, 10016, "The name of the Worker is invalid.");
  return {
    name,
    tag: randomUUID().replaceAll("-", ""),
    created_on: now,
    versions: [],
    deployments: [],
    migrationTag: null,
    classes: new Set(),
    schedules: [],
    routes: [],
    onWorkersDev: false,
    hasPreviews: false,
    settings: {},
  };
}

function deleteWorker(call: Call) {
  const worker = findWorker(call, "service");
  const isConsumer = call.account.queues.some(({ consumers }) =>
    consumers.some(({ script }) => script === worker.name),
  );
  if (isConsumer && call.query.get("force") !== "true")
    throw new Refusal(400, 10064, "script still in use as a consumer for a queue");
  call.account.workers = call.account.workers.filter((each) => each !== worker);
  call.account.domains = call.account.domains.filter(({ service }) => service !== worker.name);
  for (const queue of call.account.queues)
    queue.consumers = queue.consumers.filter(({ script }) => script !== worker.name);
  return null;
}

function describeService(call: Call) {
  const worker = findWorker(call, "service");
  const script = {
    id: worker.name,
    tag: worker.tag,
    tags: worker.settings["tags"] ?? [],
    etag: digestOf(deployedVersion(worker) ?? { modules: new Map() }),
    last_deployed_from: "wrangler",
    ...(worker.migrationTag === null ? {} : { migration_tag: worker.migrationTag }),
  };
  return { id: worker.name, default_environment: { environment: "production", script }, environments: [] };
}

function describeWorker(call: Call) {
  const { name, onWorkersDev, hasPreviews } = findWorker(call);
  const { subdomain } = call.account;
  const address = `${name}.${subdomain}.workers.dev`;
  const known = subdomain === null ? {} : { url: `https://${address}`, preview_url_suffix: `-${address}` };
  return { id: name, name, subdomain: { enabled: onWorkersDev, previews_enabled: hasPreviews, ...known } };
}
