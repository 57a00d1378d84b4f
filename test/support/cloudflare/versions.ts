/** Versions of a Worker and how the traffic is shared between them. */

import { randomUUID } from "node:crypto";
import * as z from "zod";
import { Refusal } from "./answers.ts";
import { findWorker, shown } from "./lookup.ts";
import { type Call, type Route, route } from "./routes.ts";
import type { Version, Worker } from "./state.ts";
import { digestOf, makeVersion, readUpload } from "./uploads.ts";

/** A version can be deployed while it is one of the newest. */
const DEPLOYABLE = 100;

const deployment = z.looseObject({
  strategy: z.literal("percentage"),
  versions: z
    .array(z.strictObject({ version_id: z.string(), percentage: z.number().positive().max(100) }))
    .min(1)
    .max(2),
  annotations: z.record(z.string(), z.unknown()).optional(),
});

export const versionRoutes: readonly Route[] = [
  route("GET", "/workers/scripts/:worker/versions", listVersions),
  route("POST", "/workers/scripts/:worker/versions", uploadVersion),
  route("GET", "/workers/scripts/:worker/versions/:version", (call) => {
    const version = findWorker(call).versions.find(({ id }) => id === call.param("version"));
    if (version === undefined) throw new Refusal(404, 100_146, "The requested Worker version could not be found.");
    return describe(version);
  }),
  route("GET", "/workers/scripts/:worker/deployments", (call) => ({
    deployments: findWorker(call)
      .deployments.toReversed()
      .map((each) => ({ ...each, source: "wrangler", strategy: "percentage", author_email: "operator@example.com" })),
  })),
  route("POST", "/workers/scripts/:worker/deployments", (call) => {
    const { versions, annotations } = call.json(deployment);
    return deploy(call, findWorker(call), versions, annotations ?? {});
  }),
];

/** Newest first. */
function listVersions(call: Call) {
  const { versions } = findWorker(call);
  const newest = versions.toReversed().slice(0, call.query.get("deployable") === "true" ? DEPLOYABLE : 10);
  return { items: newest.map(describe) };
}

async function uploadVersion(call: Call) {
  const worker = findWorker(call);
  const upload = await readUpload(call);
  if (upload.metadata.migrations !== undefined)
    throw new Refusal(400, 10211, "Migrations cannot be uploaded with a version: deploy the Worker instead.");
  const version = makeVersion(call, worker, upload);
  worker.versions.push(version);
  return describe(version);
}

/** Shares all traffic between versions of the Worker. @throws a refusal for unknown versions and shares of no 100 %. */
export function deploy(
  call: Call,
  worker: Worker,
  versions: readonly { version_id: string; percentage: number }[],
  annotations: Record<string, unknown>,
) {
  if (versions.some(({ version_id }) => !worker.versions.some(({ id }) => id === version_id)))
    throw new Refusal(404, 100_146, "The requested Worker version could not be found.");
  if (versions.reduce((sum, { percentage }) => sum + percentage, 0) !== 100)
    throw new Refusal(400, 10021, "The percentages of the versions must add up to 100.");
  const added = { id: randomUUID(), created_on: call.now(), versions, annotations };
  worker.deployments.push(added);
  return added;
}

function describe(version: Version) {
  const { id, number, created_on, annotations, bindings, runtime } = version;
  return {
    id,
    number,
    annotations,
    metadata: {
      created_on,
      modified_on: created_on,
      source: "wrangler",
      author_email: "operator@example.com",
      has_preview: false,
    },
    resources: {
      bindings: shown(bindings),
      script: { etag: digestOf(version), handlers: ["fetch", "queue", "scheduled"], last_deployed_from: "wrangler" },
      script_runtime: runtime,
    },
    startup_time_ms: 12,
  };
}
