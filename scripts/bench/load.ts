/** Loads the shop's events over HTTP. */

import { createSpace } from "../spaces.ts";
import { prepareShop, shopEvents } from "./events.ts";
import type { Service } from "./service.ts";

export const EVENTS_PER_CALL = 5_000;
const CALLS_AT_ONCE = 2;
const REPORT_EVERY = 100_000;

export interface Load {
  wall_ms: number;
  /** Of workerd, with its D1. */
  cpu_ms: number | null;
  calls: number;
  at_once: number;
}

/** @throws when the space had some of the events already. */
export async function loadShop(
  service: Service,
  rows: number,
  report: (what: string) => void,
): Promise<{ space: { id: string; api_key: string }; load: Load }> {
  const { space, client } = await createSpace(service.origin, {
    name: "Bench",
    timezone: "UTC",
    retention_days: 36_500,
  });
  await prepareShop(client, rows);
  const cpuBefore = service.workerd.cpuMs();
  const begin = performance.now();
  const { accepted } = await client.events.send(shopEvents(rows), {
    batch: EVENTS_PER_CALL,
    concurrency: CALLS_AT_ONCE,
    onBatch: (sent) => {
      if (sent % REPORT_EVERY === 0) report(`loading: ${sent} of ${rows} events`);
    },
  });
  if (accepted !== rows) throw new Error(`${accepted} events were accepted instead of ${rows}.`);
  const wall = performance.now() - begin;
  const cpuAfter = service.workerd.cpuMs();
  return {
    space,
    load: {
      wall_ms: wall,
      cpu_ms: cpuBefore === null || cpuAfter === null ? null : cpuAfter - cpuBefore,
      calls: Math.ceil(rows / EVENTS_PER_CALL),
      at_once: CALLS_AT_ONCE,
    },
  };
}
