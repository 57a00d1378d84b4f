/** The address of the service: a host name in a zone of the account, or workers.dev where that is asked for. */

import type { Deployment } from "../deployment.ts";
import { hostName } from "../options.ts";
import type { Step } from "../steps.ts";

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
  const query = `/workers/domains?service=${encodeURIComponent(deployment.worker)}`;
  const domains = await deployment.api.get<CustomDomain[]>(deployment.path(query));
  const domain = domains.find(({ service }) => service === deployment.worker)?.hostname;
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
  const query = `/workers/domains?hostname=${encodeURIComponent(domain)}`;
  const taken = (await deployment.api.get<CustomDomain[]>(deployment.path(query))).find(
    ({ hostname, service }) => hostname === domain && service !== deployment.worker,
  );
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
