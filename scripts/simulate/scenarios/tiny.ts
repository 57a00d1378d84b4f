/** A small one of everything, for the tests: a second of real time. */

import { groupOf } from "../outcome.ts";
import { allEnded, noneFails, partOf, type Part, type Scenario } from "../scenario.ts";

const part = (name: string): Part => ({
  name,
  async play(production, customers) {
    production.deathRate = 0.1;
    const [first, ...others] = await customers.createSpaces(6);
    if (first === undefined) throw new Error("there is no space");
    await customers.createSchedule(first, "*/15 * * * *", 1_000);
    await customers.createExport(first, 120_000, "large");
    await Promise.all(others.map((space) => customers.createExport(space, 2_000, "small")));
    await allEnded(production, 7, 1_200_000);
  },
});

export const tiny: Scenario = {
  name: "tiny",
  title: "An export of three chunks and five small ones, and a schedule; isolates die; played twice",
  isCheck: true,
  parts: [part("once"), part("again")],
  bounds(outcomes) {
    const once = partOf(outcomes, "once");
    return [
      noneFails(once),
      { claim: "seconds of the slowest small export", value: groupOf(once, "small").longest, atMost: 120 },
      {
        claim: "chunk messages that wait",
        value: once.production.queues.get("spillway-chunks")?.spent.longest ?? 0,
        atMost: 8,
      },
    ];
  },
};
