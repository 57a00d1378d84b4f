/** Rows → events → batches → the service, a few at a time: what is read waits while enough is under way. */

import type { Item, Refusal } from "./events.ts";
import { mustFollow, type Names, namesIn } from "./order.ts";
import type { Profiles } from "./profiles.ts";
import type { Piece, Row } from "./rows.ts";
import { inBatches, sendBatch, type Sending, type Sent } from "./send.ts";
import type { Accepted } from "./state.ts";

export interface Load {
  pieces: AsyncIterable<Piece>;
  make: (row: Row) => Item | Refusal;
  /** Rows that are taken already are passed over; those that the service takes are added. */
  accepted: Accepted;
  sending: Sending;
  /** Null: every profile must be there. */
  profiles: Profiles | null;
  /** Events a call. */
  batch: number;
  /** Calls at once. */
  concurrency: number;
  /** Before anything of a batch is sent. May throw to end it all. */
  beforeBatch: (batch: readonly Item[]) => void;
  /** After each call: `accepted` has grown. */
  onTaken: () => void;
  onProgress: (done: number, totals: Totals) => void;
  /** No more is read then; what is under way is waited for. */
  signal: AbortSignal;
}

/** In rows. */
export interface Totals {
  read: number;
  /** Of those: taken by an earlier run. */
  earlier: number;
  accepted: number;
  duplicates: number;
  refused: number;
}

/** @param totals are counted up as it goes, and stand for what was done also when it throws. */
export async function load(work: Load, totals: Totals): Promise<void> {
  const underWay = new Map<Promise<void>, Names>();
  const failures: unknown[] = [];
  const isOver = () => failures.length > 0 || work.signal.aborted;

  const deliver = async (batch: readonly Item[]): Promise<void> => {
    const refused = new Set<number>();
    const { onRefused } = work.sending;
    const counting: Sending = {
      ...work.sending,
      onRefused(refusal) {
        if (!refused.has(refusal.n)) totals.refused += 1;
        refused.add(refusal.n);
        onRefused(refusal);
      },
    };
    settle(await sendBatch(batch, counting));
  };
  const settle = (sent: Sent): void => {
    totals.accepted += sent.accepted;
    totals.duplicates += sent.duplicates;
    work.accepted.add(sent.taken.map((item) => item.n).toSorted((a, b) => a - b));
    if (sent.taken.length > 0) work.onTaken();
  };
  const start = async (batch: readonly Item[]): Promise<void> => {
    const names = namesIn(batch, work.profiles !== null);
    const isHeld = () => [...underWay.values()].some((before) => mustFollow(names, before));
    while (underWay.size >= work.concurrency || isHeld()) await Promise.race(underWay.keys());
    if (isOver() || batch.length === 0) return;
    work.beforeBatch(batch);
    await work.profiles?.ensure(batch);
    const delivery: Promise<void> = deliver(batch)
      .catch((thrown: unknown) => void failures.push(thrown))
      .finally(() => underWay.delete(delivery));
    underWay.set(delivery, names);
  };
  function* items(rows: readonly Row[]): Generator<Item> {
    for (const row of rows) {
      totals.read += 1;
      if (work.accepted.has(row.n)) {
        totals.earlier += 1;
        continue;
      }
      const made = work.make(row);
      if ("json" in made) yield made;
      else {
        totals.refused += 1;
        work.sending.onRefused(made);
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
  await Promise.all(underWay.keys());
  if (failures.length > 0) throw failures[0];
}
