/** Merged people with more rows than one query or page has: they are read in slices, and give the same. */

import { beforeAll, describe, expect, it } from "vitest";
import { memberRange } from "../../src/datasets/members.ts";
import { segmentProfiles } from "../../src/datasets/segment-profiles/dataset.ts";
import { pages } from "../../src/datasets/segment-profiles/pages.ts";
import { readSequence } from "../../src/db/core/sequences.ts";
import { readEnds } from "../../src/db/events/journey-ends.ts";
import { countJourney, walkJourney } from "../../src/db/events/journey-walk.ts";
import { type JourneyScope, type Owner, readJourneys, WHOLE_LIFE } from "../../src/db/events/journeys.ts";
import { countMembers } from "../../src/db/profiles/segment-members.ts";
import { freezeFilter } from "../../src/segments/filter.ts";
import { ample } from "../support/ample-budget.ts";
import { NOON } from "../support/conversions.ts";
import { Twins, WINDOW } from "../support/merged-people.ts";
import { type Space, START } from "../support/service.ts";

let twins: Twins;

beforeAll(async () => {
  twins = await Twins.open();
  await twins.mergeAll();
});

async function snapshotOf(space: Space) {
  const { databases } = twins.service.context;
  const db = databases.space(space.id);
  return {
    db,
    events: databases.events(space.id),
    spaceId: space.id,
    seq: await readSequence(db, space.id),
    since: null,
  };
}

describe("a document", () => {
  /** @param limits of one person's events in memory, and of events that one query scans. */
  async function documentOf(space: Space, ...limits: number[]): Promise<string> {
    const snapshot = await snapshotOf(space);
    const request = segmentProfiles.shape;
    const query = await segmentProfiles.freeze(
      {
        attributes: request.attributes.parse(["tier"]),
        events: request.events.parse(["order_placed", "purchase"]),
        include_topics: false,
        start_at: WINDOW.start,
        end_at: WINDOW.end,
      },
      {
        db: snapshot.db,
        space: { id: space.id, timezone: "UTC", retention_days: 180 } as never,
        now: START,
        snapshotSeq: snapshot.seq,
        secret: "",
        increment: false,
        scheduled: false,
        warn() {},
      },
    );
    let text = "";
    for await (const page of pages(snapshot, query, memberRange(snapshot, null, "", null), ...limits))
      text += (page.continues === true ? "" : "|") + page.lines.join("|");
    return text;
  }

  it("has the events of all of them in one order, also where they do not fit into memory together", async () => {
    const expected = await documentOf(twins.one);
    expect(expected).toContain("c-5");
    for (const limits of [[], [100], [600, 3], [100, 2], [10_000, 1]])
      expect(await documentOf(twins.apart, ...limits)).toBe(expected);
  });
});

it("a rule about events counts those of all of them, slice by slice", async () => {
  const snapshot = await snapshotOf(twins.apart);
  const countOf = async (atLeast: number, rows?: number) => {
    const filter = freezeFilter({ event: "order_placed", at_least: atLeast }, START, 180, false, true);
    return (await countMembers(snapshot.db, memberRange(snapshot, filter, "", null), ample(), rows)).records;
  };
  for (const rows of [undefined, 40, 8, 2]) expect([await countOf(12, rows), await countOf(13, rows)]).toEqual([1, 0]);
});

describe("a journey", () => {
  const reach = (owner: Owner) => ({ owner, from: WHOLE_LIFE, to: NOON });
  const own = reach({ id: "p-1", isCompany: false });
  const ofThree = reach({ id: "p-1", isCompany: false, merged: ["a", "b"] });
  const company = reach({ id: "acme", isCompany: true });
  const ENDS = (["first", "last"] as const).flatMap((which) => ([0, 1, 2] as const).map((kind) => ({ which, kind })));

  it("is read, walked, counted, and has the ends of one person's", async () => {
    const [there, here] = [await snapshotOf(twins.one), await snapshotOf(twins.apart)];
    const scope = ({ spaceId, seq }: typeof there, merged: boolean): JourneyScope => ({
      spaceId,
      seq,
      withAds: false,
      excludeDeleted: undefined,
      merged,
    });
    for (const [one, several] of [
      [own, ofThree],
      [company, company],
    ] as const) {
      const [left, right] = [scope(there, false), scope(here, true)];
      const expected = await readJourneys(there.db, left, [one]);
      expect(expected?.[0]?.length).toBe(one === own ? 20 : 21);
      expect(await readJourneys(here.db, right, [several])).toEqual(expected);
      for (const minKind of [0, 2] as const) {
        const wanted = await countJourney(there.db, left, one, minKind);
        expect(await countJourney(here.db, right, several, minKind)).toBe(wanted);
        const walked = [];
        for await (const touches of walkJourney(here.db, right, several, minKind, 3)) walked.push(...touches);
        expect(walked).toEqual(
          (await readJourneys(there.db, left, [one]))?.[0]?.filter(
            (touch) => minKind === 0 || touch.source.endsWith("_ads"),
          ),
        );
        expect(walked).toHaveLength(wanted);
      }
      // Several reaches at once, of which some have merged people.
      const ends = await readEnds(here.db, right, [several, own, several], ENDS, 2);
      expect(ends[0]).toEqual((await readEnds(there.db, left, [one], ENDS))[0]);
      expect(ends[2]).toEqual(ends[0]);
      expect(ends[1]).not.toEqual(ends[0]);
    }
  });
});
