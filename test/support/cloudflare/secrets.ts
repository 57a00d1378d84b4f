/** Secrets of a Worker: values go in and never come out. A change is a new version with all traffic. */

import { randomUUID } from "node:crypto";
import * as z from "zod";
import { Refusal } from "./answers.ts";
import { findWorker } from "./lookup.ts";
import { type Call, type Route, route } from "./routes.ts";
import type { Binding, Worker } from "./state.ts";
import { deploy } from "./versions.ts";

const secret = z.strictObject({ name: z.string(), text: z.string(), type: z.literal("secret_text") });
const bulk = z.strictObject({ secrets: z.record(z.string(), secret.nullable()) });

export const secretRoutes: readonly Route[] = [
  route("GET", "/workers/scripts/:worker/secrets", (call) => list(findWorker(call))),
  route("PUT", "/workers/scripts/:worker/secrets", (call) => {
    const { name, text } = call.json(secret);
    return change(call, { [name]: text });
  }),
  route("PATCH", "/workers/scripts/:worker/secrets-bulk", (call) => {
    const entries = Object.entries(call.json(bulk).secrets);
    return change(call, Object.fromEntries(entries.map(([name, each]) => [name, each?.text ?? null])));
  }),
  route("DELETE", "/workers/scripts/:worker/secrets/:secret", (call) => change(call, { [call.param("secret")]: null })),
];

function list({ versions }: Worker) {
  return (versions.at(-1)?.bindings ?? [])
    .filter(({ type }) => type === "secret_text")
    .map(({ name, type }) => ({ name, type }));
}

/** @throws a refusal while the newest version is not the deployed one: the change would deploy it. */
function change(call: Call, values: Readonly<Record<string, string | null>>) {
  const worker = findWorker(call);
  const newest = worker.versions.at(-1);
  const deployed = worker.deployments.at(-1)?.versions.map(({ version_id }) => version_id);
  if (newest === undefined || deployed?.[0] !== newest.id || deployed.length !== 1)
    throw new Refusal(400, 10215, "The latest version of your Worker is not currently deployed.");
  const others = newest.bindings.filter(({ name }) => !(name in values));
  const taken = newest.bindings.find(({ name, type }) => name in values && type !== "secret_text");
  if (taken !== undefined)
    throw new Refusal(400, 10053, `Binding name '${taken.name}' already in use. Please use a different name.`);
  const added = Object.entries(values).flatMap(([name, text]): Binding[] =>
    text === null ? [] : [{ type: "secret_text", name, text }],
  );
  const version = {
    ...newest,
    id: randomUUID(),
    number: newest.number + 1,
    created_on: call.now(),
    annotations: { "workers/triggered_by": "secret" },
    bindings: [...others, ...added],
  };
  worker.versions.push(version);
  deploy(call, worker, [{ version_id: version.id, percentage: 100 }], {});
  return list(worker);
}
