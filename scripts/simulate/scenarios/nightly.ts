/** Midnight: a thousand spaces, each with a nightly export. */

import { groupOf, SCHEDULED } from "../outcome.ts";
import { allEnded, noneFails, partOf, type Scenario } from "../scenario.ts";

const SPACES = 1_000;
const ROWS = 3_333;
const BEFORE_MIDNIGHT = Date.UTC(2026, 5, 1, 23, 55, 5);
const MIDNIGHT = Date.UTC(2026, 5, 2);
const HOUR_MS = 3_600_000;

export const nightly: Scenario = {
  name: "nightly",
  title: "1,000 spaces, each with a nightly export at midnight",
  parts: [
    {
      name: "midnight",
      startAt: BEFORE_MIDNIGHT,
      async play(production, customers) {
        const spaces = await customers.createSpaces(SPACES);
        for (const space of spaces) await customers.createSchedule(space, "0 0 * * *", ROWS);
        if (production.clock.now > MIDNIGHT) throw new Error("the schedules were not made before midnight");
        await production.clock.wait(MIDNIGHT - production.clock.now);
        await allEnded(production, SPACES, 2 * HOUR_MS);
      },
    },
  ],
  bounds(outcomes) {
    const night = partOf(outcomes, "midnight");
    const times = groupOf(night, SCHEDULED);
    return [
      noneFails(night),
      { claim: "seconds until the last run is created", value: times.longestStart, atMost: 300 },
      { claim: "seconds until the last export is completed", value: times.longest, atMost: 600 },
    ];
  },
};
