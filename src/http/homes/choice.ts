/**
 * Which home a new space gets: the one that the operator names, else the one of the setting DEFAULT_HOME, else the D1
 * database of the fewest bytes. Nearly all of a database's bytes are events. D1 tells the bytes with the answer to any
 * query; to count events would be to scan them.
 */

import type { Databases } from "../../db/core/shards.ts";
import { sumSpacesIn } from "../../db/tenants/home-sizes.ts";
import { invalid } from "../../errors.ts";
import { logFailure } from "../../log.ts";
import type { Call } from "../route.ts";

/**
 * @param named by the operator; undefined: the service chooses.
 * @throws invalid_request for a home that is not here.
 */
export async function chooseHome(
  { config, databases }: Pick<Call, "config" | "databases">,
  named: string | undefined,
): Promise<string> {
  if (named !== undefined) checkHome(databases, named);
  return named ?? config.defaultHome ?? smallestDatabase(databases);
}

/** @throws invalid_request for the name of a home that is not here. */
export function checkHome({ homes }: Pick<Databases, "homes">, name: string): void {
  if (homes.some((home) => home.name === name)) return;
  const names = homes.map((home) => home.name).join(", ");
  throw invalid({ pointer: "/home", detail: `There is no home ${JSON.stringify(name)} here. Use one of: ${names}.` });
}

/**
 * The D1 database of the fewest bytes; of equal ones that of the fewest spaces, then by name. One that does not answer
 * is passed over. @throws what the first one failed with, where none answers.
 */
async function smallestDatabase({ control, homes }: Pick<Databases, "control" | "homes">): Promise<string> {
  const shared = homes.flatMap(({ name, database }) => (database === null ? [] : [{ name, database }]));
  const [first, ...others] = shared;
  if (first !== undefined && others.length === 0) return first.name;
  const sizes = await Promise.allSettled(
    shared.map(async ({ name, database }) => ({ name, bytes: await database.size() })),
  );
  const measured = sizes.flatMap((size) => (size.status === "fulfilled" ? [size.value] : []));
  for (const [n, size] of sizes.entries())
    if (size.status === "rejected") {
      if (measured.length === 0) throw size.reason;
      logFailure("home.not_measured", size.reason, { home: shared[n]?.name });
    }
  const fewest = Math.min(...measured.map(({ bytes }) => bytes));
  const equal = measured.filter(({ bytes }) => bytes === fewest).map(({ name }) => name);
  const [only, ...tied] = equal;
  return only !== undefined && tied.length === 0 ? only : fewestSpaces(control, equal);
}

async function fewestSpaces(control: Databases["control"], names: readonly string[]): Promise<string> {
  const counted = await Promise.all(names.map(async (name) => ({ name, ...(await sumSpacesIn(control, name)) })));
  const [first] = counted.toSorted((a, b) => a.spaces - b.spaces || (a.name < b.name ? -1 : 1));
  if (first === undefined) throw new Error("No binding in wrangler.toml is a D1 database for spaces.");
  return first.name;
}
