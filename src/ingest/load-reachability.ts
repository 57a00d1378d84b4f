/** Ingests reachability events of another system: checks their persons and times, writes all or none. */

import type { Database } from "../db/core/database.ts";
import { findKnownIds } from "../db/events/event-range.ts";
import { loadReachability, type NewReachability } from "../db/events/reachability.ts";
import type { Fault } from "../errors.ts";
import { retryOnConflict } from "./retry-on-conflict.ts";
import { eventTimeFault } from "./event-time.ts";
import { Persons } from "./persons.ts";
import { type Rejected, throwFaults } from "./rejections.ts";
import { type Channel, type ChannelState, reachabilityText } from "./reachability.ts";

/** An event as it was sent, after the schema's checks: its reasons and fields are those of its channel. */
export interface SentReachability extends ChannelState {
  id: string;
  person_id: string;
  channel: Channel;
  timestamp: string;
  reasons: readonly string[];
  installation_id?: string | null | undefined;
}

export interface Load {
  db: Database;
  space: { id: string; retention_days: number };
  now: number;
  uuid: () => string;
}

/** No reachability event is older than this, epoch ms. */
export const FIRST_REACHABILITY = Date.parse("2024-10-10T00:00:00.000Z");

/**
 * @param pointers the JSON pointer of each event in the body.
 * @throws invalid_request with a pointer to each fault; nothing is written then. conflict when other calls changed the
 * events' persons at each attempt.
 */
export async function ingestReachability(
  load: Load,
  events: readonly SentReachability[],
  pointers: (index: number) => string,
): Promise<{ accepted: number; duplicates: number }> {
  return retryOnConflict(CHANGED, async () => {
    const rows = await check(load, events, pointers);
    const accepted = await loadReachability(load.db, load.space.id, rows, load.now);
    return { accepted, duplicates: events.length - accepted };
  });
}

const CHANGED = "Other calls changed the profiles of these events at the same time. Send the events again.";

/** @returns the events to write: those without a fault. */
async function check(
  load: Load,
  events: readonly SentReachability[],
  pointers: (index: number) => string,
): Promise<NewReachability[]> {
  const persons = await Persons.of(load.db, load.space.id, events, load.uuid);
  const rejected: Rejected[] = [];
  const rows: NewReachability[] = [];
  for (const [index, event] of events.entries()) {
    const faults: Fault[] = [];
    const pointer = pointers(index);
    persons.find(event, null, pointer, faults);
    const occurredAt = Date.parse(event.timestamp);
    const detail = timestampFault(occurredAt, load);
    if (detail !== null) faults.push({ pointer: `${pointer}/timestamp`, detail });
    if (faults.length > 0) rejected.push({ id: event.id, faults });
    else rows.push(toRow(event, occurredAt));
  }
  await throwFaults(rejected, (ids) => findKnownIds(load.db, "reachability_events", load.space.id, ids));
  return rows;
}

function timestampFault(time: number, { now, space }: Load): string | null {
  if (time < FIRST_REACHABILITY)
    return "timestamp is before 2024-10-10, the first day that reachability events can have.";
  return eventTimeFault("timestamp", time, now, space.retention_days);
}

function toRow(event: SentReachability, occurredAt: number): NewReachability {
  return {
    id: event.id,
    person_id: event.person_id,
    channel: event.channel,
    installation_id: event.installation_id ?? null,
    occurred_at: occurredAt,
    event: reachabilityText(event.channel, event.reasons, event),
  };
}
