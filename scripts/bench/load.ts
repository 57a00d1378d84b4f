/** Brings the shop's events in over HTTP, as its systems would. */

import { Client, createSpace } from "../client.ts";
import { prepareShop, shopEvents } from "./events.ts";
import type { Service } from "./service.ts";

const EVENTS_PER_CALL = 5_000;
const CALLS_AT_ONCE = 2;
const SAY_EVERY = 100_000;

export interface Load {
  seconds: number;
  events_per_second: number;
  calls: number;
  at_once: number;
}

/** @throws when not every event is new to the space. */
export async function loadShop(
  service: Service,
  rows: number,
  say: (what: string) => void,
): Promise<{ space: { id: string; api_key: string }; load: Load }> {
  const space = await createSpace(service.origin, { name: "Bench", timezone: "UTC", retention_days: 36_500 });
  const client = new Client(service.origin, space.api_key);
  await prepareShop(client, rows);
  const begin = performance.now();
  const { accepted } = await client.sendEvents(shopEvents(rows), {
    batch: EVENTS_PER_CALL,
    concurrency: CALLS_AT_ONCE,
    onBatch: (sent) => {
      if (sent % SAY_EVERY === 0) say(`loading: ${sent} of ${rows} events`);
    },
  });
  if (accepted !== rows) throw new Error(`${accepted} events were taken in instead of ${rows}`);
  const seconds = (performance.now() - begin) / 1000;
  return {
    space,
    load: {
      seconds,
      events_per_second: rows / seconds,
      calls: Math.ceil(rows / EVENTS_PER_CALL),
      at_once: CALLS_AT_ONCE,
    },
  };
}
