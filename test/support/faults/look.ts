/** How the checks read the database, and the error that they throw. */

import { env } from "cloudflare:workers";

/** A check failed. */
export class CheckFailed extends Error {}

export function expectSame(what: string, found: unknown, wanted: unknown): void {
  const [left, right] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (left !== right) throw new CheckFailed(`${what}: ${left}, and not ${right}`);
}

export async function query<Row>(sql: string, ...values: string[]): Promise<Row[]> {
  return (
    await env.CONTROL_DB.prepare(sql)
      .bind(...values)
      .all<Row>()
  ).results;
}
