/**
 * The addresses of deployed Workers: which one a host name belongs to, which version answers a request, and where that
 * version runs on this machine. `reach.ts` asks for it on the other side.
 */

import { RunningWorker } from "./running-worker.ts";
import { type Account, deployedVersion, type Version, type Worker } from "./state.ts";

/** Where the stand-in answers for a version that throws at every call but the one for its health. */
export const BROKEN = "/broken";

export class Addresses {
  /** Which versions throw. */
  isBroken: (version: Version) => boolean = () => false;
  readonly #accounts: readonly Account[];
  readonly #running = new Map<Worker, RunningWorker>();

  constructor(accounts: readonly Account[]) {
    this.#accounts = accounts;
  }

  /**
   * @param overrides the header `Cloudflare-Workers-Version-Overrides` of the request.
   * @returns the origin; a path of the stand-in for a version that throws; null for a host of no Worker.
   */
  async find(host: string, overrides: string | null): Promise<string | null> {
    const [account, worker] = this.#ownerOf(host);
    if (account === undefined || worker === undefined) return null;
    const version = overridden(worker, overrides) ?? deployedVersion(worker);
    if (version === null || this.isBroken(version)) return BROKEN;
    const running = this.#running.get(worker) ?? new RunningWorker(account, worker);
    this.#running.set(worker, running);
    return running.origin(version);
  }

  async close(): Promise<void> {
    for (const running of this.#running.values()) await running.close();
  }

  #ownerOf(host: string): [Account?, Worker?] {
    for (const account of this.#accounts) {
      const domain = account.domains.find(({ hostname }) => hostname === host);
      const worker = account.workers.find(
        ({ name, onWorkersDev }) =>
          name === domain?.service || (onWorkersDev && `${name}.${account.subdomain}.workers.dev` === host),
      );
      if (worker !== undefined) return [account, worker];
    }
    return [];
  }
}

/** Only a version that has a share of the traffic can be asked for. */
function overridden(worker: Worker, overrides: string | null): Version | null {
  const wanted = new RegExp(`(?:^|[,\\s])${worker.name}="([^"]+)"`).exec(overrides ?? "")?.[1];
  const isDeployed = worker.deployments.at(-1)?.versions.some(({ version_id }) => version_id === wanted) ?? false;
  return (isDeployed ? worker.versions.find(({ id }) => id === wanted) : undefined) ?? null;
}
