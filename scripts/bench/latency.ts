/**
 * How long a create and a poll take on a service that does nothing else, beside `/healthz`, which does nothing at all.
 */

import { createSpace } from "../spaces.ts";
import type { Endpoint } from "./bucket.ts";
import { prepareShop, shopEvents } from "./events.ts";
import { request } from "./measure.ts";
import { type Service, untilCompleted, withService } from "./service.ts";

const CALLS = 200;
const FIRST_CALLS = 10;
const EVENTS = 1_000;

export interface Latency {
  calls: number;
  p50_ms: number;
  p99_ms: number;
}

export type Latencies = Record<"healthz" | "create" | "poll", Latency>;

/** On a service of its own, small and new. */
export const measureLatencies = (directory: string, bucket: Endpoint): Promise<Latencies> =>
  withService({ persistTo: directory, engine: "fflate", bucket }, measureLatency);

/** Calls in turn, so that a disturbance affects all three; each export ends before the next call. */
async function measureLatency(service: Service): Promise<Latencies> {
  const { client } = await createSpace(service.origin, { name: "Latency", timezone: "UTC", retention_days: 36_500 });
  await prepareShop(client, EVENTS);
  await client.events.send(shopEvents(EVENTS));
  const times = { healthz: [] as number[], create: [] as number[], poll: [] as number[] };
  for (let call = 0; call < FIRST_CALLS + CALLS; call += 1) {
    const counted = call >= FIRST_CALLS;
    const healthz = await timed(() => client.request("GET", "/healthz"));
    const create = await timed(() => client.exports.create(request({ layout: "single" })));
    await untilCompleted(client, create.answer.id);
    const poll = await timed(() => client.exports.get(create.answer.id));
    if (!counted) continue;
    times.healthz.push(healthz.ms);
    times.create.push(create.ms);
    times.poll.push(poll.ms);
  }
  return {
    healthz: latencyOf(times.healthz),
    create: latencyOf(times.create),
    poll: latencyOf(times.poll),
  };
}

async function timed<Answer>(call: () => Promise<Answer>): Promise<{ answer: Answer; ms: number }> {
  const begin = performance.now();
  const answer = await call();
  return { answer, ms: performance.now() - begin };
}

/** Nearest rank. */
export function latencyOf(times: readonly number[]): Latency {
  const sorted = times.toSorted((a, b) => a - b);
  const rank = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return { calls: sorted.length, p50_ms: rank(0.5), p99_ms: rank(0.99) };
}
