/**
 * `npm run deploy` inside Workers Builds, which the button "Deploy to Cloudflare" sets up: it copies the project, asks
 * for secrets and names, makes resources, and writes the names that were chosen into the copy's wrangler.toml. A build
 * has no terminal, no installation's file and no operator's token. So it makes what is still missing under those names,
 * applies the migrations, deploys the code, and leaves the smoke test to the operator, who has the token.
 */

import { findingText, lintMigrations } from "../migrations.ts";
import { readTrackedConfig, type TrackedConfig } from "./config.ts";
import { Deployment } from "./deployment.ts";
import { NEW_INSTALLATION } from "./installation.ts";
import { PRODUCTION } from "./names.ts";
import { terminalOperator } from "./operator.ts";
import { readOptions } from "./options.ts";
import { isLocal } from "./refusals.ts";
import { runWrangler } from "./run-wrangler.ts";
import { chooseAccount, signIn } from "./sign-in.ts";
import { runSteps } from "./steps.ts";
import { bucketSteps } from "./steps/bucket.ts";
import { databaseSteps } from "./steps/databases.ts";
import { migrationSteps } from "./steps/migrations.ts";
import { queueSteps } from "./steps/queues.ts";

/** Workers Builds sets it. */
export const isWorkersBuild = (): boolean => process.env["WORKERS_CI"] === "1";

/** @throws Error that says which step failed, and why. */
export async function deployInWorkersBuilds(): Promise<void> {
  const findings = lintMigrations();
  if (findings.length > 0) throw new Error(findings.map((each) => findingText(each)).join("\n"));
  const operator = terminalOperator(false);
  const api = await signIn();
  const account = await chooseAccount(api, process.env["CLOUDFLARE_ACCOUNT_ID"] ?? null, operator);
  const tracked = await readTrackedConfig();
  const deployment = new BuildDeployment({
    // The names of this environment are those of wrangler.toml.
    options: readOptions(["--env", PRODUCTION, "--yes"]),
    operator,
    api,
    account,
    tracked,
    recorded: false,
    installation: { ...NEW_INSTALLATION, account: account.id, workersDev: true, vars: chosenBucket(tracked) },
  });
  for (const steps of [databaseSteps, queueSteps, bucketSteps, migrationSteps])
    await runSteps(steps(deployment), false, operator);
  await runWrangler(deployment, ["deploy"]);
  operator.say(
    `\n${deployment.worker} is deployed. Its health, with the token that you entered as ADMIN_TOKEN:\n` +
      'curl "https://<the address above>/healthz?deep=1" -H "Authorization: Bearer $ADMIN_TOKEN"',
  );
}

/**
 * The secrets are those that were entered on the button's page. When the first build runs, the Worker may not have them
 * yet: until it has them, it answers no call, and its log names them.
 */
class BuildDeployment extends Deployment {
  override config(): Record<string, unknown> {
    const { secrets: _required, ...config } = super.config();
    return config;
  }
}

/** The bucket as the button's page has it: another store, or the bucket at R2 that it made. */
export function chosenBucket({ vars, r2_buckets }: Pick<TrackedConfig, "vars" | "r2_buckets">): Record<string, string> {
  if (!isLocal(vars["BUCKET_ENDPOINT"] ?? ""))
    return Object.fromEntries(Object.entries(vars).filter(([name]) => name.startsWith("BUCKET_")));
  const [bucket] = r2_buckets;
  return bucket === undefined ? {} : { BUCKET_NAME: bucket.bucket_name };
}
