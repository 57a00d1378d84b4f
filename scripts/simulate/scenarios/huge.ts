/** Fairness: the small exports of other spaces beside one of ten million rows, and without it. */

import type { Customers } from "../customers.ts";
import { groupOf } from "../outcome.ts";
import type { Production } from "../production.ts";
import { allEnded, noneFails, partOf, type Part, type Scenario } from "../scenario.ts";

const HUGE_ROWS = 10_000_000;
const SMALL = 50;
const SMALL_ROWS = 5_000;
/** The plan of the huge export is made by then, and its chunks are being written. */
const UNDER_WAY_MS = 45_000;
const HOUR_MS = 3_600_000;

const part = (name: string, hugeRows: number | null): Part => ({
  name,
  async play(production: Production, customers: Customers) {
    const [first, ...others] = await customers.createSpaces(SMALL + 1);
    if (first === undefined) throw new Error("there is no space");
    if (hugeRows !== null) await customers.createExport(first, hugeRows, "huge");
    await production.clock.wait(UNDER_WAY_MS);
    await Promise.all(others.map((space) => customers.createExport(space, SMALL_ROWS, "small")));
    await allEnded(production, hugeRows === null ? SMALL : SMALL + 1, HOUR_MS);
  },
});

export const huge: Scenario = {
  name: "huge",
  title: "One export of 10 million rows and fifty small ones of other spaces",
  parts: [part("alone", null), part("beside", HUGE_ROWS)],
  bounds(outcomes) {
    const alone = groupOf(partOf(outcomes, "alone"), "small");
    const besideAll = partOf(outcomes, "beside");
    const beside = groupOf(besideAll, "small");
    return [
      noneFails(besideAll),
      {
        claim: "small exports beside the huge one, median: times the time alone",
        value: beside.median / alone.median,
        atMost: 1.5,
      },
      { claim: "the same, of the slowest", value: beside.longest / alone.longest, atMost: 1.5 },
      { claim: "minutes of the huge export", value: groupOf(besideAll, "huge").longest / 60, atMost: 15 },
    ];
  },
};
