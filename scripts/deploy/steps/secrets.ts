/**
 * The Worker's secrets. Those that it has stay; those that are missing are made, taken from the environment, or asked
 * for, and go up with the code. None is printed, written to a file of the project, or passed as an argument.
 */

import { AwsClient } from "aws4fetch";
import { setTimeout as sleep } from "node:timers/promises";
import { databasesOf, settingsOf, usesR2 } from "../config.ts";
import type { Deployment } from "../deployment.ts";
import { adminTokenPlace, readAdminToken, saveAdminToken } from "../admin-token.ts";
import { MADE, REQUIRED_SECRETS, type SecretName } from "../secret-names.ts";
import type { Step } from "../steps.ts";
import { namesIn, tablesOf } from "./databases.ts";
import { checkSettings } from "./settings.ts";

const BUCKET_KEYS: readonly SecretName[] = ["BUCKET_ACCESS_KEY_ID", "BUCKET_SECRET_ACCESS_KEY"];
const KEY_IS_LOST =
  "the Worker has no SECRETS_KEY, and its database has spaces: a fresh key could not read what the one of before " +
  "encrypted. Set SECRETS_KEY in the environment to that one. If it is lost, set a fresh one there: destinations and " +
  "webhooks then need their secrets anew.";
const TRIES = 3;
const WAIT_MS = 2_000;

export function secretSteps(deployment: Deployment): Step[] {
  return [
    {
      name: "secrets",
      async look() {
        const { options, api, origin } = deployment;
        const stored = (await api.find<{ name: string }[]>(deployment.script("/secrets"))) ?? [];
        const has = new Set(stored.map(({ name }) => name));
        const missing = REQUIRED_SECRETS.filter((name) => !has.has(name));
        const due = [...new Set<SecretName>([...missing, ...options.replaced])];
        deployment.adminToken = readAdminToken(origin);
        if (due.length === 0) return { found: `found: ${[...has].toSorted().join(", ")}` };
        return { due: `store ${due.join(", ")}`, act: () => collect(deployment, due) };
      },
    },
  ];
}

async function collect(deployment: Deployment, due: readonly SecretName[]): Promise<string> {
  const { secrets, operator, account, options, origin } = deployment;
  const made: string[] = [];
  for (const name of due) {
    // A run that was killed before the upload has saved the token that it made.
    const kept = name === "ADMIN_TOKEN" && !options.replaced.has(name) ? deployment.adminToken : null;
    const given = process.env[name] ?? kept ?? "";
    const make = MADE[name];
    if (given !== "") secrets.set(name, given);
    else if (make !== undefined) {
      if (name === "ADMIN_TOKEN") refuseToLoseIt();
      if (name === "SECRETS_KEY" && (await hasSpaces(deployment))) throw new Error(KEY_IS_LOST);
      secrets.set(name, make());
      made.push(name);
    }
  }
  const open = due.filter((name) => !secrets.has(name));
  if (open.length > 0) {
    const bucket = settingsOf(deployment.tracked, options.environment, deployment.installation)["BUCKET_NAME"];
    const where =
      usesR2(deployment.installation) && open.some((name) => BUCKET_KEYS.includes(name))
        ? ` Make a key of R2 that reads and writes objects of the bucket ${bucket}: ` +
          `https://dash.cloudflare.com/${account.id}/r2/api-tokens`
        : "";
    if (!operator.answers) throw new Error(`set ${open.join(" and ")} in the environment.${where}`);
    if (where !== "") operator.say(where.trim());
    for (const name of open) secrets.set(name, await operator.askSecret(name));
  }
  checkSettings(deployment);
  if (due.some((name) => BUCKET_KEYS.includes(name))) await checkBucketKeys(deployment);
  const token = secrets.get("ADMIN_TOKEN");
  if (token !== undefined) {
    deployment.adminToken = token;
    if (made.includes("ADMIN_TOKEN") && origin !== null) {
      saveAdminToken(origin, token);
      operator.say(
        `The operator's token is saved in ${adminTokenPlace()}: npx spillway spaces list --origin ${origin}`,
      );
    }
  }
  const from = made.length === 0 ? "" : `made ${made.join(", ")}; `;
  return `${from}${due.join(", ")} go up with the code`;
}

/** Whether an installation of before left data that its key encrypted. */
async function hasSpaces(deployment: Deployment): Promise<boolean> {
  const { tracked, options, databaseIds } = deployment;
  const control = databasesOf(tracked, options.environment, 1)[0]?.name ?? "";
  const id = databaseIds.get(control);
  if (id === undefined || !(await tablesOf(deployment, id)).includes("spaces")) return false;
  return (await namesIn(deployment, id, "SELECT name FROM spaces LIMIT 1")).length > 0;
}

/** A pipeline's machine is gone after the run, and the token with it. */
function refuseToLoseIt(): void {
  if ((process.env["CI"] ?? "") === "") return;
  throw new Error(
    "set ADMIN_TOKEN in the environment: a token that is made on this machine would be lost with it. " +
      "This makes one: openssl rand -base64 32",
  );
}

/** @throws Error where the store refuses the keys. A new key of R2 is not known everywhere at once. */
async function checkBucketKeys(deployment: Deployment): Promise<void> {
  const { tracked, options, installation, secrets } = deployment;
  const settings = settingsOf(tracked, options.environment, installation);
  const { BUCKET_ENDPOINT: endpoint, BUCKET_NAME: bucket, BUCKET_REGION: region } = settings;
  const [accessKeyId, secretAccessKey] = BUCKET_KEYS.map((name) => secrets.get(name));
  if (accessKeyId === undefined || secretAccessKey === undefined) return;
  const client = new AwsClient({ accessKeyId, secretAccessKey, region: region ?? "auto", service: "s3", retries: 0 });
  for (let attempt = 1; ; attempt++) {
    const url = `${endpoint?.replace(/\/+$/, "")}/${bucket}?list-type=2&max-keys=1`;
    const { status } = await client.fetch(url).catch(() => ({ status: 0 }));
    if (status === 200) return;
    if (attempt < TRIES && status !== 404) {
      await sleep(WAIT_MS);
      continue;
    }
    const why = status === 0 ? "the store does not answer" : `the store answers with status ${status}`;
    throw new Error(`the bucket ${bucket} cannot be read with these keys: ${why}. Nothing was stored.`);
  }
}
