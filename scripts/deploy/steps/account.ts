/** Checks what the account must have before anything is made in it: the paid plan, R2, and a name that is free. */

import { CloudflareError } from "../api.ts";
import { SPACE_BINDING, usesR2 } from "../config.ts";
import type { Deployment } from "../deployment.ts";
import type { Step } from "../steps.ts";

const R2_IS_OFF = 10_042;
/** Names of plans in the list of subscriptions. */
const PAID = /workers|contract|enterprise/i;
const FREE = /free/i;

interface Subscription {
  rate_plan?: { id?: string; public_name?: string };
  state?: string;
}

export function accountSteps(deployment: Deployment): Step[] {
  const { account } = deployment;
  const dashboard = `https://dash.cloudflare.com/${account.id}`;
  return [
    { name: "account", look: async () => ({ found: `found: ${account.name} (${account.id})` }) },
    { name: "plan", look: async () => ({ found: await checkPlan(deployment, dashboard) }) },
    { name: "R2", look: async () => ({ found: await checkR2(deployment, dashboard) }) },
    { name: `Worker's name ${deployment.worker}`, look: async () => ({ found: await checkWorker(deployment) }) },
  ];
}

async function checkPlan(deployment: Deployment, dashboard: string): Promise<string> {
  let subscriptions: Subscription[];
  try {
    subscriptions = await deployment.api.list<Subscription>(deployment.path("/subscriptions"));
  } catch (thrown) {
    // The sign-in of a browser, and most tokens, may not read what is paid: then the upload of the code says it.
    if (thrown instanceof CloudflareError && thrown.isForbidden)
      return "unknown: this sign-in may not read subscriptions. Workers Paid is needed; without it the upload is refused";
    throw thrown;
  }
  const plan = subscriptions.find(({ rate_plan: { id = "" } = {} }) => PAID.test(id) && !FREE.test(id));
  if (plan !== undefined) return `found: ${plan.rate_plan?.public_name ?? "Workers Paid"}`;
  throw new Error(
    `The account has the free plan, whose Workers may not compute for as long as an export needs. Choose Workers Paid: ` +
      `${dashboard}/workers/plans`,
  );
}

async function checkR2(deployment: Deployment, dashboard: string): Promise<string> {
  if (!usesR2(deployment.installation)) return "not needed: the bucket is in another store";
  try {
    await deployment.api.get(deployment.path("/r2/buckets"));
    return "found: turned on";
  } catch (thrown) {
    if (thrown instanceof CloudflareError && thrown.code === R2_IS_OFF)
      throw new Error(`R2 is turned off in this account. Turn it on: ${dashboard}/r2/overview`, { cause: thrown });
    throw thrown;
  }
}

interface Binding {
  name: string;
  type: string;
}

/** What of a deployment the check of its Worker's name reads. */
type Named = Pick<Deployment, "api" | "worker" | "tracked" | "recorded" | "installation" | "script">;

/** @returns the Worker's D1 bindings; null without a Worker. @throws Error for a Worker that is another program. */
export async function ownDatabases(deployment: Named): Promise<string[] | null> {
  const settings = await deployment.api.find<{ bindings?: Binding[] }>(deployment.script("/settings"));
  if (settings === null) return null;
  const databases = (settings.bindings ?? []).filter(({ type }) => type === "d1").map(({ name }) => name);
  if (databases.includes(deployment.tracked.d1_databases[0]?.binding ?? "")) return databases;
  throw new Error(
    `The account has a Worker ${deployment.worker} that is not Spillway. Choose another environment (--env), whose ` +
      "resources have other names, or rename that Worker.",
  );
}

/** @throws Error for a Worker that is another program, or has databases that this deployment would cut off. */
export async function checkWorker(deployment: Named): Promise<string> {
  const databases = await ownDatabases(deployment);
  if (databases === null) return "free";
  const shared = databases.filter((name) => name.startsWith(SPACE_BINDING)).length;
  const { spaceDatabases } = deployment.installation;
  if (deployment.recorded && shared > spaceDatabases)
    throw new Error(
      `the Worker has ${shared} databases for spaces, and ${spaceDatabases} are asked for: spaces would lose their ` +
        `data. Deploy with --space-databases ${shared}.`,
    );
  return "found: an installation of Spillway";
}
