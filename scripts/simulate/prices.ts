/**
 * Cloudflare's list prices, past the included amounts, in dollars. Sources: the pages "pricing" of Workers, D1, Durable
 * Objects and Queues on developers.cloudflare.com. Rows cost the same in D1 and in objects; what is stored is not here.
 */

import type { D1Server } from "./d1-server.ts";
import type { Production } from "./production.ts";

const DOLLARS = {
  rowRead: 0.001 / 1e6,
  rowWritten: 1 / 1e6,
  /** A message is written, read and deleted; each further delivery reads it again. */
  queueOperation: 0.4 / 1e6,
  request: 0.3 / 1e6,
  /** A call of an object, and a second that its 128 MB are awake. */
  objectRequest: 0.15 / 1e6,
  objectSecond: (0.128 * 12.5) / 1e6,
  cpuMs: 0.02 / 1e6,
  r2ClassA: 4.5 / 1e6,
  r2ClassB: 0.36 / 1e6,
};
const OPERATIONS_PER_MESSAGE = 3;

/** Every database of a production, those of objects too. */
export const serversOf = ({ databases, objects }: Production): D1Server[] => [
  ...[...databases.values()].map(({ server }) => server),
  ...objects.servers,
];

/** What a simulation would have cost, in dollars. */
export function costOf(production: Production): number {
  const { objects, queues, bucket, spent } = production;
  let dollars = DOLLARS.request * spent.requests + DOLLARS.cpuMs * spent.cpuMs;
  dollars += DOLLARS.r2ClassA * bucket.spent.classA + DOLLARS.r2ClassB * bucket.spent.classB;
  dollars += DOLLARS.objectRequest * objects.spent.requests + (DOLLARS.objectSecond * objects.spent.awakeMs) / 1_000;
  for (const { spent: rows } of serversOf(production))
    dollars += DOLLARS.rowRead * rows.rowsRead + DOLLARS.rowWritten * rows.rowsWritten;
  for (const queue of queues.values())
    dollars += DOLLARS.queueOperation * (OPERATIONS_PER_MESSAGE * queue.spent.messages + queue.spent.retries);
  return dollars;
}
