/** Ad objects: each PUT replaces whole objects, all of a call or none; lists show the current ones per level. */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { type ProblemView, Service, type Space } from "../../support/service.ts";

const service = new Service();
let space: Space;

beforeEach(async () => {
  space = await service.space();
});

const put = (body: unknown) => service.json<{ put: number }>("PUT", "/v1/ad-objects", 200, { key: space.key, body });
const refusal = (body: unknown) => service.faults("PUT", "/v1/ad-objects", { key: space.key, body });

interface Listed {
  id: string;
  created_at: string;
  updated_at: string;
}

async function list(level: string): Promise<Listed[]> {
  const path = `/v1/ad-objects?level=${level}&limit=200`;
  return (await service.json<{ data: Listed[] }>("GET", path, 200, { key: space.key })).data;
}

async function versions(): Promise<unknown> {
  const query = env.SPACE_DB.prepare("SELECT count(*) AS n FROM ad_objects WHERE space_id = ?").bind(space.id);
  return query.first("n");
}

const HIERARCHY = {
  ads: [{ id: "a-1", name: "Video", adset_id: "s-1" }],
  adsets: [{ id: "s-1", name: "Runners", campaign_id: "c-1" }],
  campaigns: [{ id: "c-1", name: "Spring", account_id: "act_1" }],
  accounts: [{ id: "act_1", name: "Shop" }],
};

describe("ad objects that are put", () => {
  it("are listed by their level as they were put", async () => {
    expect(await put(HIERARCHY)).toEqual({ put: 4 });
    const at = new Date(service.now).toISOString();
    const times = { created_at: at, updated_at: at };
    expect(await list("ad")).toEqual([{ level: "ad", ...HIERARCHY.ads[0], ...times }]);
    expect(await list("adset")).toEqual([{ level: "adset", ...HIERARCHY.adsets[0], ...times }]);
    expect(await list("campaign")).toEqual([{ level: "campaign", ...HIERARCHY.campaigns[0], ...times }]);
    expect(await list("account")).toEqual([{ level: "account", ...HIERARCHY.accounts[0], ...times }]);
  });

  it("may have the same id on each level", async () => {
    const one = { id: "1", name: "One" };
    expect(await put({ ads: [one], adsets: [one], campaigns: [one], accounts: [one] })).toEqual({ put: 4 });
    expect(await versions()).toBe(4);
  });

  it.each<[string, Record<string, unknown>]>([
    ["is not there yet", { adset_id: "s-9" }],
    ["is null", { adset_id: null }],
    ["is left out", {}],
  ])("may have a parent that %s", async (_, parent) => {
    await put({ ads: [{ id: "a-1", name: "Video", ...parent }], accounts: null });
    expect(await list("ad")).toMatchObject([{ adset_id: parent["adset_id"] ?? null }]);
  });

  it("replace the current ones as a whole, and keep created_at", async () => {
    await put(HIERARCHY);
    const created = new Date(service.now).toISOString();
    service.now += 1000;
    await put({ ads: [{ id: "a-1", name: "Picture" }] });
    const changed = { created_at: created, updated_at: new Date(service.now).toISOString() };
    expect(await list("ad")).toEqual([{ level: "ad", id: "a-1", name: "Picture", adset_id: null, ...changed }]);
    expect(await list("adset")).toMatchObject(HIERARCHY.adsets);
  });

  it("without a change write no version and no row", async () => {
    await put(HIERARCHY);
    const before = await list("ad");
    service.now += 1000;
    await put({ ...HIERARCHY, accounts: [{ id: "act_1", name: "Shoe shop" }] });
    expect(await list("ad")).toEqual(before);
    expect(await versions()).toBe(5);
  });

  it.each(["日本語 🛒", "a\\b/c~d", 'say "hi"', "  spaced  ", "x".repeat(500)])("keep the name %j", async (name) => {
    await put({ campaigns: [{ id: "広告/1", name, account_id: "アカウント" }] });
    expect(await list("campaign")).toMatchObject([{ id: "広告/1", name, account_id: "アカウント" }]);
  });
});

describe("a call", () => {
  const many = (count: number, name = "n") =>
    Array.from({ length: count }, (_, n) => ({ id: `o-${String(n).padStart(4, "0")}`, name }));

  it("takes 5,000 objects, on one level or on several", async () => {
    expect(await put({ ads: many(5000) })).toEqual({ put: 5000 });
    expect(await put({ adsets: many(2500), campaigns: many(2500) })).toEqual({ put: 5000 });
    expect(await versions()).toBe(10_000);
  });

  it("accepts more bytes than one D1 parameter holds", async () => {
    const name = "é".repeat(500);
    expect(await put({ ads: many(2500, name) })).toEqual({ put: 2500 });
    expect(await versions()).toBe(2500);
    expect((await list("ad")).at(-1)).toMatchObject({ name });
  });

  it("is all or nothing", async () => {
    expect(await refusal({ ...HIERARCHY, accounts: [{ id: "act_1", name: "" }] })).toEqual(["/accounts/0/name"]);
    expect(await versions()).toBe(0);
  });

  it.each<[what: string, body: unknown, pointer: string]>([
    ["nothing", {}, ""],
    ["empty lists", { ads: [], accounts: null }, ""],
    ["5,001 on a level", { ads: many(5001) }, "/ads"],
    ["5,001 together", { ads: many(5000), accounts: many(1) }, ""],
    ["an id twice in a list", { adsets: [...many(2), { id: "o-0001", name: "m" }] }, "/adsets/2/id"],
    ["no id", { ads: [{ name: "n" }] }, "/ads/0/id"],
    ["no name", { campaigns: [{ id: "c" }] }, "/campaigns/0/name"],
    ["a name of 501 characters", { ads: [{ id: "a", name: "x".repeat(501) }] }, "/ads/0/name"],
    ["an empty parent", { ads: [{ id: "a", name: "n", adset_id: "" }] }, "/ads/0/adset_id"],
    ["a parent of another level", { ads: [{ id: "a", name: "n", campaign_id: "c" }] }, "/ads/0/campaign_id"],
    ["an account's parent", { accounts: [{ id: "a", name: "n", parent_id: "c" }] }, "/accounts/0/parent_id"],
    ["a level that is none", { creatives: [] }, "/creatives"],
  ])("with %s is refused", async (_what, body, pointer) => {
    expect(await refusal(body)).toEqual([pointer]);
    expect(await versions()).toBe(0);
  });

  it("of more than 15,728,640 bytes is refused", async () => {
    const body = { ads: [{ id: "x".repeat(15_728_640), name: "n" }] };
    const problem = await service.json<ProblemView>("PUT", "/v1/ad-objects", 413, { key: space.key, body });
    expect(problem.code).toBe("payload_too_large");
  });
});

it.each(["", "?level=creative", "?level=ads"])("the list is refused with the query %j", async (query) => {
  expect(await service.faults("GET", `/v1/ad-objects${query}`, { key: space.key })).toEqual(["#query/level"]);
});
