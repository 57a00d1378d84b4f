/**
 * Several profiles in a call: how many, each once, moved external ids, all or nothing, and the versions they write.
 */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { type ProblemView, Service, type Space } from "../../support/service.ts";

const service = new Service();
let space: Space;

beforeEach(async () => {
  space = await service.space();
});

const call = (profiles: unknown) => service.call("PUT", "/v1/profiles", { key: space.key, body: { profiles } });
const put = (...profiles: Record<string, unknown>[]) =>
  service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles } });
const faults = (profiles: unknown) => service.faults("PUT", "/v1/profiles", { key: space.key, body: { profiles } });
const people = (count: number) => Array.from({ length: count }, (_, n) => ({ person_id: `p-${n}` }));

async function versions(personId: string): Promise<unknown[]> {
  const query = env.SPACE_DB.prepare(
    "SELECT seq_from, seq_to, type, attributes FROM profiles WHERE space_id = ? AND person_id = ? ORDER BY seq_from",
  );
  return (await query.bind(space.id, personId).all()).results;
}

async function count(): Promise<unknown> {
  const query = env.SPACE_DB.prepare("SELECT count(*) AS n FROM profiles WHERE space_id = ? AND seq_to IS NULL");
  return (await query.bind(space.id).first())?.["n"];
}

async function sequence(): Promise<unknown> {
  return (
    (await env.SPACE_DB.prepare("SELECT seq FROM sequences WHERE space_id = ?").bind(space.id).first())?.["seq"] ?? 0
  );
}

describe("the number of profiles in a call", () => {
  it("may be 1,000", async () => {
    expect(await put(...people(1_000))).toEqual({ merged: 1_000 });
    expect(await count()).toBe(1_000);
  });

  it("may not be 1,001", async () => {
    expect(await faults(people(1_001))).toEqual(["/profiles"]);
  });

  it("may not be 0", async () => {
    expect(await faults([])).toEqual(["/profiles"]);
  });

  it("may be large in bytes: more than one parameter of the database holds", async () => {
    const text = "x".repeat(700_000);
    expect(await put(...people(7).map((each) => ({ ...each, attributes: { text } })))).toEqual({ merged: 7 });
    expect(await count()).toBe(7);
  });
});

describe("a person", () => {
  it("may occur in a call once only", async () => {
    expect(await faults([...people(2), { person_id: "p-0" }])).toEqual(["/profiles/2/person_id"]);
  });

  it("has an external id that no other in the call has", async () => {
    const twice = people(3).map((each) => ({ ...each, external_person_id: "X" }));
    expect(await faults(twice)).toEqual(["/profiles/1/external_person_id", "/profiles/2/external_person_id"]);
  });

  it("that is larger than the store takes is refused", async () => {
    const large = { person_id: "p-0", attributes: { text: "x".repeat(1_990_000) } };
    expect(await faults([large])).toEqual(["/profiles/0"]);
  });

  it("that grows larger than the store takes, one merge after the other, is refused", async () => {
    const text = "x".repeat(1_100_000);
    await put({ person_id: "p-0", attributes: { one: text } });
    expect((await call([{ person_id: "p-0", attributes: { two: text } }])).status).toBe(422);
  });

  it("is measured with its tags, topics and installations", async () => {
    await put({ person_id: "p-0", attributes: { text: "x".repeat(1_889_000) } });
    const tags = Array.from({ length: 10 }, (_, n) => `${n}`.repeat(150));
    const [push_token, rest] = ["t".repeat(1_500), { platform: "iOS", is_optin: true }];
    const installations = [{ installation_id: "i", push_token, ...rest }];
    expect(await faults([{ person_id: "p-0", tags }])).toEqual(["/profiles"]);
    const topics = Object.fromEntries(tags.map((tag) => [tag, { sms: "opt-in" }]));
    expect(await faults([{ person_id: "p-0", installations }])).toEqual(["/profiles"]);
    expect(await faults([{ person_id: "p-0", topics }])).toEqual(["/profiles"]);
    expect(await put({ person_id: "p-0", tags: tags.slice(0, 1) })).toEqual({ merged: 1 });
  });
});

describe("an external id", () => {
  beforeEach(async () => {
    await put({ person_id: "a", external_person_id: "A" }, { person_id: "b", external_person_id: "B" });
  });

  const externals = async () => {
    const query = env.SPACE_DB.prepare(
      "SELECT person_id, external_person_id AS x FROM profiles WHERE space_id = ? AND seq_to IS NULL ORDER BY person_id",
    );
    return Object.fromEntries(
      (await query.bind(space.id).all<{ person_id: string; x: string }>()).results.map((row) => [row.person_id, row.x]),
    );
  };

  it("that another profile has is a conflict, and nothing is written", async () => {
    const before = await sequence();
    const response = await call([{ person_id: "new" }, { person_id: "c", external_person_id: "A" }]);
    expect([response.status, (await response.json<ProblemView>()).code]).toEqual([409, "conflict"]);
    expect([await externals(), await sequence()]).toEqual([{ a: "A", b: "B" }, before]);
  });

  it("may be swapped between two profiles in one call", async () => {
    await put({ person_id: "a", external_person_id: "B" }, { person_id: "b", external_person_id: "A" });
    expect(await externals()).toEqual({ a: "B", b: "A" });
  });

  it("may move to another profile in the call that takes it from the first", async () => {
    await put({ person_id: "c", external_person_id: "A" }, { person_id: "a", external_person_id: null });
    expect(await externals()).toEqual({ a: null, b: "B", c: "A" });
  });

  it("is free again once it was removed", async () => {
    await put({ person_id: "a", external_person_id: null });
    await put({ person_id: "c", external_person_id: "A" });
    expect(await externals()).toMatchObject({ c: "A" });
  });

  it("that its own profile has already is no conflict", async () => {
    expect(await put({ person_id: "a", external_person_id: "A" })).toEqual({ merged: 1 });
  });

  it("goes to one of two calls that want it at once", async () => {
    const calls = ["c", "d", "e"].map((id) => call([{ person_id: id, external_person_id: "NEW" }]));
    const statuses = (await Promise.all(calls)).map((response) => response.status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(2);
  });
});

describe("the tags and installations of a profile", () => {
  const stored = async () => {
    const query = env.SPACE_DB.prepare(
      "SELECT seq_from, tags, installations FROM profiles WHERE space_id = ? AND person_id = 'p' ORDER BY seq_from",
    );
    return (await query.bind(space.id).all()).results;
  };
  const installation = (id: string) => ({ installation_id: id, platform: "iOS", push_token: null, is_optin: true });

  it("are the same bytes in any order of the input", async () => {
    const [i, j] = [installation("i"), installation("j")];
    await put({ person_id: "p", tags: ["a", "é", "b"], installations: [i, j] });
    const mixed = { is_optin: true, platform: "iOS", installation_id: "i" };
    await put({ person_id: "p", tags: ["é", "b", "a"], installations: [j, mixed] });
    const same = { tags: '["a","b","é"]', installations: JSON.stringify([i, j]) };
    expect(await stored()).toEqual([
      { seq_from: 1, ...same },
      { seq_from: 2, ...same },
    ]);
  });

  it("are kept with each version", async () => {
    await put({ person_id: "p" });
    await put({ person_id: "p", tags: ["a"], installations: [installation("i")] });
    await put({ person_id: "p", type: "Lead" });
    await put({ person_id: "p", tags: null, installations: [] });
    const full = { tags: '["a"]', installations: JSON.stringify([installation("i")]) };
    const empty = { tags: "[]", installations: "[]" };
    expect(await stored()).toMatchObject([empty, full, full, empty]);
  });

  it("end as the result of one of two concurrent merges, never as a mixture", async () => {
    await Promise.all(["a", "b", "c"].map((tag) => put({ person_id: "p", tags: [tag, `${tag}${tag}`] })));
    const profile = await service.json<{ tags: string[] }>("GET", "/v1/profiles/p", 200, { key: space.key });
    const [tag] = profile.tags;
    expect(profile.tags).toEqual([tag, `${tag}${tag}`]);
  });
});

describe("the versions of a profile", () => {
  it("follow each other without a gap: each ends where the next begins", async () => {
    await put({ person_id: "p", type: "one" });
    await put({ person_id: "other" });
    await put({ person_id: "p", type: "two" });
    await put({ person_id: "p", attributes: { a: 1 } });
    expect(await versions("p")).toEqual([
      { seq_from: 1, seq_to: 3, type: "one", attributes: "{}" },
      { seq_from: 3, seq_to: 4, type: "two", attributes: "{}" },
      { seq_from: 4, seq_to: null, type: "two", attributes: '{"a":1}' },
    ]);
  });

  it("of one call begin at one number", async () => {
    await put({ person_id: "first" });
    await put({ person_id: "a" }, { person_id: "b" });
    expect([await versions("a"), await versions("b")]).toMatchObject([[{ seq_from: 2 }], [{ seq_from: 2 }]]);
  });

  it("are not derived from a rejected call", async () => {
    await put({ person_id: "p", type: "one" });
    await faults([{ person_id: "p", type: "two" }, { person_id: "" }]);
    expect(await versions("p")).toHaveLength(1);
  });

  it("are all there after merges of one profile at once, and none of them is lost", async () => {
    const keys = Array.from({ length: 8 }, (_, n) => `k${n}`);
    await Promise.all(keys.map((key) => put({ person_id: "p", attributes: { [key]: key } })));
    const profile = await service.json("GET", "/v1/profiles/p", 200, { key: space.key });
    expect(profile).toMatchObject({ attributes: Object.fromEntries(keys.map((key) => [key, key])) });
    expect(await versions("p")).toHaveLength(8);
  });
});
