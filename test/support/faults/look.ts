/** How the checks look at the database, and how they say what is wrong. */

import { env } from "cloudflare:workers";

/** Something does not hold that must. */
export class Wrong extends Error {}

export function expectSame(what: string, found: unknown, wanted: unknown): void {
  const [left, right] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (left !== right) throw new Wrong(`${what}: ${left}, and not ${right}`);
}

export async function query<Row>(sql: string, ...values: string[]): Promise<Row[]> {
  return (
    await env.CONTROL_DB.prepare(sql)
      .bind(...values)
      .all<Row>()
  ).results;
}
