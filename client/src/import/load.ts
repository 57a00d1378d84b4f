/**
 * Rows → events or profiles → batches → calls, a few at a time: reading waits while `concurrency` calls are in flight.
 */

import type { Item, Rejection } from "./events.ts";
import { mustFollow, type Names, namesIn } from "./order.ts";
import type { CreatedProfiles } from "./create-profiles.ts";
import type { Piece, Row } from "./rows.ts";
import type { OnRejected, Sent } from "./send.ts";
import type { Accepted } from "./state.ts";

export interface Load {
  pieces: AsyncIterable<Piece>;
  make: (row: Row) => Item | Rejection;
  /** Rows in it are skipped; rows that the service accepts are added. */
  accepted: Accepted;
  /** Cuts items into batches; the last one stays in `pending`. */
  cut: (items: Iterable<Item>, pending: Item[]) => Generator<Item[]>;
  /** Sends a batch until the service has accepted every valid item of it. */
  send: (batch: readonly Item[], onRejected: OnRejected) => Promise<Sent>;
  /** Called for each error of a line. May throw to end the import. */
  onRejected: OnRejected;
  /** Creates the people of a batch before it is sent; null: no item needs a person, or the people must exist. */
  profiles: CreatedProfiles | null;
  /** No item creates or needs a person that is not there, so that batches depend on each other by ids alone. */
  arePersonsThere: boolean;
  /** Calls at once. */
  concurrency: number;
  /** Called before a batch is sent. May throw to end the import. */
  beforeBatch: (batch: readonly Item[]) => void;
  /** Called after `accepted` has grown. */
  onAccepted: () => void;
  onProgress: (done: number, totals: Totals) => void;
  /** Stops reading; calls in flight are finished. */
  signal: AbortSignal;
}

/** In rows. */
export interface Totals {
  read: number;
  /** Of those: accepted by an earlier run. */
  earlier: number;
  accepted: number;
  duplicates: number;
  rejected: number;
}

export const NOTHING_YET: Totals = { read: 0, earlier: 0, accepted: 0, duplicates: 0, rejected: 0 };

/** @param totals are updated while it runs, and are right also when it throws. */
export async function load(work: Load, totals: Totals): Promise<void> {
  const inFlight = new Map<Promise<void>, Names>();
  const failures: unknown[] = [];
  const isOver = () => failures.length > 0 || work.signal.aborted;

  const deliver = async (batch: readonly Item[]): Promise<void> => {
    const rejected = new Set<number>();
    const counting: OnRejected = (rejection) => {
      if (!rejected.has(rejection.n)) totals.rejected += 1;
      rejected.add(rejection.n);
      work.onRejected(rejection);
    };
    settle(await work.send(batch, counting));
  };
  const settle = (sent: Sent): void => {
    totals.accepted += sent.accepted;
    totals.duplicates += sent.duplicates;
    work.accepted.add(sent.acceptedItems.map((item) => item.n).toSorted((a, b) => a - b));
    if (sent.acceptedItems.length > 0) work.onAccepted();
  };
  const start = async (batch: readonly Item[]): Promise<void> => {
    const names = namesIn(batch, work.arePersonsThere);
    const mustWait = () => [...inFlight.values()].some((before) => mustFollow(names, before));
    while (inFlight.size >= work.concurrency || mustWait()) await Promise.race(inFlight.keys());
    if (isOver() || batch.length === 0) return;
    work.beforeBatch(batch);
    await work.profiles?.ensure(batch);
    const delivery: Promise<void> = deliver(batch)
      .catch((thrown: unknown) => void failures.push(thrown))
      .finally(() => inFlight.delete(delivery));
    inFlight.set(delivery, names);
  };
  function* items(rows: readonly Row[]): Generator<Item> {
    for (const row of rows) {
      totals.read += 1;
      if (work.accepted.has(row.n)) {
        totals.earlier += 1;
        continue;
      }
      const event = work.make(row);
      if ("json" in event) yield event;
      else {
        totals.rejected += 1;
        work.onRejected(event);
      }
    }
  }

  const pending: Item[] = [];
  try {
    for await (const { rows, done } of work.pieces) {
      for (const batch of work.cut(items(rows), pending)) {
        await start(batch);
        if (isOver()) break;
      }
      if (isOver()) break;
      work.onProgress(done, totals);
    }
    if (!isOver()) await start(pending);
  } catch (thrown) {
    failures.push(thrown);
  }
  await Promise.all(inFlight.keys());
  if (failures.length > 0) throw failures[0];
}
