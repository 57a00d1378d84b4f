/** Rows → events → batches → calls, a few at a time: reading waits while `concurrency` calls are in flight. */

import type { Item, Rejection } from "./events.ts";
import { mustFollow, type Names, namesIn } from "./order.ts";
import type { CreatedProfiles } from "./create-profiles.ts";
import type { Piece, Row } from "./rows.ts";
import { inBatches, sendBatch, type Sending, type Sent } from "./send.ts";
import type { Accepted } from "./state.ts";

export interface Load {
  pieces: AsyncIterable<Piece>;
  make: (row: Row) => Item | Rejection;
  /** Rows in it are skipped; rows that the service accepts are added. */
  accepted: Accepted;
  sending: Sending;
  /** Creates profiles before their events; null: they must exist. */
  profiles: CreatedProfiles | null;
  /** Events a call. */
  batch: number;
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

/** @param totals are updated while it runs, and are right also when it throws. */
export async function load(work: Load, totals: Totals): Promise<void> {
  const inFlight = new Map<Promise<void>, Names>();
  const failures: unknown[] = [];
  const isOver = () => failures.length > 0 || work.signal.aborted;

  const deliver = async (batch: readonly Item[]): Promise<void> => {
    const rejected = new Set<number>();
    const { onRejected } = work.sending;
    const counting: Sending = {
      ...work.sending,
      onRejected(rejection) {
        if (!rejected.has(rejection.n)) totals.rejected += 1;
        rejected.add(rejection.n);
        onRejected(rejection);
      },
    };
    settle(await sendBatch(batch, counting));
  };
  const settle = (sent: Sent): void => {
    totals.accepted += sent.accepted;
    totals.duplicates += sent.duplicates;
    work.accepted.add(sent.acceptedItems.map((item) => item.n).toSorted((a, b) => a - b));
    if (sent.acceptedItems.length > 0) work.onAccepted();
  };
  const start = async (batch: readonly Item[]): Promise<void> => {
    const names = namesIn(batch, work.profiles !== null);
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
        work.sending.onRejected(event);
      }
    }
  }

  const pending: Item[] = [];
  try {
    for await (const { rows, done } of work.pieces) {
      for (const batch of inBatches(items(rows), pending, work.batch)) {
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
