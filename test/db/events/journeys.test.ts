/** Reading journeys: whole, or page by page, in texts below D1's limit. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { Budget } from "../../../src/budget.ts";
import { D1Driver } from "../../../src/db/core/d1-driver.ts";
import { Database } from "../../../src/db/core/database.ts";
import { countJourney, walkJourney } from "../../../src/db/events/journey-walk.ts";
import { readJourneys, type Reach, WHOLE_LIFE } from "../../../src/db/events/journeys.ts";
import { readSequence } from "../../../src/db/core/sequences.ts";
import { market, NOON, sendTouches, touch } from "../../support/conversions.ts";
import type { Service, Space } from "../../support/service.ts";
import { withAnswerSizes } from "../../support/answer-sizes.ts";

/** More than a page of a walk has. */
const COUNT = 16_000;
const idOf = (n: number) => `t-${String(n).padStart(5, "0")}`;
const timeOf = (n: number) => NOON - 20_000 + Math.floor(n / 3);
const ALL = Array.from({ length: COUNT }, (_, n) => n);

let service: Service;
let space: Space;

beforeAll(async () => {
  ({ service, space } = await market(["acme", "acme"]));
  const sources = ["google_ads", "email", "direct", "email"];
  await sendTouches(
    service,
    space,
    ALL.map((n) => touch(idOf(n), sources[n % 4] ?? "", timeOf(n))),
  );
  await sendTouches(service, space, [touch("other", "email", NOON - 1, { person_id: "p-2" })]);
});

describe("answers of the store", () => {
  const reach = (id: string, isCompany: boolean): Reach => ({ owner: { id, isCompany }, from: WHOLE_LIFE, to: NOON });

  it.each([false, true])("of a walk are pages, of texts that the store gives (company: %s)", async (isCompany) => {
    const { d1, answers } = withAnswerSizes(env.SPACE_DB);
    const db = new Database(new D1Driver(d1), new Budget());
    const snapshot = {
      spaceId: space.id,
      seq: await readSequence(db, space.id),
      withAds: true,
      excludeDeleted: undefined,
    };
    const whom = reach(isCompany ? "acme" : "p-1", isCompany);
    const found: string[] = [];
    for await (const page of walkJourney(db, snapshot, whom, 0)) {
      found.push(...page.map(({ id }) => id));
    }
    expect(found).toEqual([...ALL.map(idOf), ...(isCompany ? ["other"] : [])]);
    expect(await countJourney(db, snapshot, whom, 0)).toBe(found.length);
    expect(answers.length).toBeGreaterThan(2);
    for (const { bytes, longest } of answers) {
      expect(longest).toBeLessThan(200_000);
      expect(bytes).toBeLessThan(1_500_000);
    }
    expect(await readJourneys(db, snapshot, [whom])).toBeNull();
  });

  it("that the database does not return at once, because all ids have the maximum length, are read in batches", async () => {
    const own = await service.space();
    await service.json("PUT", "/v1/profiles", 200, { key: own.key, body: { profiles: [{ person_id: "p-1" }] } });
    const long = (text: string) => text.padEnd(200, "x");
    const touches = Array.from({ length: 3_200 }, (_, n) =>
      touch(long(idOf(n)), "duckduckgo_organic", timeOf(n), {
        ad_id: long(`a-${n}`),
        adset_id: long("s"),
        campaign_id: long("c"),
        account_id: long("act"),
      }),
    );
    await sendTouches(service, own, touches);
    const { d1 } = withAnswerSizes(env.SPACE_DB, 2_000_000);
    const db = new Database(new D1Driver(d1), new Budget());
    const snapshot = { spaceId: own.id, seq: await readSequence(db, own.id), withAds: true, excludeDeleted: undefined };
    expect(await readJourneys(db, snapshot, [reach("p-1", false)])).toBeNull();
    const walked: string[] = [];
    for await (const page of walkJourney(db, snapshot, reach("p-1", false), 0))
      walked.push(...page.map(({ id }) => id));
    expect(walked).toEqual(touches.map(({ id }) => id));
    const first = { ...reach("p-1", false), to: timeOf(1_000) };
    const [journey] = (await readJourneys(db, snapshot, [first])) ?? [];
    expect(journey?.map(({ id }) => id)).toEqual(walked.slice(0, journey?.length));
    expect(journey?.length).toBeGreaterThan(999);
  });
});
