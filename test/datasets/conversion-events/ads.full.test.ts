/** The four levels of ads: the ids of a touchpoint, the known levels above it, and the number of queries. */

import { beforeEach, describe, expect, it } from "vitest";
import {
  conversion,
  credit,
  exported,
  linesOf,
  market,
  NOON,
  putAds,
  sendTouches,
  touch,
} from "../../support/conversions.ts";
import type { Service, Space } from "../../support/service.ts";

let service: Service;
let space: Space;

const LEVELS = ["ad", "adset", "campaign", "account"];
const FIELDS = LEVELS.flatMap((level) => [`${level}_id`, `${level}_name`]);
const TREE = {
  ads: [{ id: "a-1", name: "Ad 1", adset_id: "s-1" }],
  adsets: [
    { id: "s-1", name: "Set 1", campaign_id: "c-1" },
    { id: "s-2", name: "Set 2", campaign_id: "c-2" },
  ],
  campaigns: [
    { id: "c-1", name: "Campaign 1", account_id: "act_1" },
    { id: "c-2", name: "Campaign 2", account_id: "act_unknown" },
  ],
  accounts: [{ id: "act_1", name: "Account 1" }],
};

beforeEach(async () => {
  ({ service, space } = await market());
  await service.send(space, [conversion("e-1")]);
});

/** The fields of a touchpoint with these ids. */
async function said(named: Record<string, unknown>, fields: readonly string[] = FIELDS): Promise<unknown[]> {
  await sendTouches(service, space, [touch("t-1", "google_ads", NOON - 1, named)]);
  const [line] = await linesOf(service, space, { ...credit("linear", ["google_ads"]), fields });
  return fields.map((field) => line?.[field]);
}

describe("the levels of a touchpoint", () => {
  it("are filled from the one below", async () => {
    await putAds(service, space, TREE);
    expect(await said({ ad_id: "a-1" })).toEqual([
      "a-1",
      "Ad 1",
      "s-1",
      "Set 1",
      "c-1",
      "Campaign 1",
      "act_1",
      "Account 1",
    ]);
  });

  it("are what it names itself, and what is above that", async () => {
    await putAds(service, space, TREE);
    expect(await said({ ad_id: "a-1", adset_id: "s-2" })).toEqual([
      "a-1",
      "Ad 1",
      "s-2",
      "Set 2",
      "c-2",
      "Campaign 2",
      "act_unknown",
      null,
    ]);
  });

  it("may begin above the ad", async () => {
    await putAds(service, space, TREE);
    expect(await said({ campaign_id: "c-1" })).toEqual([
      null,
      null,
      null,
      null,
      "c-1",
      "Campaign 1",
      "act_1",
      "Account 1",
    ]);
  });

  it("are the ids alone while nothing is known of them, and all of it in the next export once it is", async () => {
    const fields = ["ad_id", "ad_name", "account_name"];
    expect(await said({ ad_id: "a-1", account_id: "act_1" }, fields)).toEqual(["a-1", null, null]);
    await putAds(service, space, TREE);
    const [line] = await linesOf(service, space, { ...credit("linear", ["google_ads"]), fields });
    expect(line).toMatchObject({ ad_id: "a-1", ad_name: "Ad 1", account_name: "Account 1" });
  });

  it("are null of a touchpoint without any", async () => {
    await putAds(service, space, TREE);
    expect(await said({})).toEqual(FIELDS.map(() => null));
  });

  it("stay in the requested order", async () => {
    await putAds(service, space, TREE);
    const fields = ["account_name", "amount", "ad_id", "campaign_id"];
    expect(await said({ ad_id: "a-1" }, fields)).toEqual(["Account 1", 100, "a-1", "c-1"]);
  });
});

describe("fact 2.a.23: a level", () => {
  it("costs one query more when it is higher, and none when it is not requested", async () => {
    await putAds(service, space, TREE);
    await sendTouches(service, space, [touch("t-1", "google_ads", NOON - 1, { ad_id: "a-1" })]);
    const statements = async (field: string) => {
      // Each export has a snapshot of its own: nothing is known from the one before.
      await service.send(space, [conversion(`e-${field}`)]);
      const before = service.meter.statements;
      await exported(service, space, { ...credit("last_touch", ["google_ads"]), fields: [field] });
      return service.meter.statements - before;
    };
    const none = await statements("amount");
    const costs: number[] = [];
    for (const field of FIELDS) costs.push((await statements(field)) - none);
    expect(costs).toEqual([0, 1, 1, 2, 2, 3, 3, 4]);
  });

  it("is looked up for ids of any length, many at a time", async () => {
    const long = (n: number) => `${String(n).padStart(5, "0")}${'"'.repeat(195)}`;
    // More than a parameter holds.
    const ads = Array.from({ length: 6_000 }, (_, n) => ({ id: long(n), name: `Ad ${n}` }));
    for (const from of [0, 3_000]) await putAds(service, space, { ads: ads.slice(from, from + 3_000) });
    const touches = ads.map(({ id: ad_id }, n) => touch(`t-${n}`, "google_ads", NOON - 6_000 + n, { ad_id }));
    await sendTouches(service, space, touches);
    const lines = await linesOf(service, space, { ...credit("linear", ["google_ads"]), fields: ["ad_name"] });
    expect(lines.map((line) => line["ad_name"])).toEqual(ads.map(({ name }) => name));
  });
});
