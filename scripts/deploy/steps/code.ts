/** The code, as a version of the Worker, and what calls it: crons, queues, the address. */

import { execFileSync } from "node:child_process";
import { ROOT } from "../../stack.ts";
import { setTimeout as sleep } from "node:timers/promises";
import { needAdminToken } from "../admin-token.ts";
import type { Deployment } from "../deployment.ts";
import { digestOf } from "../digest.ts";
import { runWrangler } from "../run-wrangler.ts";
import { checkAdminToken, smokeTest } from "../smoke-test.ts";
import type { Step } from "../steps.ts";
import { giveDomain } from "./address.ts";
import {
  currentShares,
  deployWhole,
  needsWholeDeploy,
  type Share,
  shareCalls,
  uploadedVersion,
  uploadVersion,
} from "../versions.ts";

const ALL = 100;

export function codeSteps(deployment: Deployment): Step[] {
  return [
    {
      name: "code",
      async look() {
        const digest = digestOf(deployment.config());
        const shares = await currentShares(deployment);
        const same = shares.find((share) => share.digest === digest);
        if (same?.percentage === ALL && deployment.secrets.size === 0) {
          deployment.version = same.version;
          return { found: `found: version ${same.version}` };
        }
        return {
          due: `upload it as a version${howOf(deployment, shares)}`,
          act: () => roll(deployment, digest, shares),
        };
      },
    },
    {
      name: "crons and consumers",
      async look() {
        const { version, installation, triggersSet } = deployment;
        if (triggersSet) return { found: "made with the code" };
        if (version !== null && version === installation.tested) return { found: "found" };
        return { due: "set them as the configuration says", act: () => setTriggers(deployment) };
      },
    },
  ];
}

const howOf = ({ options: { gradual } }: Deployment, shares: readonly Share[]): string =>
  gradual.length === 0 || shares.length === 0 ? "" : `, which gets ${[...gradual, ALL].join(" %, ")} % of the calls`;

/** @param shares before. */
async function roll(deployment: Deployment, digest: string, shares: readonly Share[]): Promise<string> {
  await needAdminToken(deployment);
  const before = shares.find((share) => share.digest !== digest) ?? null;
  const message = commitMessage();
  if (await needsWholeDeploy(deployment)) {
    deployment.version = await deployWhole(deployment, digest, message);
    deployment.before = before?.version ?? null;
    deployment.triggersSet = true;
    const { domain } = deployment.installation;
    if (domain !== null) await giveDomain(deployment, domain);
    return `made version ${deployment.version} (${message}), which answers all calls`;
  }
  await checkAdminToken(deployment);
  const kept = deployment.secrets.size === 0 ? await uploadedVersion(deployment, digest) : null;
  const version = kept ?? (await uploadVersion(deployment, digest, message));
  deployment.version = version;
  // A version of the same code with other secrets is gone back from, too.
  deployment.before = before?.version ?? shares.find((share) => share.version !== version)?.version ?? null;
  const begun = shares.find((share) => share.version === version)?.percentage ?? 0;
  for (const percentage of deployment.options.gradual.filter((step) => step > begun))
    await shareAndWatch(deployment, version, percentage, message);
  await shareCalls(deployment, [{ version, percentage: ALL }], message);
  return `${kept === null ? "made" : "found"} version ${version} (${message}), which answers all calls now`;
}

/** @throws Error after going back, where the new version fails. */
async function shareAndWatch(
  deployment: Deployment,
  version: string,
  percentage: number,
  message: string,
): Promise<void> {
  const { before, operator, options } = deployment;
  if (before === null) return;
  const shares = [
    { version, percentage },
    { version: before, percentage: ALL - percentage },
  ];
  await shareCalls(deployment, shares, message);
  operator.say(`  version ${version} answers ${percentage} % of the calls; it is watched for ${options.holdSeconds} s`);
  try {
    await smokeTest(deployment);
    if (options.holdSeconds > 0) {
      await sleep(options.holdSeconds * 1_000);
      await smokeTest(deployment);
    }
  } catch (thrown) {
    throw await goBack(deployment, thrown);
  }
}

/** Makes the version of before answer all calls again. @returns the error that says so. */
export async function goBack(deployment: Deployment, thrown: unknown): Promise<Error> {
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  const { before, version } = deployment;
  if (before === null)
    return new Error(
      `${why}\nThere is no version before ${version} to go back to: it stays. Correct the cause, and run again.`,
    );
  try {
    const message = `back: the smoke test of ${version} failed`;
    await shareCalls(deployment, [{ version: before, percentage: ALL }], message);
  } catch (refused) {
    const reason = refused instanceof Error ? refused.message : String(refused);
    return new Error(`${why}\nVersion ${version} stays: going back to ${before} failed as well: ${reason}`);
  }
  return new Error(
    `${why}\nVersion ${before}, the one before, answers all calls again. The databases keep their new tables.`,
  );
}

async function setTriggers(deployment: Deployment): Promise<string> {
  await runWrangler(deployment, ["triggers", "deploy"]);
  return "set";
}

/** `commit 0123456`, with a mark where files were changed after it. */
function commitMessage(): string {
  try {
    const git = (...args: string[]) => execFileSync("git", args, { cwd: ROOT, stdio: "pipe" }).toString().trim();
    return `commit ${git("rev-parse", "--short", "HEAD")}${git("status", "--porcelain") === "" ? "" : " with changes"}`;
  } catch {
    return "no commit";
  }
}
