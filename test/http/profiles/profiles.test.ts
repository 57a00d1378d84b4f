/** Profiles: the result of a merge, and the validation of each field. */

import { beforeEach, describe, expect, it } from "vitest";
import { type ProblemView, Service, type Space } from "../../support/service.ts";

const service = new Service();
let space: Space;

beforeEach(async () => {
  space = await service.space();
});

const put = (...profiles: Record<string, unknown>[]) =>
  service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles } });
const get = (id = "p-1") =>
  service.json<Record<string, unknown>>("GET", `/v1/profiles/${encodeURIComponent(id)}`, 200, { key: space.key });
const faults = (...profiles: Record<string, unknown>[]) =>
  service.faults("PUT", "/v1/profiles", { key: space.key, body: { profiles } });

const FULL = {
  person_id: "p-1",
  external_person_id: "CRM-1",
  company_id: "acme",
  type: "Customer",
  identifiers: { custom_id: "c-1", other_id: "o-1" },
  attributes: { $first_name: "Ada", tier: "gold", score: 1.5, vip: true },
  tags: ["early", "vip"],
  topics: { news: { email: "confirmed-opt-in", sms: "opt-out" }, offers: { email: "opt-in" } },
  installations: [
    { installation_id: "i-1", platform: "iOS", push_token: "t-1", is_optin: true },
    { installation_id: "i-2", platform: "Webpush", push_token: null, is_optin: false },
  ],
};

describe("a merge", () => {
  it("creates a profile that does not exist", async () => {
    expect(await put(FULL)).toEqual({ merged: 1 });
    const at = new Date(service.now).toISOString();
    expect(await get()).toEqual({ ...FULL, created_at: at, updated_at: at });
  });

  it("creates an empty profile from an id alone", async () => {
    await put({ person_id: "p-1" });
    const empty = { external_person_id: null, company_id: null, type: null, identifiers: {}, attributes: {} };
    expect(await get()).toMatchObject({ ...empty, tags: [], topics: {}, installations: [] });
  });

  it("is refused as a whole, with each external id that belongs to another profile", async () => {
    await put({ person_id: "a", external_person_id: "A" }, { person_id: "b", external_person_id: "B" });
    const people = ["b", "new", "a", "c"].map((id) => ({ person_id: `${id}-2`, external_person_id: id.toUpperCase() }));
    const answer = await service.json("PUT", "/v1/profiles", 409, {
      key: space.key,
      body: { profiles: [{ person_id: "a", company_id: "acme" }, ...people] },
    });
    const taken = (id: string): unknown =>
      expect.stringContaining(`The external_person_id ${id} belongs to another profile`);
    expect(answer).toMatchObject({
      code: "conflict",
      errors: [
        { pointer: "/profiles/1/external_person_id", detail: taken("B") },
        { pointer: "/profiles/3/external_person_id", detail: taken("A") },
      ],
    });
    await service.json("GET", "/v1/profiles/new-2", 404, { key: space.key });
  });

  it("leaves what it does not send", async () => {
    await put(FULL);
    await put({ person_id: "p-1" });
    expect(await get()).toMatchObject(FULL);
  });

  it.each(["external_person_id", "company_id", "type"])("removes %s with null, and leaves the rest", async (field) => {
    await put(FULL);
    await put({ person_id: "p-1", [field]: null });
    expect(await get()).toMatchObject({ ...FULL, [field]: null });
  });

  it.each(["external_person_id", "company_id", "type"])("replaces %s", async (field) => {
    await put(FULL);
    await put({ person_id: "p-1", [field]: "new" });
    expect(await get()).toMatchObject({ ...FULL, [field]: "new" });
  });

  it("merges attributes by key: adds, replaces, removes with null, leaves", async () => {
    await put(FULL);
    await put({ person_id: "p-1", attributes: { tier: "silver", score: null, city: "Köln" } });
    expect((await get())["attributes"]).toEqual({ $first_name: "Ada", tier: "silver", vip: true, city: "Köln" });
  });

  it("merges identifiers by key", async () => {
    await put(FULL);
    await put({ person_id: "p-1", identifiers: { custom_id: null, third_id: "t-1" } });
    expect((await get())["identifiers"]).toEqual({ other_id: "o-1", third_id: "t-1" });
  });

  it.each<[string, unknown, unknown]>([
    [
      "adds, replaces and leaves channels",
      { news: { email: "opt-out", push: "opt-in" } },
      { ...FULL.topics, news: { email: "opt-out", sms: "opt-out", push: "opt-in" } },
    ],
    ["adds topics", { alerts: { sms: "opt-in" } }, { ...FULL.topics, alerts: { sms: "opt-in" } }],
    ["removes a channel with null", { news: { sms: null } }, { ...FULL.topics, news: { email: "confirmed-opt-in" } }],
    ["removes a topic with null", { news: null }, { offers: { email: "opt-in" } }],
    ["removes a topic with its last channel", { offers: { email: null } }, { news: FULL.topics.news }],
    ["makes no topic without a channel", { empty: {}, odd: { sms: null }, none: null }, FULL.topics],
    ["keeps ids as they are", { 'a"b.c$': { "ü 東": "opt-in" } }, { ...FULL.topics, 'a"b.c$': { "ü 東": "opt-in" } }],
  ])("of topics goes by topic and channel: it %s", async (_, topics, left) => {
    await put(FULL);
    await put({ person_id: "p-1", topics });
    expect(await get()).toMatchObject({ ...FULL, topics: left });
    expect((await get())["topics"]).toEqual(left);
  });

  it("removes the only topic, and none is left", async () => {
    await put({ person_id: "p-1", topics: { a: { sms: "opt-in" } } });
    await put({ person_id: "p-1", topics: { a: null } });
    expect((await get())["topics"]).toEqual({});
  });

  it.each(["tags", "installations"] as const)("replaces %s as a whole", async (field) => {
    await put(FULL);
    const [first] = FULL[field];
    await put({ person_id: "p-1", [field]: [first] });
    expect(await get()).toMatchObject({ ...FULL, [field]: [first] });
  });

  it.each([
    ["tags", null],
    ["tags", []],
    ["installations", null],
    ["installations", []],
  ])("empties %s with %j, and leaves the rest", async (field, nothing) => {
    await put(FULL);
    await put({ person_id: "p-1", [field]: nothing });
    expect(await get()).toMatchObject({ ...FULL, [field]: [] });
  });

  it("shows an installation that came without a push token with none", async () => {
    await put({ person_id: "p-1", installations: [{ installation_id: "i", platform: "Android", is_optin: true }] });
    const shown = [{ installation_id: "i", platform: "Android", push_token: null, is_optin: true }];
    expect((await get())["installations"]).toEqual(shown);
  });

  it("stores no null for a key that was not there", async () => {
    await put({ person_id: "p-1", attributes: { nothing: null } });
    expect((await get())["attributes"]).toEqual({});
  });

  it("keeps values of each type, and text as it is", async () => {
    const attributes = { n: -0.125, big: 9_007_199_254_740_991, f: false, t: 'q"\\/\n\u2028\u0001 東京 🛍', e: "" };
    await put({ person_id: "p-1", attributes });
    expect((await get())["attributes"]).toEqual(attributes);
  });

  it("keeps attribute names of any script, and ones with dots and dollars apart", async () => {
    const attributes = { "a.b": 1, a: 2, $a: 3, "$.a": 4, "größe 東": 5, constructor: "c" };
    await put({ person_id: "p-1", attributes });
    expect((await get())["attributes"]).toEqual(attributes);
  });

  it("never loses an attribute without a word, also one called __proto__", async () => {
    const body = `{"profiles":[{"person_id":"p-1","attributes":{"__proto__":"x"}}]}`;
    const response = await service.call("PUT", "/v1/profiles", { key: space.key, body });
    const lost = response.status === 200 && JSON.stringify((await get())["attributes"]) !== '{"__proto__":"x"}';
    expect([lost, response.status < 500]).toEqual([false, true]);
  });

  it("keeps created_at, and sets updated_at", async () => {
    await put(FULL);
    const created = (await get())["created_at"];
    service.now += 5_000;
    await put({ person_id: "p-1", type: "Lead" });
    expect(await get()).toMatchObject({ created_at: created, updated_at: new Date(service.now).toISOString() });
  });

  it.each(["a/b", "a b", "50%", "%2F", "ü-東", "?x#y"])("takes the id %s, and finds it again", async (id) => {
    await put({ person_id: id, type: "odd" });
    expect(await get(id)).toMatchObject({ person_id: id, type: "odd" });
  });
});

describe("a profile", () => {
  const deep = (field: Record<string, unknown>) => ({ person_id: "p-1", ...field });
  const installed = (...each: Record<string, unknown>[]) =>
    deep({
      installations: each.map((fields) => ({ installation_id: "i", platform: "iOS", is_optin: true, ...fields })),
    });
  const numbered = (count: number) => Array.from({ length: count }, (_, n) => ({ installation_id: `i-${n}` }));
  const tags = (count: number) => Array.from({ length: count }, (_, n) => `t-${n}`);

  it.each<[string, Record<string, unknown>, string]>([
    ["no person_id", {}, "/person_id"],
    ["person_id null", { person_id: null }, "/person_id"],
    ["an empty person_id", { person_id: "" }, "/person_id"],
    ["a person_id of 201 bytes", { person_id: `${"é".repeat(100)}x` }, "/person_id"],
    ["a control character in its id", { person_id: "a\u0007" }, "/person_id"],
    ["an unpaired surrogate in its id", { person_id: "a\ud800" }, "/person_id"],
    ["a number for an id", { person_id: 5 }, "/person_id"],
    ["an empty external id", deep({ external_person_id: "" }), "/external_person_id"],
    ["an empty company", deep({ company_id: "" }), "/company_id"],
    ["an empty type", deep({ type: "" }), "/type"],
    ["a type of 101 characters", deep({ type: "t".repeat(101) }), "/type"],
    ["an unpaired surrogate in its type", deep({ type: "t\ud800" }), "/type"],
    ["an identifier that is a number", deep({ identifiers: { custom_id: 5 } }), "/identifiers/custom_id"],
    ["an identifier with a bad name", deep({ identifiers: { "custom-id": "x" } }), "/identifiers/custom-id"],
    ["an attribute that is a list", deep({ attributes: { a: [1] } }), "/attributes/a"],
    ["an attribute that is an object", deep({ attributes: { a: {} } }), "/attributes/a"],
    ["an attribute with an empty name", deep({ attributes: { "": 1 } }), "/attributes/"],
    [
      "an attribute with a name of 129 characters",
      deep({ attributes: { ["a".repeat(129)]: 1 } }),
      `/attributes/${"a".repeat(129)}`,
    ],
    ["attributes that are a list", deep({ attributes: [] }), "/attributes"],
    ["an unpaired surrogate in an attribute", deep({ attributes: { a: "x\udc00" } }), "/attributes/a"],
    [
      "an unpaired surrogate in an identifier",
      deep({ identifiers: { custom_id: "\ud800x" } }),
      "/identifiers/custom_id",
    ],
    ["tags that are an object", deep({ tags: {} }), "/tags"],
    ["a tag that is no text", deep({ tags: ["a", 5] }), "/tags/1"],
    ["an empty tag", deep({ tags: [""] }), "/tags/0"],
    ["an unpaired surrogate in a tag", deep({ tags: ["\ud800"] }), "/tags/0"],
    ["the same tag twice", deep({ tags: ["a", "b", "a"] }), "/tags/2"],
    ["201 tags", deep({ tags: tags(201) }), "/tags"],
    ["topics that are a list", deep({ topics: [] }), "/topics"],
    ["a topic that is a text", deep({ topics: { news: "opt-in" } }), "/topics/news"],
    ["a topic without a name", deep({ topics: { "": { sms: "opt-in" } } }), "/topics/"],
    ["a channel with a control character", deep({ topics: { news: { "\u0007": "opt-in" } } }), "/topics/news/\u0007"],
    ["a consent that there is not", deep({ topics: { news: { sms: "in" } } }), "/topics/news/sms"],
    ["an unpaired surrogate in a topic", deep({ topics: { "\ud800": { sms: "opt-in" } } }), "/topics"],
    ["installations that are an object", deep({ installations: {} }), "/installations"],
    ["an installation without an id", installed({ installation_id: undefined }), "/installations/0/installation_id"],
    ["an installation on an unknown platform", installed({ platform: "ios" }), "/installations/0/platform"],
    ["an installation with no platform", installed({ platform: undefined }), "/installations/0/platform"],
    ["an opt-in that is a text", installed({ is_optin: "yes" }), "/installations/0/is_optin"],
    ["no opt-in", installed({ is_optin: undefined }), "/installations/0/is_optin"],
    ["an empty push token", installed({ push_token: "" }), "/installations/0/push_token"],
    ["a push token of 4,097 characters", installed({ push_token: "t".repeat(4097) }), "/installations/0/push_token"],
    ["an unpaired surrogate in a push token", installed({ push_token: "t\udc00" }), "/installations/0/push_token"],
    ["an unknown property of an installation", installed({ token: "t" }), "/installations/0/token"],
    ["the same installation twice", installed({}, {}), "/installations/1/installation_id"],
    ["51 installations", installed(...numbered(51)), "/installations"],
    ["an unknown property", deep({ tier: "gold" }), "/tier"],
  ])("with %s is refused", async (_, profile, pointer) => {
    expect(await faults({ person_id: "fine" }, profile)).toEqual([`/profiles/1${pointer}`]);
  });

  it.each([
    ["of 200 bytes", "é".repeat(100)],
    ["of one character", "x"],
  ])("may have ids %s", async (_, id) => {
    expect(await put({ person_id: id, external_person_id: id, company_id: id })).toEqual({ merged: 1 });
  });

  it("may have 200 tags and 50 installations", async () => {
    const most = { ...installed(...numbered(50)), tags: tags(200) };
    await put(most);
    const profile = (await get()) as { tags: unknown[]; installations: unknown[] };
    expect([profile.tags.length, profile.installations.length]).toEqual([200, 50]);
  });

  it("may have text of whole characters beyond the first plane", async () => {
    await put({ person_id: "p-1", attributes: { t: "\ud83d\uded2" }, tags: ["\ud83d\uded2"] });
    expect(await get()).toMatchObject({ attributes: { t: "🛒" }, tags: ["🛒"] });
  });

  it("that does not exist is not found", async () => {
    const { detail } = await service.json<ProblemView>("GET", "/v1/profiles/nobody", 404, { key: space.key });
    expect(detail).toContain("no profile with this person_id");
  });
});
