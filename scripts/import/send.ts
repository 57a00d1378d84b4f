/** Batches of events, and what becomes of them: sent until the service has taken every line that is right. */

import type { Accepted, Fault } from "../answers.ts";
import { CallError, type Client } from "../client.ts";
import type { Item, Refusal } from "./events.ts";
import { patiently, type Patience } from "./patience.ts";

/** Under the 15,728,640 bytes that a call may have. */
export const MAX_BYTES = 15_000_000;
/** What the service lists of a call's faults at most; where there are so many, more may follow. */
const MAX_FAULTS = 100;
/** Where many lines are wrong, the rest goes in smaller parts: each call finds no more than `MAX_FAULTS` of them. */
const CAREFUL_EVENTS = 500;

export interface Sent extends Accepted {
  /** Lines that the service has now. */
  taken: Item[];
}

export interface Sending {
  client: Client;
  patience: Patience;
  /** Hears of each line that the service does not take. May throw to end it all. */
  onRefused: (refusal: Refusal) => void;
}

/** @param most events in each. A single event may be larger than a call: the service says so. */
export function* inBatches(items: Iterable<Item>, pending: Item[], most: number): Generator<Item[]> {
  let bytes = pending.reduce((sum, item) => sum + item.bytes + 1, 0);
  for (const item of items) {
    if (pending.length >= most || (pending.length > 0 && bytes + item.bytes > MAX_BYTES)) {
      yield pending.splice(0);
      bytes = 0;
    }
    pending.push(item);
    bytes += item.bytes + 1;
  }
}

/**
 * All or nothing is the service's rule for a call: lines that it refuses are told and left out, and the others sent again.
 * @throws CallError when it cannot be sent for any other reason.
 */
export async function sendBatch(batch: readonly Item[], sending: Sending): Promise<Sent> {
  const sent: Sent = { accepted: 0, duplicates: 0, taken: [] };
  const parts = [batch];
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    if (part.length === 0) continue;
    const lines = part.map((item) => item.json).join("\n");
    try {
      const { client, patience } = sending;
      const { accepted, duplicates } = await patiently(patience, () =>
        client.json<Accepted>("POST", "/v1/events", lines),
      );
      sent.accepted += accepted;
      sent.duplicates += duplicates;
      sent.taken.push(...part);
    } catch (thrown) {
      if (!(thrown instanceof CallError)) throw thrown;
      parts.push(...withoutRefused(part, thrown, sending).toReversed());
    }
  }
  return sent;
}

/** @returns what is left to be sent. */
function withoutRefused(part: readonly Item[], error: CallError, { onRefused }: Sending): (readonly Item[])[] {
  if (error.status === 413) {
    const [only, ...others] = part;
    if (only === undefined || others.length > 0)
      return [part.slice(0, Math.ceil(part.length / 2)), part.slice(Math.ceil(part.length / 2))];
    onRefused({ n: only.n, line: only.line, pointer: "", detail: "The event is larger than a call may be." });
    return [];
  }
  const faults = error.status === 422 ? byEvent(error.faults) : new Map<number, Fault[]>();
  // Nothing that a line could be left out for: sent again, it would be refused again.
  if (faults.size === 0 || [...faults.keys()].some((index) => part[index] === undefined)) throw error;
  const left: Item[] = [];
  let last = 0;
  for (const [index, item] of part.entries()) {
    const own = faults.get(index);
    if (own === undefined) left.push(item);
    else last = left.length;
    for (const { pointer, detail } of own ?? []) onRefused({ n: item.n, line: item.line, pointer, detail });
  }
  if (error.faults.length < MAX_FAULTS) return [left];
  const parts = [left.slice(0, last)];
  for (let from = last; from < left.length; from += CAREFUL_EVENTS) parts.push(left.slice(from, from + CAREFUL_EVENTS));
  return parts;
}

/** `/events/3/properties/amount` → 3, with `/properties/amount`. */
function byEvent(faults: readonly Fault[]): Map<number, Fault[]> {
  const found = new Map<number, Fault[]>();
  for (const { pointer, detail } of faults) {
    const [, index, rest] = /^\/events\/(\d+)(\/.*)?$/.exec(pointer) ?? [];
    if (index === undefined) return new Map();
    const own = found.get(Number(index)) ?? [];
    own.push({ pointer: rest ?? "", detail });
    found.set(Number(index), own);
  }
  return found;
}
