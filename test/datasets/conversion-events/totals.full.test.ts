/** Totals in the manifest: what the lines add up to, by what they are grouped by. */

import { beforeAll, describe, expect, it } from "vitest";
import { SIZES } from "../../../src/context.ts";
import {
  ask,
  at,
  conversion,
  credit,
  DAY_MS,
  exported,
  manifestOf,
  market,
  NOON,
  putAds,
  sendTouches,
  type Summary,
  touch,
} from "../../support/conversions.ts";
import { pumpCarelessly, type Row, rowsOf } from "../../support/pipeline.ts";
import { between, dice, pick, shuffled } from "../../support/random.ts";
import type { Service, Space } from "../../support/service.ts";

let service: Service;
let space: Space;

const SOURCES = ["google_ads", "facebook_ads", "email", "direct"];
const EVENTS = 23;

beforeAll(async () => {
  ({ service, space } = await market([null, null, null]));
  const roll = dice(7);
  await putAds(service, space, {
    ads: [1, 2, 3].map((n) => ({ id: `a-${n}`, name: `Ad ${n}`, adset_id: `s-${n % 2}` })),
    adsets: [0, 1].map((n) => ({ id: `s-${n}`, name: `Set ${n}`, campaign_id: `c-${n}` })),
    campaigns: [{ id: "c-0", name: "Campaign", account_id: "act_1" }],
  });
  const person = () => `p-${between(roll, 1, 3)}`;
  await sendTouches(
    service,
    space,
    Array.from({ length: 60 }, (_, n) =>
      touch(`t-${n}`, pick(roll, SOURCES), NOON - between(roll, 1, 20 * DAY_MS), {
        person_id: person(),
        ad_id: pick(roll, [null, "a-1", "a-2", "a-3", "a-unknown"]),
      }),
    ),
  );
  await service.send(
    space,
    Array.from({ length: EVENTS }, (_, n) =>
      conversion(`e-${n}`, {
        person_id: person(),
        occurred_at: at(NOON + n),
        properties: pick(roll, [{}, { amount: 0.1 }, { amount: 33.33 }, { amount: -7 }]),
      }),
    ),
  );
});

/** Sums in ten-thousandths of whole numbers: a floating point number would round. */
function added(lines: readonly Row[], names: readonly string[]): Map<string, { rows: number; cents: number }> {
  const sums = new Map<string, { rows: number; cents: number }>();
  for (const line of lines) {
    const key = JSON.stringify(names.map((name) => line[name]));
    const sum = sums.get(key) ?? { rows: 0, cents: 0 };
    sums.set(key, { rows: sum.rows + 1, cents: sum.cents + Math.round(Number(line["amount"] ?? 0) * 100) });
  }
  return sums;
}

async function totals(request: Record<string, unknown>): Promise<{ summary: Summary; lines: Row[] }> {
  const view = await exported(service, space, request);
  const { summary } = await manifestOf(service, space, view.id);
  if (summary === undefined) throw new Error("the manifest has no summary");
  return { summary, lines: await rowsOf(service, view) };
}

const creditOf = ({ groups }: Summary) => (groups ?? []).reduce((sum, group) => sum + group.credit * 1e9, 0) / 1e9;

describe("totals", () => {
  it.each([
    [["source"]],
    [["ad_id"]],
    [["adset_id"]],
    [["campaign_id"]],
    [["account_id"]],
    [["campaign_id", "source"]],
    [["source", "ad_id", "adset_id", "campaign_id", "account_id"]],
  ])("by %j are what the lines add up to", async (group_by) => {
    const fields = [...new Set([...group_by, "amount"])];
    const { summary, lines } = await totals({ ...credit("linear", SOURCES), group_by, fields });
    expect(summary.group_by).toEqual(group_by);
    const said = (summary.groups ?? []).map((group) => [
      JSON.stringify(group_by.map((name) => group[name])),
      { rows: group.rows, cents: Math.round(group.amount * 100) },
    ]);
    expect(new Map(said as [string, { rows: number; cents: number }][])).toEqual(added(lines, group_by));
    expect(creditOf(summary)).toBe(EVENTS);
    expect(Object.keys(summary.groups?.[0] ?? {})).toEqual([...group_by, "rows", "credit", "amount"]);
  });

  it("are of each model when several were requested", async () => {
    const models = ["linear", "u_shaped", "last_touch"];
    const request = { ...credit(models, SOURCES), group_by: ["source"], fields: ["source", "amount"] };
    const { summary, lines } = await totals(request);
    expect(creditOf(summary)).toBe(EVENTS * models.length);
    const names = ["model", "source"];
    const said = (summary.groups ?? []).map((group): [string, number] => [
      JSON.stringify(names.map((name) => group[name])),
      group.rows,
    ]);
    const rows = [...added(lines, names)].map(([key, sum]): [string, number] => [key, sum.rows]);
    expect(new Map(said)).toEqual(new Map(rows));
  });

  it("need no such fields in the lines", async () => {
    const { summary, lines } = await totals({ ...credit("linear", SOURCES), group_by: ["account_id"] });
    expect(Object.keys(lines[0] ?? {})).toEqual(["id", "event_time_utc", "touchpoint_id"]);
    expect(new Set((summary.groups ?? []).map((group) => group["account_id"]))).toEqual(new Set(["act_1", null]));
    expect((summary.groups ?? []).some((group) => group.amount !== 0)).toBe(true);
  });

  it("have less credit than there are conversions where sources are left out", async () => {
    const { summary } = await totals({ ...credit("linear", ["email"]), group_by: ["source"] });
    expect((summary.groups ?? []).map((group) => group["source"])).toEqual(["email"]);
    expect(creditOf(summary)).toBeLessThan(EVENTS);
  });

  it("of nothing are no groups", async () => {
    const { summary } = await totals({ ...credit("linear", ["yelp"]), group_by: ["source"] });
    expect(summary).toEqual({ group_by: ["source"], groups: [] });
  });

  it("are missing when none were requested", async () => {
    const view = await exported(service, space, credit("linear", SOURCES));
    expect(await manifestOf(service, space, view.id)).not.toHaveProperty("summary");
  });

  it("are the same over several chunks, also when chunks repeat in any order", async () => {
    const request = { ...credit(["linear", "u_shaped"], SOURCES), group_by: ["campaign_id", "source"] };
    const { summary } = await totals(request);
    service.context.sizes = { ...SIZES, chunkRows: 4 };
    const id = await ask(service, space, request);
    const roll = dice(11);
    await pumpCarelessly(service, { times: 2, order: (waiting) => shuffled(roll, waiting), width: 2 });
    expect((await manifestOf(service, space, id)).summary).toEqual(summary);
    const first = await service.call("GET", `/v1/exports/${id}/manifest`, { key: space.key });
    const again = await service.call("GET", `/v1/exports/${id}/manifest`, { key: space.key });
    expect(await first.text()).toBe(await again.text());
    service.context.sizes = SIZES;
  });
});

describe("totals of too many groups", () => {
  const many = async (count: number, idOf: (n: number) => string) => {
    const own = await service.space();
    await service.json("PUT", "/v1/profiles", 200, { key: own.key, body: { profiles: [{ person_id: "p-1" }] } });
    const touches = Array.from({ length: count }, (_, n) =>
      touch(`t-${n}`, "google_ads", NOON - n, { ad_id: idOf(n) }),
    );
    await sendTouches(service, own, touches);
    await service.send(own, [conversion("e-1")]);
    const view = await exported(service, own, { ...credit("linear", ["google_ads"]), group_by: ["ad_id", "source"] });
    expect(view.progress.rows_total).toBe(count);
    return (await manifestOf(service, own, view.id)).summary;
  };

  it("are said to be too many, and the lines are there", async () => {
    expect((await many(2_000, (n) => `a-${n}`))?.groups).toHaveLength(2_000);
    const summary = await many(2_001, (n) => `a-${n}`);
    expect(summary?.groups).toBeNull();
    expect(summary?.message).toContain("the maximum is 2000 groups");
  });

  it("are too many, too, where they are too long", async () => {
    const summary = await many(2_000, (n) => `${n}-`.padEnd(200, '"'));
    expect(summary?.groups).toBeNull();
    expect(summary?.message).toContain("1 MB");
  });
});
