/** The versions of the Worker: which of them answer calls, and how another one takes over. */

import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Deployment } from "./deployment.ts";
import { runWrangler } from "./run-wrangler.ts";

export interface Share {
  version: string;
  /** Of the calls. */
  percentage: number;
  /** The digest that the version was uploaded with; null for one that was uploaded by hand. */
  digest: string | null;
}

interface Version {
  id: string;
  annotations?: { "workers/tag"?: string };
}

/** @returns the versions that answer calls now, the one with the most calls first; none without a Worker. */
export async function currentShares(deployment: Deployment): Promise<Share[]> {
  const path = deployment.script("/deployments");
  const answer = await deployment.api.find<{
    deployments: { versions: { version_id: string; percentage: number }[] }[];
  }>(path);
  const shares: Share[] = [];
  for (const { version_id: version, percentage } of answer?.deployments[0]?.versions ?? []) {
    const { annotations } = await deployment.api.get<Version>(deployment.script(`/versions/${version}`));
    shares.push({ version, percentage, digest: annotations?.["workers/tag"]?.split("-")[0] ?? null });
  }
  return shares.toSorted((a, b) => b.percentage - a.percentage);
}

/** @returns the id of a version that was uploaded with that digest and without secrets, or null. */
export async function uploadedVersion(deployment: Deployment, digest: string): Promise<string | null> {
  const { items } = await deployment.api.get<{ items: Version[] }>(deployment.script("/versions?deployable=true"));
  return items.find(({ annotations }) => annotations?.["workers/tag"] === digest)?.id ?? null;
}

/**
 * @returns whether the upload must be `wrangler deploy`: for the first version, and where a class of Durable Objects is
 * new. Such a version takes all calls at once.
 */
export async function needsWholeDeploy(deployment: Deployment): Promise<boolean> {
  const path = deployment.path(`/workers/services/${deployment.worker}`);
  const service = await deployment.api.find<{ default_environment?: { script?: { migration_tag?: string } } }>(path);
  return service?.default_environment?.script?.migration_tag !== deployment.tracked.migrations.at(-1)?.tag;
}

/** The tag of a version. One that brought secrets has a tag of its own: it is not found by its code alone. */
function tagOf({ secrets }: Deployment, digest: string): string {
  return secrets.size === 0 ? digest : `${digest}-${randomBytes(4).toString("hex")}`;
}

/** Uploads and deploys, with queues' consumers, crons and addresses. @returns the version's id. */
export function deployWhole(deployment: Deployment, digest: string, message: string): Promise<string> {
  return upload(deployment, ["deploy", "--tag", tagOf(deployment, digest), "--message", message]);
}

/** Uploads a version that answers no call yet. @returns its id. */
export function uploadVersion(deployment: Deployment, digest: string, message: string): Promise<string> {
  return upload(deployment, ["versions", "upload", "--tag", tagOf(deployment, digest), "--message", message]);
}

/** Makes versions answer calls, each its percentage. */
export async function shareCalls(
  deployment: Deployment,
  shares: readonly Pick<Share, "version" | "percentage">[],
  message: string,
): Promise<void> {
  const specs = shares.map(({ version, percentage }) => `${version}@${percentage}%`);
  await runWrangler(deployment, ["versions", "deploy", ...specs, "--yes", "--message", message]);
}

/**
 * The secrets go up with the code, in one call: the file that wrangler reads has their names alone, and wrangler's own
 * environment has the values, which replace those of the file.
 */
async function upload(deployment: Deployment, command: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "spillway-deploy-"));
  try {
    const output = join(folder, "output.ndjson");
    const names = join(folder, "secrets.env");
    const secrets = Object.fromEntries(deployment.secrets);
    writeFileSync(
      names,
      Object.keys(secrets)
        .map((name) => `${name}=\n`)
        .join(""),
    );
    const file = deployment.secrets.size === 0 ? [] : ["--secrets-file", names];
    await runWrangler(deployment, [...command, ...file], { ...secrets, WRANGLER_OUTPUT_FILE_PATH: output });
    for (const line of readFileSync(output, "utf8").trim().split("\n")) {
      const { version_id: version } = JSON.parse(line) as { version_id?: string | null };
      if (typeof version === "string") return version;
    }
    throw new Error("wrangler named no version.");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
