/** Sends batches of events until the service has accepted every valid line. */

import type { Accepted } from "../batches.ts";
import { type Fault, SpillwayError } from "../errors.ts";
import type { Item, Rejection } from "./events.ts";
import { faultsByItem } from "./faults.ts";
import type { Service } from "./service.ts";

/** Under the 15,728,640 bytes that a call may have. */
export const MAX_BYTES = 15_000_000;
/** The most errors that the service lists for a call; a call with that many may have more. */
export const MAX_FAULTS = 100;
/** Events a call after one with `MAX_FAULTS` errors: smaller calls find the rest in few tries. */
const CAREFUL_EVENTS = 500;

export interface Sent extends Accepted {
  /** Events that the service has now, duplicates among them. */
  acceptedItems: Item[];
}

/** Called for each error of a line. May throw to end the import. */
export type OnRejected = (rejection: Rejection) => void;

export interface Sending {
  service: Service;
  onRejected: OnRejected;
}

/**
 * @param max events in a batch. An event that is larger than a call is a batch of its own, which the service rejects.
 */
export function* inBatches(items: Iterable<Item>, pending: Item[], max: number): Generator<Item[]> {
  let bytes = pending.reduce((sum, item) => sum + item.bytes + 1, 0);
  for (const item of items) {
    if (pending.length >= max || (pending.length > 0 && bytes + item.bytes > MAX_BYTES)) {
      yield pending.splice(0);
      bytes = 0;
    }
    pending.push(item);
    bytes += item.bytes + 1;
  }
}

/**
 * The service accepts all events of a call or none: rejected lines are reported and left out, and the others are sent
 * again.
 * @throws SpillwayError when the call fails for any other reason.
 */
export async function sendBatch(batch: readonly Item[], sending: Sending): Promise<Sent> {
  const sent: Sent = { accepted: 0, duplicates: 0, acceptedItems: [] };
  const parts = [batch];
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    if (part.length === 0) continue;
    const lines = part.map((item) => item.json).join("\n");
    try {
      const { accepted, duplicates } = await sending.service.json<Accepted>("POST", "/v1/events", lines);
      sent.accepted += accepted;
      sent.duplicates += duplicates;
      sent.acceptedItems.push(...part);
    } catch (thrown) {
      if (!(thrown instanceof SpillwayError)) throw thrown;
      parts.push(...withoutRejected(part, thrown, sending).toReversed());
    }
  }
  return sent;
}

/** @returns the batches that are still to be sent. @throws the error when it names no line to leave out. */
function withoutRejected(part: readonly Item[], error: SpillwayError, { onRejected }: Sending): (readonly Item[])[] {
  if (error.status === 413) {
    const [only, ...others] = part;
    if (only === undefined || others.length > 0)
      return [part.slice(0, Math.ceil(part.length / 2)), part.slice(Math.ceil(part.length / 2))];
    onRejected({
      n: only.n,
      line: only.line,
      pointer: "",
      detail: "The event is larger than the service accepts in one call.",
    });
    return [];
  }
  const faults = error.status === 422 ? faultsByItem("events", error.errors) : new Map<number, Fault[]>();
  // The error names no line: the same call would fail again.
  if (faults.size === 0 || [...faults.keys()].some((index) => part[index] === undefined)) throw error;
  const left: Item[] = [];
  let last = 0;
  for (const [index, item] of part.entries()) {
    const own = faults.get(index);
    if (own === undefined) left.push(item);
    else last = left.length;
    for (const { pointer, detail } of own ?? [])
      onRejected({ n: item.n, line: item.line, pointer, detail, values: idsOf(item) });
  }
  if (error.errors.length < MAX_FAULTS) return [left];
  const parts = [left.slice(0, last)];
  for (let from = last; from < left.length; from += CAREFUL_EVENTS) parts.push(left.slice(from, from + CAREFUL_EVENTS));
  return parts;
}

function idsOf({ id, person }: Item): string[] {
  return [id, person.person_id, person.external_person_id].filter((value) => typeof value === "string");
}
