/** Load: 500 exports a minute for an hour, of 300 spaces, while isolates die and connections break. */

import { groupOf } from "../outcome.ts";
import { allEnded, noneFails, partOf, type Scenario } from "../scenario.ts";

const SPACES = 300;
const PER_MINUTE = 500;
const MINUTES = 60;
const ROWS = 1_000;
/** One of so many asks for a webhook. */
const WEBHOOK_EVERY = 5;
const MINUTE_MS = 60_000;

export const steady: Scenario = {
  name: "steady",
  title:
    "500 exports a minute for an hour; one isolate in 500 dies, one statement in 10,000 loses its connection, one answer of the bucket in 1,000 is 503",
  parts: [
    {
      name: "hour",
      async play(production, customers) {
        const spaces = await customers.createSpaces(SPACES);
        production.deathRate = 1 / 500;
        production.bucket.unavailableRate = 1 / 1_000;
        for (const { server } of production.databases.values()) server.lostRate = 1 / 10_000;
        const calls: Promise<void>[] = [];
        for (let number = 0; number < PER_MINUTE * MINUTES; number += 1) {
          const space = spaces[number % SPACES];
          const webhook = number % WEBHOOK_EVERY === 0;
          if (space !== undefined)
            calls.push(
              customers.later((number * MINUTE_MS) / PER_MINUTE, () =>
                customers.createExport(space, ROWS, "export", webhook),
              ),
            );
        }
        await Promise.all(calls);
        await allEnded(production, PER_MINUTE * MINUTES, 60 * MINUTE_MS);
      },
    },
  ],
  bounds(outcomes) {
    const hour = partOf(outcomes, "hour");
    const times = groupOf(hour, "export");
    const busy = hour.production.database("CONTROL_DB").server.spent.busyMs / 1_000 / hour.virtualSeconds;
    return [
      noneFails(hour),
      { claim: "seconds of an export, 95 of 100", value: times.p95, atMost: 15 },
      { claim: "seconds of the slowest export", value: times.longest, atMost: 300 },
      { claim: "the control database's utilization", value: busy, atMost: 0.7 },
    ];
  },
};
