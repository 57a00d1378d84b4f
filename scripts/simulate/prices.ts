/**
 * Cloudflare's list prices, past the included amounts, in dollars. Sources: the pages "pricing" of Workers, D1 and
 * Queues on developers.cloudflare.com.
 */

import type { Production } from "./production.ts";

const DOLLARS = {
  d1RowRead: 0.001 / 1e6,
  d1RowWritten: 1 / 1e6,
  /** A message is written, read and deleted; each further delivery reads it again. */
  queueOperation: 0.4 / 1e6,
  request: 0.3 / 1e6,
  cpuMs: 0.02 / 1e6,
  r2ClassA: 4.5 / 1e6,
  r2ClassB: 0.36 / 1e6,
};
const OPERATIONS_PER_MESSAGE = 3;

/** What a simulation would have cost, in dollars. */
export function costOf({ databases, queues, bucket, spent }: Production): number {
  let dollars = DOLLARS.request * spent.requests + DOLLARS.cpuMs * spent.cpuMs;
  dollars += DOLLARS.r2ClassA * bucket.spent.classA + DOLLARS.r2ClassB * bucket.spent.classB;
  for (const { server } of databases.values())
    dollars += DOLLARS.d1RowRead * server.spent.rowsRead + DOLLARS.d1RowWritten * server.spent.rowsWritten;
  for (const queue of queues.values())
    dollars += DOLLARS.queueOperation * (OPERATIONS_PER_MESSAGE * queue.spent.messages + queue.spent.retries);
  return dollars;
}
