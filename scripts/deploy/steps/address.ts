/** The address of the service: a host name in a zone of the account, or workers.dev where that is asked for. */

import { needAdminToken } from "../admin-token.ts";
import { CloudflareError } from "../api.ts";
import type { Deployment } from "../deployment.ts";
import { hostName } from "../options.ts";
import type { Step } from "../steps.ts";

/** DNS records of somebody's, or a Worker. */
const HOST_IS_TAKEN = new Set([100_116, 100_117]);

const HOW =
  "Name a host in a zone of the account: --domain exports.example.com. To try it out without one: --workers-dev.";

interface CustomDomain {
  hostname: string;
  service: string;
}

export function addressSteps(deployment: Deployment): Step[] {
  return [
    {
      name: "address",
      async look() {
        await recoverAddress(deployment);
        if (!hasAddress(deployment)) {
          if (deployment.options.plan) return { due: `ask for one. ${HOW}`, act: async () => "" };
          if (!deployment.operator.answers) throw new Error(`the service has none yet. ${HOW}`);
          await ask(deployment);
        }
        deployment.origin = await checkAddress(deployment);
        return { found: `found: ${deployment.origin}` };
      },
    },
  ];
}

const hasAddress = ({ installation: { domain, workersDev } }: Deployment): boolean => domain !== null || workersDev;

/** Where the installation's file was lost, the Worker still has its address. */
export async function recoverAddress(deployment: Deployment): Promise<void> {
  if (deployment.recorded || hasAddress(deployment)) return;
  const domain = (await domainsBy(deployment, "service", deployment.worker))[0]?.hostname;
  if (domain !== undefined) return deployment.save({ domain });
  const subdomain = await deployment.api.find<{ enabled: boolean }>(deployment.script("/subdomain"));
  if (subdomain?.enabled === true) deployment.save({ workersDev: true });
}

async function ask(deployment: Deployment): Promise<void> {
  const question = "Host name of the service, in a zone of this account (Enter: a workers.dev address, to try it out)?";
  const answer = await deployment.operator.ask(question);
  deployment.save(answer === "" ? { workersDev: true } : { domain: hostName(answer) });
}

/** @returns the origin. @throws Error where the service could not have that address. */
async function checkAddress(deployment: Deployment): Promise<string> {
  const { domain } = deployment.installation;
  if (domain !== null) await checkDomain(deployment, domain);
  const origin = await originOf(deployment);
  if (origin !== null) return origin;
  throw new Error(
    "the account has no workers.dev name yet. Choose one: " +
      `https://dash.cloudflare.com/${deployment.account.id}/workers/onboarding`,
  );
}

async function checkDomain(deployment: Deployment, domain: string): Promise<void> {
  const taken = (await domainsBy(deployment, "hostname", domain)).find(({ service }) => service !== deployment.worker);
  if (taken !== undefined)
    throw new Error(
      `${domain} is the address of the Worker ${taken.service}. Choose another host, or remove it there.`,
    );
  const labels = domain.split(".");
  for (let n = 0; n < labels.length - 1; n++) {
    const name = labels.slice(n).join(".");
    const zones = await deployment.api.get<{ name: string; account?: { id: string } }[]>(`/zones?name=${name}`);
    if (
      zones.some((zone) => zone.name === name && (zone.account?.id ?? deployment.account.id) === deployment.account.id)
    )
      return;
  }
  throw new Error(
    `No zone of the account ${deployment.account.name} has ${domain}. Add its zone at ` +
      `https://dash.cloudflare.com/${deployment.account.id}/domains, or choose another host.`,
  );
}

/** @returns the custom domains of the account's Workers with that value. */
async function domainsBy(deployment: Deployment, field: keyof CustomDomain, value: string): Promise<CustomDomain[]> {
  const path = deployment.path(`/workers/domains?${field}=${encodeURIComponent(value)}`);
  return (await deployment.api.get<CustomDomain[]>(path)).filter((domain) => domain[field] === value);
}

/** The step that gives the Worker its domain. A Worker that is not there yet gets it with its first version. */
export function domainSteps(deployment: Deployment): Step[] {
  const { domain } = deployment.installation;
  if (domain === null) return [];
  return [
    {
      name: "domain",
      async look() {
        const has = (await domainsBy(deployment, "service", deployment.worker)).map(({ hostname }) => hostname);
        if (has.length === 1 && has[0] === domain) return { found: "found" };
        const act = async () => {
          await needAdminToken(deployment);
          return giveDomain(deployment, domain);
        };
        if ((await deployment.api.find(deployment.script("/settings"))) === null)
          return { found: "comes with the first version" };
        // Whatever passed its smoke test did so at another address.
        deployment.installation = { ...deployment.installation, tested: null };
        return { due: has.length === 0 ? `add ${domain}` : `${domain} instead of ${has.join(", ")}`, act };
      },
    },
  ];
}

/**
 * Wrangler would replace DNS records that the host has, and with them whatever answers there: this call refuses.
 * @throws Error where the host has records, or another Worker.
 */
export async function giveDomain(deployment: Deployment, domain: string): Promise<string> {
  // Whatever passed its smoke test did so at another address.
  deployment.save({ tested: null });
  const body = {
    override_scope: true,
    override_existing_origin: false,
    override_existing_dns_record: false,
    origins: [{ hostname: domain }],
  };
  try {
    await deployment.api.send("PUT", deployment.script("/domains/records"), { body });
    return `made: ${domain}`;
  } catch (thrown) {
    if (!(thrown instanceof CloudflareError && HOST_IS_TAKEN.has(thrown.code))) throw thrown;
    throw new Error(
      `${domain} has DNS records already, and something may answer there. Remove them, or choose another host: ` +
        `https://dash.cloudflare.com/${deployment.account.id}/domains`,
      { cause: thrown },
    );
  }
}

/** @returns the origin of the installation as far as it has one, without checking it. */
export async function originOf(deployment: Deployment): Promise<string | null> {
  const { domain, workersDev } = deployment.installation;
  if (domain !== null) return `https://${domain}`;
  const subdomain = workersDev ? await readSubdomain(deployment) : null;
  return subdomain === null ? null : `https://${deployment.worker}.${subdomain}.workers.dev`;
}

async function readSubdomain(deployment: Deployment): Promise<string | null> {
  const found = await deployment.api.find<{ subdomain: string | null }>(deployment.path("/workers/subdomain"));
  return found?.subdomain || null;
}
