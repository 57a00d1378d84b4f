/** The day of an instant in a space's time zone, by which the space's counters are kept. */

import type { Context } from "../../context.ts";
import { findTimeZone } from "../../db/tenants/spaces.ts";
import { dayOf } from "../../time/days.ts";

/** @param time epoch ms. @returns `YYYY-MM-DD`; of a space that is being deleted, the day in UTC. */
export async function daySpaceHas(
  { databases }: Pick<Context, "databases">,
  spaceId: string,
  time: number,
): Promise<string> {
  return dayOf(time, (await findTimeZone(databases.control, spaceId)) ?? "UTC");
}
