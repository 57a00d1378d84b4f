/** Takes reachability events in that happened elsewhere: whom they are of, and when, is checked; all are written or none. */

import type { Database } from "../db/core/database.ts";
import { findKnownIds } from "../db/events/event-range.ts";
import { loadReachability, type NewReachability } from "../db/events/reachability.ts";
import { type Fault, invalid } from "../errors.ts";
import { retryOnConflict } from "./retry-on-conflict.ts";
import { eventTimeFault } from "./event-time.ts";
import { Persons } from "./persons.ts";
import { type Channel, type ChannelState, reachabilityText } from "./reachability.ts";

/** An event as it was sent, its shape checked: its reasons and fields are those of its channel. */
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
const MAX_FAULTS = 100;

/**
 * An id that the space has is a duplicate, whatever is said of it now.
 * @param pointers where each event stands in the body.
 * @throws invalid_request with a pointer to each event that is wrong; nothing is written then. conflict when a person of
 * these goes away each time between the look and the write.
 */
export async function takeReachability(
  load: Load,
  events: readonly SentReachability[],
  pointers: (index: number) => string,
): Promise<{ accepted: number; duplicates: number }> {
  return retryOnConflict("Who these events are of changed while they were taken in. Send them again.", async () => {
    const rows = await check(load, events, pointers);
    const accepted = await loadReachability(load.db, load.space.id, rows, load.now);
    return { accepted, duplicates: events.length - accepted };
  });
}

/** The events to write: those without a fault, when all others are known. */
async function check(
  load: Load,
  events: readonly SentReachability[],
  pointers: (index: number) => string,
): Promise<NewReachability[]> {
  const persons = await Persons.of(load.db, load.space.id, events, load.uuid);
  const wrong: { id: string; faults: readonly Fault[] }[] = [];
  const rows: NewReachability[] = [];
  for (const [index, event] of events.entries()) {
    const faults: Fault[] = [];
    const pointer = pointers(index);
    persons.find(event, null, pointer, faults);
    const occurredAt = Date.parse(event.timestamp);
    const untimely = whenNot(occurredAt, load);
    if (untimely !== null) faults.push({ pointer: `${pointer}/timestamp`, detail: untimely });
    if (faults.length > 0) wrong.push({ id: event.id, faults });
    else rows.push(rowOf(event, occurredAt));
  }
  if (wrong.length > 0) {
    const ids = wrong.map(({ id }) => id);
    const known = await findKnownIds(load.db, "reachability_events", load.space.id, ids);
    const faults = wrong.flatMap((each) => (known.has(each.id) ? [] : each.faults));
    if (faults.length > 0) throw invalid(...faults.slice(0, MAX_FAULTS));
  }
  return rows;
}

function whenNot(time: number, { now, space }: Load): string | null {
  if (time < FIRST_REACHABILITY)
    return "timestamp is before 2024-10-10: there are no reachability events of that time.";
  return eventTimeFault("timestamp", time, now, space.retention_days);
}

function rowOf(event: SentReachability, occurredAt: number): NewReachability {
  return {
    id: event.id,
    person_id: event.person_id,
    channel: event.channel,
    installation_id: event.installation_id ?? null,
    occurred_at: occurredAt,
    event: reachabilityText(event.channel, event.reasons, event),
  };
}
