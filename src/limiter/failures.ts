/**
 * Failed authentications by client, in memory: a client that fails too often has to wait. One instance counts for one
 * isolate, and knows a bounded number of clients: it slows guesses down, and is no exact limit.
 */

import ipaddr from "ipaddr.js";
import { decide } from "./window.ts";

/** Failures of a client in any 60 seconds, after which it has to wait. */
export const MAX_FAILURES = 10;
/** The client that failed longest ago is forgotten first. */
const MAX_CLIENTS = 1_000;

export class Failures {
  /** Epoch ms of each client's failures; the client that failed last comes last. */
  readonly #times = new Map<string, number[]>();

  /** How long the client at this address has to wait, in ms; 0 when it may try. @param now epoch ms. */
  waitMs(address: string, now: number): number {
    const { allowed, resetMs } = decide(this.#times.get(clientOf(address)) ?? [], now, MAX_FAILURES);
    return allowed ? 0 : resetMs;
  }

  /** Records a failure of the client at this address. */
  add(address: string, now: number): void {
    const client = clientOf(address);
    const { passed } = decide(this.#times.get(client) ?? [], now, MAX_FAILURES);
    this.#times.delete(client);
    this.#times.set(client, passed);
    const [oldest] = this.#times.keys();
    if (this.#times.size > MAX_CLIENTS && oldest !== undefined) this.#times.delete(oldest);
  }

  /** How many clients are known. */
  get size(): number {
    return this.#times.size;
  }
}

/** An IPv6 client usually controls all addresses of its /64 network, so the network counts as one client. */
function clientOf(address: string): string {
  if (!ipaddr.IPv6.isValid(address)) return address;
  return ipaddr.IPv6.parse(address).parts.slice(0, 4).join(":");
}
