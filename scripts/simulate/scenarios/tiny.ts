/** A small one of everything, for the tests: a second of real time. */

import { groupOf } from "../outcome.ts";
import { allEnded, noneFails, partOf, type Scenario } from "../scenario.ts";

export const tiny: Scenario = {
  name: "tiny",
  title: "An export of three chunks and five small ones, and a schedule; isolates die",
  isCheck: true,
  parts: [
    {
      name: "all",
      async play(production, customers) {
        production.deathRate = 0.1;
        const [first, ...others] = await customers.createSpaces(6);
        if (first === undefined) throw new Error("there is no space");
        await customers.createSchedule(first, "*/15 * * * *", 1_000);
        await customers.createExport(first, 120_000, "large");
        await Promise.all(others.map((space) => customers.createExport(space, 2_000, "small")));
        await allEnded(production, 7, 1_200_000);
      },
    },
  ],
  bounds(outcomes) {
    const all = partOf(outcomes, "all");
    return [
      noneFails(all),
      { claim: "seconds of the slowest small export", value: groupOf(all, "small").longest, atMost: 120 },
      {
        claim: "chunk messages that wait",
        value: all.production.queues.get("spillway-chunks")?.spent.longest ?? 0,
        atMost: 8,
      },
    ];
  },
};
