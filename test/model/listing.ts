/** Reads List Events page by page, and compares its rows with the model's. */

import { eventsIn, flatRow } from "./activity-rows.ts";
import { canonical, Differs, expectStatus } from "./command.ts";
import type { Stage } from "./stage.ts";
import type { Window } from "./times.ts";
import { DAY_MS, type World } from "./world.ts";

/** @param query everything but the cursor. @param person whose events alone are in the list. */
export async function compareListed(
  world: World,
  stage: Stage,
  query: URLSearchParams,
  window: Window,
  names: readonly string[] | undefined,
  person?: string,
): Promise<void> {
  const { data } = world;
  const found: unknown[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    if (cursor !== "") query.set("cursor", cursor);
    const answer = await stage.call("GET", `/v1/events?${query.toString()}`);
    if (window.from < world.now - world.retentionDays * DAY_MS) return expectStatus(answer, 422);
    expectStatus(answer, 200);
    found.push(...(answer.body["data"] as unknown[]));
    cursor = answer.body["next_cursor"] as string | null;
  }
  let at = 0;
  const all = eventsIn(data, window, names);
  for (const event of person === undefined ? all : all.filter((each) => each.person === person)) {
    const wanted = canonical(flatRow(data, event));
    if (at < found.length && canonical(found[at]) === wanted) at += 1;
    else if (event.occurredAt >= world.goneBefore)
      throw new Differs(
        `listed row ${at + 1} of ${found.length}:\n  wanted ${wanted}\n  found  ${canonical(found[at])}`,
      );
  }
  if (at < found.length) throw new Differs(`${found.length - at} more events are listed`);
}
