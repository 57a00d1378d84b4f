/** The D1 databases: found by name, made where they are missing. */

import { CloudflareError } from "../api.ts";
import { databasesOf } from "../config.ts";
import type { Deployment } from "../deployment.ts";
import { JURISDICTIONS, LOCATIONS } from "../installation.ts";
import type { Step } from "../steps.ts";

export interface D1 {
  uuid: string;
  name: string;
  jurisdiction?: string | null;
  running_in_region?: string;
}

const NAME_IS_TAKEN = 7502;
const TABLES =
  "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%'";

export function databaseSteps(deployment: Deployment): Step[] {
  const { tracked, options, installation } = deployment;
  return databasesOf(tracked, options.environment, installation.spaceDatabases).map(({ name }) => ({
    name: `database ${name}`,
    async look() {
      const found = await findDatabase(deployment, name);
      if (found === null) return { due: `make it ${placeOf(deployment)}`, act: () => make(deployment, name) };
      deployment.databaseIds.set(name, found.uuid);
      return { found: `found: ${await checkPlace(deployment, found)}` };
    },
  }));
}

/** @returns null where the account has no database of that name. */
export async function findDatabase(deployment: Deployment, name: string): Promise<D1 | null> {
  const path = deployment.path(`/d1/database?name=${encodeURIComponent(name)}`);
  return (await deployment.api.list<D1>(path)).find((database) => database.name === name) ?? null;
}

/** @param sql a query of one column, `name`. */
export async function namesIn(deployment: Deployment, id: string, sql: string): Promise<string[]> {
  const path = deployment.path(`/d1/database/${id}/query`);
  const [answer] = await deployment.api.send<{ results: { name: string }[] }[]>("POST", path, { body: { sql } });
  return answer?.results.map(({ name }) => name) ?? [];
}

/** @returns the names of the database's tables, without those of SQLite and D1. */
export function tablesOf(deployment: Deployment, id: string): Promise<string[]> {
  return namesIn(deployment, id, TABLES);
}

async function make(deployment: Deployment, name: string): Promise<string> {
  const { jurisdiction, location } = deployment.installation;
  const place = jurisdiction === null ? location !== null && { primary_location_hint: location } : { jurisdiction };
  try {
    const body = { name, ...(place === false ? {} : place) };
    const { uuid } = await deployment.api.send<D1>("POST", deployment.path("/d1/database"), { body });
    deployment.databaseIds.set(name, uuid);
    return `made ${placeOf(deployment)}`;
  } catch (thrown) {
    if (!(thrown instanceof CloudflareError && thrown.code === NAME_IS_TAKEN)) throw thrown;
    throw new Error(`The account has a database ${name} that this sign-in does not see.`, { cause: thrown });
  }
}

/** @throws Error where the data is outside the jurisdiction that was asked for: D1 moves no database. */
async function checkPlace(deployment: Deployment, { uuid, name }: D1): Promise<string> {
  const found = await deployment.api.get<D1>(deployment.path(`/d1/database/${uuid}`));
  const is = found.jurisdiction ?? null;
  const { jurisdiction: asked } = deployment.installation;
  if (asked !== is)
    throw new Error(
      `the database ${name} is ${nameOf(is)}, and the installation ${nameOf(asked)}. D1 moves no database: choose ` +
        "another --env for that place, or correct the installation's file.",
    );
  const region = found.running_in_region ?? "a region that Cloudflare does not name";
  return is === null ? `runs in ${region}` : `${nameOf(is)}, runs in ${region}`;
}

const nameOf = (jurisdiction: string | null): string =>
  jurisdiction === null ? "in no jurisdiction" : `in the jurisdiction ${jurisdiction}`;

/**
 * Where the installation's file was lost, the first database that exists says the jurisdiction, and further ones are
 * made in the same. Without any database the operator is asked for the place, once.
 */
export async function recoverPlace(deployment: Deployment): Promise<void> {
  if (deployment.recorded) return;
  const { tracked, options, installation, operator } = deployment;
  for (const { name } of databasesOf(tracked, options.environment, 1)) {
    const found = await findDatabase(deployment, name);
    if (found === null) continue;
    const { jurisdiction: is } = await deployment.api.get<D1>(deployment.path(`/d1/database/${found.uuid}`));
    const jurisdiction = JURISDICTIONS.find((each) => each === is);
    if (jurisdiction !== undefined && installation.jurisdiction === null) deployment.save({ jurisdiction });
    return;
  }
  const isOpen = installation.jurisdiction === null && installation.location === null;
  if (isOpen && operator.answers && !options.plan) await askPlace(deployment);
}

async function askPlace(deployment: Deployment): Promise<void> {
  const { operator } = deployment;
  operator.say("Where databases and bucket are is fixed once they are made.");
  operator.say(`  ${JURISDICTIONS.join(", ")}: they stay in that jurisdiction`);
  operator.say(`  ${LOCATIONS.join(", ")}: they begin in or near that region`);
  for (;;) {
    const answer = await operator.ask("Where (Enter: near this machine)?");
    const jurisdiction = JURISDICTIONS.find((each) => each === answer);
    const location = LOCATIONS.find((each) => each === answer);
    if (jurisdiction !== undefined) return deployment.save({ jurisdiction });
    if (location !== undefined) return deployment.save({ location });
    if (answer === "") return;
  }
}

function placeOf({ installation: { jurisdiction, location } }: Deployment): string {
  if (jurisdiction !== null) return nameOf(jurisdiction);
  return location === null ? "near the place where this command runs" : `in or near ${location}`;
}
