/** The same midnight on every kind of home: 1,000 spaces in one D1, in ten, and each in an object of its own. */

import { groupOf, SCHEDULED } from "../outcome.ts";
import { allEnded, noneFails, partOf, type Part, type Scenario } from "../scenario.ts";

const SPACES = 1_000;
const ROWS = 20_000;
const BEFORE_MIDNIGHT = Date.UTC(2026, 5, 1, 23, 55, 5);
const MIDNIGHT = Date.UTC(2026, 5, 2);
const HOUR_MS = 3_600_000;
/** More invocations than are deployed: one D1 has no room for them. */
const WIDE = { "spillway-chunks": 40, "spillway-steps": 20 };

const midnight = (name: string, homeOf: (n: number) => string, more: Omit<Part, "name" | "play"> = {}): Part => ({
  ...more,
  name,
  startAt: BEFORE_MIDNIGHT,
  async play(production, customers) {
    const spaces = await customers.createSpaces(SPACES, homeOf);
    for (const space of spaces) await customers.createSchedule(space, "0 0 * * *", ROWS);
    if (production.clock.now > MIDNIGHT) throw new Error("the schedules were not made before midnight");
    await production.clock.wait(MIDNIGHT - production.clock.now);
    await allEnded(production, SPACES, 2 * HOUR_MS);
  },
});

const inOne = () => "d1:SPACE_DB";
const inTen = (n: number) => (n % 10 === 0 ? "d1:SPACE_DB" : `d1:SPACE_DB_${(n % 10) + 1}`);
const inObjects = () => "object";

export const homes: Scenario = {
  name: "homes",
  title: "1,000 spaces, each with a nightly export of 20,000 rows at midnight, on one D1, on ten, and in objects",
  parts: [
    midnight("one D1", inOne),
    midnight("ten D1s", inTen, { moreDatabases: 9 }),
    midnight("objects", inObjects),
    midnight("one D1, 40 chunks at a time", inOne, { concurrency: WIDE }),
    midnight("ten D1s, 40 chunks at a time", inTen, { moreDatabases: 9, concurrency: WIDE }),
    midnight("objects, 40 chunks at a time", inObjects, { concurrency: WIDE }),
  ],
  bounds(outcomes) {
    const timesOf = (name: string) => groupOf(partOf(outcomes, name), SCHEDULED);
    const [one, ten, objects] = ["one D1", "ten D1s", "objects"].map(timesOf);
    const wide = timesOf("objects, 40 chunks at a time");
    if (one === undefined || ten === undefined || objects === undefined) throw new Error("a part has no export");
    return [
      ...[...outcomes.values()].map(noneFails),
      { claim: "times as long as on one D1: 99 of 100 on ten", value: ten.p99 / one.p99, atMost: 1.05 },
      { claim: "times as long as on one D1: 99 of 100 in objects", value: objects.p99 / one.p99, atMost: 1.05 },
      { claim: "times as long in objects with 40 chunks at a time", value: wide.p99 / objects.p99, atMost: 0.6 },
    ];
  },
};
