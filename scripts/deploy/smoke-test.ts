/**
 * Whether the deployed service works: a space, a profile and an event go in, an export of them comes out of the bucket
 * with the SHA-256 of its manifest, and the space is deleted. It waits as a client does, and not for ever.
 */

import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Spillway, SpillwayError } from "../../client/src/index.ts";
import { differences, manifestOf, receive } from "../proof.ts";
import type { Deployment } from "./deployment.ts";

const MINUTE_MS = 60_000;
const WITHIN_MS = 3 * MINUTE_MS;
/** A new host name needs its certificate first. */
const DOMAIN_WITHIN_MS = 10 * MINUTE_MS;
const PAUSE_MS = 1_000;
const PERSON = "smoke-test-person";
const DEFINITION = {
  id: "smoke_test",
  name: "Smoke test",
  properties: [{ name: "run", type: "text", required: true }],
} as const;

/** @throws Error that says which part did not work. */
export async function smokeTest(deployment: Deployment): Promise<void> {
  const { origin } = deployment;
  if (origin === null) throw new Error("The service has no address.");
  await waitForHealth(deployment, origin);
  const operator = operatorOf(deployment, origin);
  const run = randomUUID();
  const space = await part("a space", () => operator.spaces.create({ name: `Smoke test ${run}`, timezone: "UTC" }));
  const remove = () => part("deleting the space", () => operator.spaces.delete(space.id));
  try {
    const client = new Spillway({ origin, key: space.api_key, fetch: fetchOf(deployment) });
    await exportOneEvent(client, run, limitOf(deployment, WITHIN_MS));
  } catch (thrown) {
    // What went wrong first is what is told.
    await remove().catch(() => {});
    throw thrown;
  }
  await remove();
}

const limitOf = ({ options: { waitSeconds } }: Deployment, otherwise: number): number =>
  waitSeconds === null ? otherwise : waitSeconds * 1_000;

async function exportOneEvent(client: Spillway, run: string, timeoutMs: number): Promise<void> {
  await part("a profile", () => client.profiles.put([{ person_id: PERSON }]));
  await part("a definition", () =>
    client.eventDefinitions.create({ ...DEFINITION, properties: [...DEFINITION.properties] }),
  );
  const event = { id: run, definition_id: DEFINITION.id, person_id: PERSON, properties: { run } };
  const occurred = Date.now() - MINUTE_MS;
  await part("an event", () => client.events.send([{ ...event, occurred_at: new Date(occurred).toISOString() }]));
  const window = { start: new Date(occurred - MINUTE_MS).toISOString(), end: new Date(occurred + 1).toISOString() };
  const view = await part("an export", () =>
    client.exports.create({ dataset: "activity_events", ...window }).wait({ timeoutMs }),
  );
  const folder = mkdtempSync(join(tmpdir(), "spillway-smoke-"));
  try {
    const files = await part("a download", () => receive(client, view.id, folder));
    const [difference] = differences(await manifestOf(client, view.id), files);
    if (difference !== undefined)
      throw new Error(`the smoke test's file is not the one of its manifest: ${difference}`);
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    if (rows !== 1) throw new Error(`the smoke test sent one event, and its export has ${rows} rows.`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws Error where the Worker does not accept the operator's token, before anything depends on it. */
export async function checkAdminToken(deployment: Deployment): Promise<void> {
  const { origin } = deployment;
  if (origin === null || deployment.secrets.has("ADMIN_TOKEN")) return;
  try {
    for await (const _space of operatorOf(deployment, origin).spaces.list({ limit: 1 })) return;
  } catch (thrown) {
    if (thrown instanceof SpillwayError && thrown.status === 401)
      throw new Error(
        `${origin} does not accept the operator's token that this run has. Set ADMIN_TOKEN to the Worker's, or make ` +
          "another one: --new-admin-token",
        { cause: thrown },
      );
    // A service that does not answer is what this deployment may correct.
  }
}

function operatorOf(deployment: Deployment, origin: string): Spillway {
  return new Spillway({ origin, key: deployment.adminToken ?? "", fetch: fetchOf(deployment) });
}

/** In a gradual rollout the header makes the new version answer. */
function fetchOf({ worker, version }: Deployment): (request: Request) => Promise<Response> {
  return (request) => {
    if (version !== null) request.headers.set("Cloudflare-Workers-Version-Overrides", `${worker}="${version}"`);
    return fetch(request);
  };
}

async function waitForHealth(deployment: Deployment, origin: string): Promise<void> {
  const send = fetchOf(deployment);
  const withinMs = limitOf(deployment, deployment.installation.domain === null ? WITHIN_MS : DOMAIN_WITHIN_MS);
  let last = "";
  for (const deadline = Date.now() + withinMs; Date.now() < deadline;) {
    try {
      const response = await send(new Request(`${origin}/healthz`));
      await response.arrayBuffer();
      if (response.ok) return;
      last = `it answers with status ${response.status}`;
    } catch (thrown) {
      last = thrown instanceof Error ? (thrown.cause instanceof Error ? thrown.cause.message : thrown.message) : "";
    }
    await sleep(PAUSE_MS);
  }
  throw new Error(`the smoke test failed: ${origin}/healthz is not healthy within ${withinMs / 1_000} s: ${last}.`);
}

async function part<Result>(what: string, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Error(`the smoke test failed at ${what}: ${why}${causeIn(thrown)}`, { cause: thrown });
  }
}

/** What the export itself says, where it did not end. */
function causeIn(thrown: unknown): string {
  if (!(thrown instanceof SpillwayError && thrown.code === "wait_timed_out")) return "";
  const { progress, error } = thrown.export;
  return ` Its phase is ${progress.phase}${error === null ? "" : `, its last error: ${error.message}`}.`;
}
