/**
 * Deletes events and reachability events past their space's retention, in small steps. Events that an export still
 * needs are kept: otherwise its plan would count rows that its chunks do not find. It opens every space's database in
 * turn, so it also notes the size of those that one space has to itself.
 */

import { EVENTS, REACHABILITY_EVENTS } from "../db/events/event-range.ts";
import {
  leaseSpaceForRetention,
  oldestNeeded,
  type RetainedSpace,
  scheduleRetentionNow,
} from "../db/events/retention.ts";
import { log } from "../log.ts";
import type { Context } from "../context.ts";
import { measureSpace } from "./home-sizes.ts";
import { DAY_MS, HOUR_MS } from "../time/durations.ts";
import { forOneSpace } from "./one-space.ts";

const EVENTS_PER_STEP = 1_000;
/** A space with many old events does not delay the others. */
const STEPS_PER_SPACE = 10;
const EVERY_MS = HOUR_MS;
/**
 * Events are kept this much longer than the retention: an export that another machine's clock just accepted, with a
 * window that starts where the retention ends, still finds them.
 */
export const GRACE_MS = HOUR_MS;

/** One slice: deletes until no space is due, or the budget is nearly spent. @returns whether more are due. */
export async function retain(context: Pick<Context, "runtime" | "databases" | "budget" | "measure">): Promise<boolean> {
  const { control } = context.databases;
  do {
    const now = context.runtime.now();
    // The space is read before its exports: one that is not seen here was checked against this or a newer retention.
    const space = await leaseSpaceForRetention(control, now, now + EVERY_MS);
    if (space === null) return false;
    await forOneSpace("retain", space.id, async () => {
      await retainIn(context, space, now);
      await measureSpace(context, space);
    });
  } while (!context.budget.isNearlySpent);
  return true;
}

/** Deletes some steps of a space's old events. @param now epoch ms. */
async function retainIn({ databases }: Pick<Context, "databases">, space: RetainedSpace, now: number): Promise<void> {
  const oldest = await oldestNeeded(databases.control, space.id, now);
  const before = Math.min(now - space.retention_days * DAY_MS - GRACE_MS, oldest ?? Infinity);
  const store = databases.events(space.id);
  const events = await deleteSome((rows) => store.deleteBefore(EVENTS, space.id, before, rows));
  const reachability = await deleteSome((rows) => store.deleteBefore(REACHABILITY_EVENTS, space.id, before, rows));
  if (events.more || reachability.more) await scheduleRetentionNow(databases.control, space.id, now);
  if (events.deleted + reachability.deleted > 0)
    log("retention.deleted", {
      space_id: space.id,
      events: events.deleted,
      reachability_events: reachability.deleted,
    });
}

/**
 * @param step deletes at most `rows` rows, and returns how many. @returns `more`: whether there may be more to delete.
 */
async function deleteSome(step: (rows: number) => Promise<number>): Promise<{ deleted: number; more: boolean }> {
  let deleted = 0;
  for (let n = 0; n < STEPS_PER_SPACE; n += 1) {
    const rows = await step(EVENTS_PER_STEP);
    deleted += rows;
    if (rows < EVENTS_PER_STEP) return { deleted, more: false };
  }
  return { deleted, more: true };
}
