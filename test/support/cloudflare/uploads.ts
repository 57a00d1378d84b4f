/** The upload of a Worker's code: what a multipart form says, and what Cloudflare checks before it takes it. */

import { createHash, randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import * as z from "zod";
import { Refusal } from "./answers.ts";
import type { Call } from "./routes.ts";
import type { Account, Binding, Module, Version, Worker } from "./state.ts";
import { uploadedFiles } from "./assets.ts";

const MAX_BYTES_GZIPPED = { free: 3 * 2 ** 20, paid: 10 * 2 ** 20 };
/** Of a version, as wrangler's own type says. */
const MAX_TAG_CHARACTERS = 100;

const migrationStep = z.strictObject({
  new_classes: z.array(z.string()).optional(),
  new_sqlite_classes: z.array(z.string()).optional(),
  renamed_classes: z.array(z.object({ from: z.string(), to: z.string() })).optional(),
  deleted_classes: z.array(z.string()).optional(),
});
const metadata = z.looseObject({
  main_module: z.string(),
  bindings: z.array(z.looseObject({ type: z.string(), name: z.string() })),
  compatibility_date: z.string().optional(),
  compatibility_flags: z.array(z.string()).optional(),
  keep_bindings: z.array(z.string()).optional(),
  annotations: z.record(z.string(), z.string().optional()).optional(),
  limits: z.looseObject({ cpu_ms: z.number().optional() }).optional(),
  migrations: z
    .strictObject({ old_tag: z.string().optional(), new_tag: z.string(), steps: z.array(migrationStep) })
    .optional(),
  assets: z.looseObject({ jwt: z.string(), config: z.unknown().optional() }).optional(),
  observability: z.unknown().optional(),
  tags: z.array(z.string()).optional(),
});
export type Metadata = z.infer<typeof metadata>;

export interface Upload {
  metadata: Metadata;
  modules: Map<string, Module>;
}

/** @throws a refusal for a form that has no metadata or lacks its main module, and for too large code. */
export async function readUpload(call: Call): Promise<Upload> {
  const form = await call.form();
  const text = form.get("metadata");
  if (typeof text !== "string") throw new Refusal(400, 10021, "metadata is missing");
  const parsed = metadata.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Refusal(400, 10021, parsed.error.message);
  const modules = new Map<string, Module>();
  for (const [name, part] of form) {
    if (typeof part === "string") continue;
    modules.set(name, { type: part.type, content: new Uint8Array(await part.arrayBuffer()) });
  }
  if (!modules.has(parsed.data.main_module))
    throw new Refusal(400, 10021, `No such module "${parsed.data.main_module}".`);
  const code = [...modules.values()].filter(({ type }) => type !== "application/source-map");
  const bytes = code.reduce((sum, { content }) => sum + gzipSync(content, { level: 1 }).length, 0);
  if (bytes > MAX_BYTES_GZIPPED[call.account.plan])
    throw new Refusal(413, 10027, "Your Worker exceeded the size limit. Upgrade to a paid plan to deploy it.");
  return { metadata: parsed.data, modules };
}

/**
 * Makes a version of an upload, checked against the account. Secrets that the upload does not name are kept, as its
 * `keep_bindings` asks. @throws a refusal for what the account does not have.
 */
export function makeVersion(call: Call, worker: Worker, { metadata, modules }: Upload): Version {
  const { account } = call;
  if (metadata.limits?.cpu_ms !== undefined && account.plan === "free")
    throw new Refusal(400, 100328, "CPU limits are not supported for the Free plan.");
  const bindings = metadata.bindings.map((binding): Binding => inherited(worker, binding));
  const named = new Set(bindings.map(({ name }) => name));
  if (named.size < bindings.length) throw new Refusal(400, 10021, "Two bindings have the same name.");
  for (const binding of worker.versions.at(-1)?.bindings ?? [])
    if (metadata.keep_bindings?.includes(binding.type) === true && !named.has(binding.name)) bindings.push(binding);
  for (const binding of bindings) checkBinding(account, worker, binding);
  const { "workers/message": message, "workers/tag": tag } = metadata.annotations ?? {};
  if ((tag?.length ?? 0) > MAX_TAG_CHARACTERS)
    throw new Refusal(400, 10021, `A version's tag has at most ${MAX_TAG_CHARACTERS} characters.`);
  return {
    id: randomUUID(),
    number: worker.versions.length + 1,
    created_on: call.now(),
    annotations: {
      "workers/triggered_by": worker.versions.length === 0 ? "upload" : "version_upload",
      ...(message === undefined ? {} : { "workers/message": message }),
      ...(tag === undefined ? {} : { "workers/tag": tag }),
    },
    bindings,
    mainModule: metadata.main_module,
    modules,
    runtime: {
      compatibility_date: metadata.compatibility_date,
      compatibility_flags: metadata.compatibility_flags ?? [],
      limits: metadata.limits ?? null,
    },
    assets:
      metadata.assets === undefined
        ? null
        : { files: uploadedFiles(account, metadata.assets.jwt), config: metadata.assets.config ?? null },
  };
}

/** @returns the binding of the version before for one that only says `inherit`. */
function inherited(worker: Worker, binding: Binding): Binding {
  if (binding.type !== "inherit") return binding;
  const before = worker.versions.at(-1)?.bindings.find(({ name }) => name === binding.name);
  if (before === undefined)
    throw new Refusal(400, 10057, `Could not inherit binding '${binding.name}': it is not in the previous version.`);
  return before;
}

function checkBinding(account: Account, worker: Worker, binding: Binding): void {
  const { type, name } = binding;
  const invalid = (message: string) => new Refusal(400, 10021, message);
  if (type === "d1" && !account.databases.some(({ uuid }) => uuid === (binding["database_id"] ?? binding["id"])))
    throw invalid(`binding ${name} of type d1 must have a valid \`id\` specified`);
  if (type === "queue" && !account.queues.some(({ queue_name }) => queue_name === binding["queue_name"]))
    throw new Refusal(400, 11000, `Queue '${String(binding["queue_name"])}' does not exist`);
  if (type === "r2_bucket") {
    const jurisdiction = binding["jurisdiction"] ?? null;
    const isThere = account.buckets.some(
      (bucket) => bucket.name === binding["bucket_name"] && bucket.jurisdiction === jurisdiction,
    );
    if (!isThere) throw new Refusal(400, 10085, `R2 bucket '${String(binding["bucket_name"])}' not found.`);
  }
  if (type === "analytics_engine" && !account.hasAnalyticsEngine)
    throw new Refusal(403, 10089, "You need to enable Analytics Engine in the Cloudflare Dashboard.");
  if (type === "durable_object_namespace" && !worker.classes.has(String(binding["class_name"])))
    throw new Refusal(
      400,
      10061,
      `Cannot create binding for class '${String(binding["class_name"])}' that is not currently configured to ` +
        "implement Durable Objects. Did you forget to apply a migration?",
    );
}

/** Applies the migrations of an upload. @throws a refusal when they were made for another tag than the applied one. */
export function applyMigrations(worker: Worker, migrations: Metadata["migrations"]): void {
  if (migrations === undefined) return;
  if ((migrations.old_tag ?? null) !== worker.migrationTag)
    throw new Refusal(
      412,
      10079,
      `Migration tag precondition failed; current tag is ${worker.migrationTag ?? "not set"}, ` +
        `expected ${migrations.old_tag ?? "not set"}`,
    );
  for (const step of migrations.steps) {
    for (const name of [...(step.new_classes ?? []), ...(step.new_sqlite_classes ?? [])]) {
      if (worker.classes.has(name)) throw new Refusal(400, 10074, `Cannot apply new-class migration to '${name}'.`);
      worker.classes.add(name);
    }
    for (const name of step.deleted_classes ?? []) worker.classes.delete(name);
    for (const { from, to } of step.renamed_classes ?? []) {
      worker.classes.delete(from);
      worker.classes.add(to);
    }
  }
  worker.migrationTag = migrations.new_tag;
}

/** @returns a digest of a version's modules. */
export function digestOf({ modules }: Pick<Version, "modules">): string {
  const hash = createHash("sha256");
  for (const [name, { content }] of [...modules].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(name).update("\0").update(content);
  return hash.digest("hex");
}
