/** What the calls that ingest items share: where one item cannot be written, the call writes none. */

import { type Database, isGuardFailure } from "../db/core/database.ts";
import { findKnownIds } from "../db/events/event-range.ts";
import type { EventStore } from "../db/events/event-store.ts";
import { type Fault, invalid, MAX_FAULTS, SpillwayError } from "../errors.ts";
import { DAY_MS } from "../time/durations.ts";
import { type Naming, Persons } from "./persons.ts";
import type { SentItems } from "./sent-items.ts";
import type { PageRequest } from "./web-page.ts";

const MAX_ATTEMPTS = 3;
/** How fast a sender's clock may be. */
const MAX_AHEAD_MS = 5 * 60_000;

/** Times in epoch ms. */
export interface IngestCall {
  db: Database;
  events: Pick<EventStore, "known">;
  space: { id: string; timezone: string; created_at: number; retention_days: number };
  now: number;
  uuid: () => string;
  /** Of events that a web page sends. */
  page?: PageRequest;
}

type Table = Parameters<typeof findKnownIds>[1];

/** An item of a call that cannot be written. */
export interface Rejected {
  id: string | null | undefined;
  faults: readonly Fault[];
}

/**
 * Runs a read and its write, and repeats both when another call changed what was read: a guard fails the write then.
 * Items that are not repeatable are written in the first attempt or not at all.
 * @param detail the error's text after the last attempt.
 * @param write returns how many of the items were written; the ids of the others were stored already.
 * @throws conflict when the guard failed each time.
 */
export async function writeAll(
  items: SentItems<unknown>,
  detail: string,
  write: () => Promise<number>,
): Promise<{ accepted: number; duplicates: number }> {
  for (let attempt = 1; ; attempt += 1)
    try {
      const accepted = await write();
      return { accepted, duplicates: items.length - accepted };
    } catch (thrown) {
      if (!isGuardFailure(thrown)) throw thrown;
      if (attempt >= (items.isRepeatable ? MAX_ATTEMPTS : 1)) throw new SpillwayError("conflict", detail);
    }
}

/** Which of the ids of these items a table has. */
export async function storedIds(
  { db, events, space }: IngestCall,
  table: Table,
  items: readonly { id?: string | null | undefined }[],
): Promise<Set<string>> {
  const ids = items.map(({ id }) => id).filter((id) => id !== null && id !== undefined);
  if (ids.length === 0) return new Set();
  return table === "events" ? events.known(space.id, ids) : findKnownIds(db, table, space.id, ids);
}

/**
 * An item whose id is stored already is a duplicate, whatever it says now: it has no faults.
 * @throws invalid_request with the faults of the rejected items that are not stored.
 */
export async function throwFaults(call: IngestCall, table: Table, rejected: readonly Rejected[]): Promise<void> {
  const stored = await storedIds(call, table, rejected);
  const faults = rejected.flatMap((each) => (stored.has(each.id ?? "") ? [] : each.faults));
  if (faults.length > 0) throw invalid(...faults.slice(0, MAX_FAULTS));
}

/** @returns what is wrong with a time (epoch ms), as a sentence that begins with its field's name; null: nothing. */
export function eventTimeFault(field: string, time: number, now: number, retentionDays: number): string | null {
  if (time > now + MAX_AHEAD_MS) return `${field} is more than five minutes in the future.`;
  if (time < now - retentionDays * DAY_MS)
    return `${field} is older than this space keeps events: ${retentionDays} days.`;
  return null;
}

/** Items of one table, each of a person that the space has. */
interface PersonItems<Sent, Row> {
  table: Table;
  /** The error's text when other calls changed the items' persons at each attempt. */
  changed: string;
  timeField: string;
  /** What is wrong with an item's time, as a sentence; null: nothing. */
  timeFault(sent: Sent, call: IngestCall): string | null;
  toRow(sent: Sent, personId: string): Row;
  insert(db: Database, spaceId: string, rows: readonly Row[], receivedAt: number): Promise<number>;
}

/**
 * @returns a function that looks up the persons of a call's items, checks each item, and writes all or none.
 * `pointers`: the JSON pointer of each item in the body. It throws invalid_request with a pointer to each fault, and
 * conflict when other calls changed the items' persons at each attempt.
 */
export const ingestPersonItems =
  <Sent extends Naming & { id: string }, Row>(kind: PersonItems<Sent, Row>) =>
  (call: IngestCall, items: SentItems<Sent>, pointers: (index: number) => string) =>
    writeAll(items, kind.changed, async () => {
      const persons = await Persons.of(call.db, call.space.id, items, call.uuid);
      const rejected: Rejected[] = [];
      const rows: Row[] = [];
      let index = -1;
      for (const sent of items.finalPass()) {
        index += 1;
        const faults: Fault[] = [];
        const person = persons.find(sent, null, pointers(index), faults);
        const detail = kind.timeFault(sent, call);
        if (detail !== null) faults.push({ pointer: `${pointers(index)}/${kind.timeField}`, detail });
        if (person === null || faults.length > 0) rejected.push({ id: sent.id, faults });
        else rows.push(kind.toRow(sent, person.person_id));
      }
      await throwFaults(call, kind.table, rejected);
      return kind.insert(call.db, call.space.id, rows, call.now);
    });
