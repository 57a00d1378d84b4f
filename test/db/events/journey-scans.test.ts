/** Touchpoints that a snapshot does not have, between those that it has: no query on journeys scans many of them. */

import { beforeAll, describe, expect, it } from "vitest";
import { type End, readEnds } from "../../../src/db/events/journey-ends.ts";
import { type JourneyScope, readJourneys, type Reach, WHOLE_LIFE } from "../../../src/db/events/journeys.ts";
import { insert, watched } from "../../support/watched.ts";

const NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 - 1)";
const COUNT = 1_500;
const ROWS = 100;
/** Of the touchpoints of each person and kind, these belong to the snapshot; the others were written later. */
const FIRST = COUNT / 3;
const LAST = (2 * COUNT) / 3;

const scope: JourneyScope = { spaceId: "s", seq: 1, withAds: false, excludeDeleted: undefined };
const reach = (id: string, isCompany = false): Reach => ({ owner: { id, isCompany }, from: WHOLE_LIFE, to: COUNT });
const ENDS: End[] = ([0, 1, 2] as const).flatMap((kind) =>
  (["first", "last"] as const).map((which) => ({ which, kind })),
);

beforeAll(async () => {
  await insert("INSERT INTO sequences (space_no, space_id, seq) VALUES (1, 's', 2)");
  for (const [person, seq] of [
    ["late", `iif(i IN (${FIRST}, ${LAST}), 1, 2)`],
    ["few-late", "iif(i < 5 OR i > ?1 - 6, 2, 1)"],
    ["none", "2"],
  ] as const) {
    await insert(
      `INSERT INTO profiles (space_id, person_id, seq_from, company_id, identifiers, attributes, created_at, updated_at)
       VALUES ('s', ?1, 1, 'acme', '{}', '{}', 0, 0)`,
      person,
    );
    // Kind 2 has none at all.
    for (const kind of [0, 1])
      await insert(
        `${NUMBERS} INSERT INTO touchpoints (space_no, person_id, kind, occurred_at, id, seq, source, received_at)
         SELECT 1, ?2, ?3, i, ?2 || printf('-%d-%05d', ?3, i), ${seq}, iif(?3 = 0, 'direct', 'email'), 0 FROM n`,
        COUNT,
        person,
        kind,
      );
  }
});

describe("Scans are bounded: journeys among very many touchpoints that came after the snapshot", () => {
  it("end where the snapshot's touchpoints do, of persons and of companies", async () => {
    const { db, most } = watched();
    const reaches = [reach("late"), reach("few-late"), reach("none"), reach("nobody"), reach("acme", true)];
    const found = await readEnds(db, scope, reaches, ENDS, ROWS);
    const of = (person: string, first: number, last: number) =>
      [0, 1].flatMap((kind) => [first, last].map((n) => `${person}-${kind}-${String(n).padStart(5, "0")}`));
    const few = of("few-late", 5, COUNT - 6);
    expect(found.map((touches) => touches.slice(0, 4).map((touch) => touch?.id ?? null))).toEqual([
      of("late", FIRST, LAST),
      few,
      [null, null, null, null],
      [null, null, null, null],
      few,
    ]);
    expect(found.map((touches) => touches.slice(4))).toEqual(reaches.map(() => [null, null]));
    expect(most.read).toBeLessThan(6 * ROWS);
  });

  it("are read whole where a query can, and refused to one where it would scan too much", async () => {
    const { db, most } = watched();
    const until = (to: number): Reach => ({ ...reach("late"), to });
    expect(await readJourneys(db, scope, [until(20), reach("nobody")], ROWS)).toEqual([[], []]);
    expect(await readJourneys(db, scope, [until(COUNT), reach("nobody")], ROWS)).toBeNull();
    const around: Reach = { ...reach("late"), from: FIRST - 9, to: FIRST + 9 };
    const [journey] = (await readJourneys(db, scope, [around], ROWS)) ?? [];
    expect(journey?.map(({ id }) => id)).toEqual([0, 1].map((kind) => `late-${kind}-00${FIRST}`));
    expect(most.read).toBeLessThan(3 * ROWS);
  });
});
