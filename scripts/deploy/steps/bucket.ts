/** The service's own bucket at R2, and the rule that ends unfinished uploads. */

import { settingsOf, usesR2 } from "../config.ts";
import type { Deployment } from "../deployment.ts";
import type { Step } from "../steps.ts";

interface Rule {
  id: string;
  enabled: boolean;
  conditions?: { prefix?: string };
  abortMultipartUploadsTransition?: { condition: { type: "Age"; maxAge: number } };
}

const DAY_SECONDS = 86_400;
const RULE: Rule = {
  id: "abort incomplete uploads after a day",
  enabled: true,
  conditions: { prefix: "" },
  abortMultipartUploadsTransition: { condition: { type: "Age", maxAge: DAY_SECONDS } },
};

export function bucketSteps(deployment: Deployment): Step[] {
  const { BUCKET_NAME: name = "", BUCKET_ENDPOINT: endpoint = "" } = settingsOf(
    deployment.tracked,
    deployment.options.environment,
    deployment.installation,
  );
  if (!usesR2(deployment.installation))
    return [{ name: `bucket ${name}`, look: async () => ({ found: `yours, at ${endpoint}: nothing to do` }) }];
  return [
    {
      name: `bucket ${name}`,
      look: async () =>
        (await findBucket(deployment, name))
          ? { found: "found" }
          : { due: "make it", act: () => make(deployment, name) },
    },
    {
      name: "bucket's lifecycle rule",
      async look() {
        const rules = (await findBucket(deployment, name)) ? await readRules(deployment, name) : [];
        return rules.some(abortsWithinADay)
          ? { found: "found: incomplete uploads end after a day" }
          : { due: "end incomplete uploads after a day", act: () => addRule(deployment, name, rules) };
      },
    },
  ];
}

/** @returns whether the account has the bucket. */
export async function findBucket(deployment: Deployment, name: string): Promise<boolean> {
  return (await deployment.api.find(bucketPath(deployment, name), jurisdictionOf(deployment))) !== null;
}

async function make(deployment: Deployment, name: string): Promise<string> {
  const { location } = deployment.installation;
  const body = { name, ...(location === null ? {} : { locationHint: location }) };
  await deployment.api.send("POST", deployment.path("/r2/buckets"), { body, ...jurisdictionOf(deployment) });
  return "made";
}

async function readRules(deployment: Deployment, name: string): Promise<Rule[]> {
  const path = `${bucketPath(deployment, name)}/lifecycle`;
  return (await deployment.api.find<{ rules?: Rule[] }>(path, jurisdictionOf(deployment)))?.rules ?? [];
}

/** The call replaces all rules: those that are there stay. */
async function addRule(deployment: Deployment, name: string, rules: readonly Rule[]): Promise<string> {
  const body = { rules: [...rules.filter(({ id }) => id !== RULE.id), RULE] };
  const path = `${bucketPath(deployment, name)}/lifecycle`;
  await deployment.api.send("PUT", path, { body, ...jurisdictionOf(deployment) });
  return "made: incomplete uploads end after a day";
}

function abortsWithinADay({ enabled, conditions, abortMultipartUploadsTransition: abort }: Rule): boolean {
  return enabled && (conditions?.prefix ?? "") === "" && (abort?.condition.maxAge ?? Infinity) <= DAY_SECONDS;
}

export function bucketPath(deployment: Deployment, name: string): string {
  return deployment.path(`/r2/buckets/${name}`);
}

/** A bucket is looked for in its jurisdiction alone. */
export function jurisdictionOf({ installation: { jurisdiction } }: Deployment): { headers?: Record<string, string> } {
  return jurisdiction === null ? {} : { headers: { "cf-r2-jurisdiction": jurisdiction } };
}
