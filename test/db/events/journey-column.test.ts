/** What a page of events tells of journeys is what queries of journeys read, in scans that a query may have. */

import { beforeAll, describe, expect, it } from "vitest";
import { LIMITS } from "../../../src/budget.ts";
import { readOwners } from "../../../src/db/events/event-owners.ts";
import { EVENTS, type EventRange } from "../../../src/db/events/event-range.ts";
import { readEvents } from "../../../src/db/events/events.ts";
import {
  type CountedJourneys,
  type JourneyColumn,
  type JourneyEnd,
  MAX_SHORT,
  parseEnds,
  parseWhole,
} from "../../../src/db/events/journey-column.ts";
import {
  type CreditedTouch,
  type JourneyScope,
  readJourneys,
  type Reach,
  type Touch,
  WHOLE_LIFE,
} from "../../../src/db/events/journeys.ts";
import { insert, watched } from "../../support/watched.ts";

const EVENT_COUNT = 1_200;
const TIME = 1_000_000;
/** Touchpoints of the person n; those of every third person are in part later than the snapshot. */
const COUNTS = [0, 1, 2, 7, MAX_SHORT - 1, MAX_SHORT, MAX_SHORT + 1, 300];
const ENDS: JourneyEnd[] = (["first", "last"] as const).flatMap((which) => [
  { which, kinds: [0, 1, 2] },
  { which, kinds: [1, 2] },
  { which, kinds: [2] },
]);
const NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 - 1)";

beforeAll(async () => {
  await insert("INSERT INTO sequences (space_no, space_id, seq) VALUES (1, 's', 2), (2, 'other', 2)");
  for (const [n, count] of COUNTS.entries())
    if (count > 0)
      for (const space of [1, 2])
        await insert(
          // Times repeat, so that ids and kinds decide about the order.
          `${NUMBERS} INSERT INTO touchpoints (space_no, person_id, kind, occurred_at, id, seq, source, ad_id, received_at)
           SELECT ?3, printf('p-%d', ?2), (i * 7) % 3, ?4 - i / 3, printf('%d-é-%04d', ?2, (i * 37) % 1000),
             iif(?2 % 3 = 1 AND i % 2 = 0, 2, 1), printf('source-%d', i % 3), iif(i % 2, 'ad', NULL), 0 FROM n`,
          count,
          n,
          space,
          TIME,
        );
  await insert(
    `${NUMBERS} INSERT INTO events (space_no, occurred_at, id, seq, definition_id, definition_version, person_id, received_at, properties)
     SELECT 1, ?2 + i / 7, printf('e-%05d', i), 1, 'purchase', 1, printf('p-%d', i % ?3), 0, '{}' FROM n`,
    EVENT_COUNT,
    TIME,
    COUNTS.length,
  );
  // A deleted person's rows that are not erased yet.
  await insert(`INSERT INTO profile_deletions (space_id, id, person_id, seq, requested_at, due_at)
    VALUES ('s', 'd', 'p-3', 1, 0, 0)`);
});

const range: EventRange = {
  table: EVENTS,
  spaceId: "s",
  seq: 1,
  had: [],
  types: ["purchase"],
  lower: { time: TIME, id: "" },
  upper: { time: 2 * TIME, id: "" },
};

const scopes: [string, JourneyScope, number | null][] = [
  ["a whole life", { spaceId: "s", seq: 1, withAds: false, excludeDeleted: undefined }, null],
  ["a window, with ads", { spaceId: "s", seq: 1, withAds: true, excludeDeleted: undefined }, 100],
  ["deleted people left out", { spaceId: "s", seq: 1, withAds: false, excludeDeleted: "at_snapshot" }, null],
];

async function pageOf(column: JourneyColumn) {
  const { db, most } = watched();
  const events = [];
  for await (const page of readEvents(db, range, column)) events.push(...page);
  expect(events).toHaveLength(EVENT_COUNT);
  expect(most.read).toBeLessThan(LIMITS.rowsPerQuery);
  return events;
}

/** The journeys before events, as a query of their own reads them, of each person and time once. */
async function journeysOf(events: readonly { personId: string; occurredAt: number }[], counted: CountedJourneys) {
  const { db } = watched();
  const { scope, windowMs } = counted;
  const known = new Map<string, Touch[]>();
  for (const { personId, occurredAt } of events) {
    const key = `${personId} ${occurredAt}`;
    const from = windowMs === null ? WHOLE_LIFE : occurredAt - windowMs;
    const reach: Reach = { owner: { id: personId, isCompany: false }, from, to: occurredAt };
    if (!known.has(key)) known.set(key, ((await readJourneys(db, scope, [reach])) ?? [])[0] ?? []);
  }
  return (event: { personId: string; occurredAt: number }) =>
    (known.get(`${event.personId} ${event.occurredAt}`) ?? []).map(untimed);
}

const untimed = ({ id, source, ad_id, adset_id, campaign_id, account_id }: CreditedTouch): CreditedTouch => ({
  id,
  source,
  ad_id,
  adset_id,
  campaign_id,
  account_id,
});

const kindOf = ({ source }: { source: string }) => (Number(source.at(-1)) * 7) % 3;

describe.each(scopes)("with %s", (_, scope, windowMs) => {
  it("a page tells short journeys whole, in their order, and long ones not at all", async () => {
    const events = (await pageOf({ scope, windowMs, part: "whole" })).slice(0, 8 * 12);
    const journeyOf = await journeysOf(events, { scope, windowMs });
    const told = events.map(({ journey }) => parseWhole(journey));
    for (const [n, event] of events.entries())
      if (told[n] !== null) expect(told[n], event.personId).toEqual(journeyOf(event));
    const people = new Set(events.filter((_event, n) => told[n] === null).map(({ personId }) => personId));
    expect([...people].toSorted()).toEqual(["p-5", "p-6", "p-7"]);
  });

  it("a page tells the ends, or that it does not know them", async () => {
    const events = (await pageOf({ scope, windowMs, part: ENDS })).slice(0, 8 * 12);
    const journeyOf = await journeysOf(events, { scope, windowMs });
    let unknown = 0;
    for (const event of events) {
      const told = parseEnds(event.journey, ENDS);
      const journey = journeyOf(event);
      const ends = ENDS.map(({ which, kinds }) => {
        const own = journey.filter((touch) => kinds.includes(kindOf(touch) as 0 | 1 | 2));
        return (which === "first" ? own[0] : own.at(-1)) ?? null;
      });
      if (told === null) unknown += 1;
      else expect(told, event.personId).toEqual(ends);
    }
    // The snapshot does not have the first or last touchpoint of three people, and none of a deleted one.
    expect(unknown).toBeGreaterThan(0);
    expect(unknown).toBeLessThanOrEqual(events.length / 2);
  });

  it("touchpoints are counted where a journey is short", async () => {
    const { db, most } = watched();
    const events = [];
    for await (const page of readOwners(db, range, EVENT_COUNT, { scope, windowMs })) events.push(...page);
    expect(events).toHaveLength(EVENT_COUNT);
    expect(most.read).toBeLessThan(LIMITS.rowsPerQuery);
    const first = events.slice(0, 8 * 12);
    const journeyOf = await journeysOf(first, { scope, windowMs });
    for (const event of first)
      if (event.touches !== null) expect(event.touches, event.personId).toBe(journeyOf(event).length);
    const people = new Set(first.filter(({ touches }) => touches === null).map(({ personId }) => personId));
    expect([...people].toSorted()).toEqual(["p-5", "p-6", "p-7"]);
  });
});

it("a page leaves out a journey that is much longer than its neighbours' rows", async () => {
  const scope: JourneyScope = { spaceId: "s", seq: 1, withAds: false, excludeDeleted: undefined };
  await insert(
    `${NUMBERS} INSERT INTO touchpoints (space_no, person_id, kind, occurred_at, id, seq, source, received_at)
     SELECT 1, ?2, 1, ?3, printf('%.*c-%02d', 190, 'x', i), 1, 'email', 0 FROM n`,
    20,
    "wide",
    TIME,
  );
  await insert(
    `INSERT INTO events (space_no, occurred_at, id, seq, definition_id, definition_version, person_id, received_at, properties)
     VALUES (1, ?1, 'wide', 1, 'purchase', 1, 'wide', 0, '{}')`,
    TIME,
  );
  const { db } = watched();
  const found = [];
  for await (const page of readEvents(db, range, { scope, windowMs: null, part: "whole" })) found.push(...page);
  expect(found.find(({ id }) => id === "wide")?.journey).toBe("");
});
