/** Outages: a bucket that is down for ten minutes, and a control database that is slow for five. */

import { groupOf } from "../outcome.ts";
import type { Production } from "../production.ts";
import { allEnded, noneFails, partOf, type Part, type Scenario } from "../scenario.ts";

const SPACES = 200;
const PER_MINUTE = 100;
const ROWS = 20_000;
const MINUTE_MS = 60_000;
/** The outage begins after so long. */
const HEALTHY_MINUTES = 3;
const SLOWDOWN = 25;

/** A hundred exports a minute, before, during and after an outage. */
const load = (name: string, outageMinutes: number, set: (production: Production, broken: boolean) => void): Part => ({
  name,
  async play(production, customers) {
    const spaces = await customers.createSpaces(SPACES);
    const total = PER_MINUTE * (HEALTHY_MINUTES + outageMinutes + HEALTHY_MINUTES);
    production.clock.after(HEALTHY_MINUTES * MINUTE_MS, () => set(production, true));
    production.clock.after((HEALTHY_MINUTES + outageMinutes) * MINUTE_MS, () => set(production, false));
    const calls: Promise<void>[] = [];
    for (let number = 0; number < total; number += 1) {
      const space = spaces[number % SPACES];
      if (space !== undefined)
        calls.push(
          customers.later((number * MINUTE_MS) / PER_MINUTE, () => customers.createExport(space, ROWS, "export")),
        );
    }
    await Promise.all(calls);
    await allEnded(production, total, 120 * MINUTE_MS);
  },
});

const BUCKET_DOWN_MINUTES = 10;
const D1_SLOW_MINUTES = 5;

export const bucketDown: Scenario = {
  name: "bucket-down",
  title: "A bucket that is down for ten minutes, under 100 exports a minute",
  parts: [
    load("outage", BUCKET_DOWN_MINUTES, ({ bucket }, broken) => {
      bucket.isDown = broken;
    }),
  ],
  bounds(outcomes) {
    const outage = partOf(outcomes, "outage");
    return [
      noneFails(outage),
      { claim: "minutes of the slowest export", value: groupOf(outage, "export").longest / 60, atMost: 20 },
    ];
  },
};

export const d1Slow: Scenario = {
  name: "d1-slow",
  title: `A control database that is ${SLOWDOWN} times as slow for five minutes, under 100 exports a minute`,
  parts: [
    load("slow", D1_SLOW_MINUTES, (production, broken) => {
      production.database("CONTROL_DB").server.slowdown = broken ? SLOWDOWN : 1;
    }),
  ],
  bounds(outcomes) {
    const slow = partOf(outcomes, "slow");
    return [
      noneFails(slow),
      { claim: "minutes of the slowest export", value: groupOf(slow, "export").longest / 60, atMost: 15 },
    ];
  },
};
