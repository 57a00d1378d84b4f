/** Merging people: what the profile gets, what its ids name from then on, and what is refused. */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { MAX_MERGED } from "../../src/db/profiles/merges.ts";
import { roomyService } from "../support/pipeline.ts";
import { orders, type ProblemView, type Service, type Space } from "../support/service.ts";

let service: Service;
let space: Space;

beforeEach(async () => {
  service = roomyService();
  space = await service.shop();
});

const key = () => ({ key: space.key });
const put = (...profiles: Record<string, unknown>[]) =>
  service.json("PUT", "/v1/profiles", 200, { ...key(), body: { profiles } });
interface Merged {
  profile: { person_id: string };
  came_along: Record<string, unknown>;
}

const merge = (from: string, into: string) =>
  service.json<Merged>("POST", "/v1/profiles/merge", 200, { ...key(), body: { from, into } });
const refusal = async (from: string, into: string) => {
  const response = await service.call("POST", "/v1/profiles/merge", { ...key(), body: { from, into } });
  const { code, errors = [] } = await response.json<ProblemView>();
  return [code, ...errors.map((fault) => fault.pointer)];
};

/** The person to whom an event with this id of a person goes. */
async function personOf(naming: Record<string, string>): Promise<unknown> {
  const [event] = orders(1);
  const id = crypto.randomUUID();
  await service.send(space, [{ ...event, person_id: undefined, ...naming, id }]);
  const page = await service.json<{ data: Record<string, unknown>[] }>(
    "GET",
    `/v1/events?start=${new Date(service.now - 3_600_000).toISOString()}&end=${new Date(service.now).toISOString()}`,
    200,
    key(),
  );
  return page.data.find((row) => row["eventId"] === id)?.["personId"];
}

describe("the profile", () => {
  it("gets what it lacks and keeps what it has; a repeated merge returns the same", async () => {
    const app = (id: string, token: string) => ({
      installation_id: id,
      platform: "iOS",
      push_token: token,
      is_optin: true,
    });
    await put(
      {
        person_id: "anonymous",
        company_id: "c-1",
        identifiers: { custom_id: "C-2", other: "o" },
        attributes: { Tier: "gold", age: 3 },
        tags: ["new", "vip"],
        topics: { news: { email: "opt-in", sms: "opt-in" }, tips: { email: "opt-out" } },
        installations: [app("i-1", "theirs"), app("i-2", "t")],
      },
      {
        person_id: "p-1",
        attributes: { tier: "silver" },
        identifiers: { custom_id: "C-1" },
        tags: ["vip"],
        topics: { news: { email: "opt-out" } },
        installations: [app("i-1", "own")],
      },
    );
    const answer = await merge("anonymous", "p-1");
    expect(answer.came_along).toEqual({
      external_person_id: false,
      company_id: true,
      identifiers: ["other"],
      attributes: ["age"],
      tags: ["new"],
      topics: ["news", "tips"],
      installations: ["i-2"],
    });
    expect(await service.json("GET", "/v1/profiles/p-1", 200, key())).toMatchObject({
      person_id: "p-1",
      external_person_id: "CRM-1",
      company_id: "c-1",
      identifiers: { custom_id: "C-1", other: "o" },
      attributes: { tier: "silver", age: 3 },
      tags: ["new", "vip"],
      topics: { news: { email: "opt-out", sms: "opt-in" }, tips: { email: "opt-out" } },
      installations: [app("i-1", "own"), app("i-2", "t")],
    });
    expect(answer.profile).toEqual(await service.json("GET", "/v1/profiles/p-1", 200, key()));
    expect(await merge("anonymous", "p-1")).toEqual(answer);
  });
});

describe("the ids of a merged person", () => {
  it("name the other one: in events, in writes of the profile, and after a chain of merges the last one", async () => {
    await put(
      { person_id: "a", external_person_id: "CRM-A", identifiers: { custom_id: "C-A" } },
      { person_id: "b", external_person_id: "CRM-B" },
    );
    await merge("a", "b");
    expect(await personOf({ person_id: "a" })).toBe("b");
    // b had no custom id and took that of a.
    expect(await personOf({ custom_id: "C-A" })).toBe("b");
    expect(await personOf({ external_person_id: "CRM-A" })).toBe("b");
    await merge("b", "p-1");
    for (const naming of [
      { person_id: "a" },
      { person_id: "b" },
      { custom_id: "C-A" },
      { external_person_id: "CRM-A" },
      { external_person_id: "CRM-B" },
    ])
      expect(await personOf(naming)).toBe("p-1");
    await put({ person_id: "a", type: "Lead" });
    expect(await service.json("GET", "/v1/profiles/p-1", 200, key())).toMatchObject({ type: "Lead" });
    expect(await service.json("GET", "/v1/profiles/a", 200, key())).toMatchObject({ person_id: "p-1" });
    const find = async (query: string) =>
      (await service.json<{ data: { person_id: string }[] }>("GET", `/v1/profiles?${query}`, 200, key())).data.map(
        (each) => each.person_id,
      );
    expect(await find("external_person_id=CRM-A")).toEqual(["p-1"]);
    expect(await find("external_person_id=CRM-A&custom_id=C-A")).toEqual(["p-1"]);
    expect(await find("external_person_id=CRM-A&custom_id=nil")).toEqual([]);
    expect(await find("")).toEqual(["p-1"]);
    // An id that another profile gets names that profile.
    await put({ person_id: "p-9", external_person_id: "CRM-A" });
    expect(await personOf({ external_person_id: "CRM-A" })).toBe("p-9");
  });

  it("are one person in a call that changes both", async () => {
    await put({ person_id: "a" });
    await merge("a", "p-1");
    const body = { profiles: [{ person_id: "p-1" }, { person_id: "a" }] };
    expect(await service.faults("PUT", "/v1/profiles", { ...key(), body })).toEqual(["/profiles/1/person_id"]);
  });

  it("are free again after the deletion of the person, which deletes the merged ones too", async () => {
    await put({ person_id: "a", external_person_id: "CRM-A" }, { person_id: "b" });
    await merge("a", "b");
    await merge("b", "p-1");
    const deletion = await service.json<{ id: string }>("DELETE", "/v1/profiles/a", 202, key());
    expect(deletion).toMatchObject({ person_id: "p-1" });
    const { data } = await service.json<{ data: { person_id: string }[] }>("GET", "/v1/profile-deletions", 200, key());
    expect(data.map((each) => each.person_id).toSorted()).toEqual(["a", "b", "p-1"]);
    const body = { events: orders(1).map((event) => ({ ...event, person_id: "a" })) };
    expect(await service.faults("POST", "/v1/events", { ...key(), body })).toEqual(["/events/0/person_id"]);
    await put({ person_id: "a" });
    expect(await personOf({ person_id: "a" })).toBe("a");
  });
});

describe("a merge is refused", () => {
  it("of a person into itself, of unknown and of deleted people, and of one who is merged elsewhere", async () => {
    await put({ person_id: "a" }, { person_id: "b" }, { person_id: "gone" });
    await service.json("DELETE", "/v1/profiles/gone", 202, key());
    const other = await service.shop();
    await service.json("PUT", "/v1/profiles", 200, { key: other.key, body: { profiles: [{ person_id: "theirs" }] } });
    expect(await refusal("a", "a")).toEqual(["invalid_request", "/into"]);
    expect(await refusal("nil", "theirs")).toEqual(["invalid_request", "/from", "/into"]);
    expect(await refusal("gone", "p-1")).toEqual(["invalid_request", "/from"]);
    await merge("a", "b");
    expect(await refusal("a", "p-1")).toEqual(["conflict", "/from"]);
    expect(await refusal("b", "a")).toEqual(["conflict", "/into"]);
    // What is merged into a goes to b.
    await put({ person_id: "c" });
    expect((await merge("c", "a")).profile.person_id).toBe("b");
  });

  it("beyond the most people of one person, counted over a chain", async () => {
    await put(...["b", "c", "d"].map((id) => ({ person_id: id })));
    await env.SPACE_DB.prepare(
      `INSERT INTO merges (space_id, person_id, seq_from, seq_to, into_id, came_along)
       SELECT ?1, 'm-' || value, 1, NULL, 'b', '{}' FROM json_each(?2)`,
    )
      .bind(space.id, JSON.stringify(Array.from({ length: MAX_MERGED - 1 }, (_, n) => n)))
      .run();
    await merge("c", "p-1");
    expect(await refusal("b", "p-1")).toEqual(["invalid_request", "/into"]);
    await merge("d", "b");
    expect(await refusal("p-1", "b")).toEqual(["invalid_request", "/into"]);
  });

  it("of profiles with too many tags together", async () => {
    const tags = (name: string) => Array.from({ length: 101 }, (_, n) => `${name}-${n}`);
    await put({ person_id: "a", tags: tags("a") }, { person_id: "p-1", tags: tags("b") });
    expect(await refusal("a", "p-1")).toEqual(["invalid_request", "/into"]);
  });
});

describe("calls at the same time", () => {
  it("of two merges of one person one is made and the other refused; events of the person go where it is", async () => {
    await put({ person_id: "a" }, { person_id: "b" });
    const [first, second, sent] = await Promise.allSettled([
      merge("a", "b"),
      merge("a", "p-1"),
      service.send(
        space,
        orders(1).map((event) => ({ ...event, person_id: "a" })),
      ),
    ]);
    expect([first.status, second.status].toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(sent.status).toBe("fulfilled");
    const into = first.status === "fulfilled" ? "b" : "p-1";
    expect(await personOf({ person_id: "a" })).toBe(into);
  });

  it("the same merge twice is made once, and a merge beside the deletion of its person leaves nothing behind", async () => {
    await put({ person_id: "a", tags: ["vip"] }, { person_id: "b" });
    const [first, second] = await Promise.all([merge("a", "p-1"), merge("a", "p-1")]);
    expect(second).toEqual(first);
    await Promise.allSettled([merge("b", "p-1"), service.json("DELETE", "/v1/profiles/p-1", 202, key())]);
    for (const id of ["a", "p-1"]) expect((await service.call("GET", `/v1/profiles/${id}`, key())).status).toBe(404);
    // b is a profile of its own, or was deleted with p-1.
    const { data } = await service.json<{ data: { person_id: string }[] }>("GET", "/v1/profile-deletions", 200, key());
    const isDeleted = data.some((each) => each.person_id === "b");
    expect((await service.call("GET", "/v1/profiles/b", key())).status).toBe(isDeleted ? 404 : 200);
    const links = await env.SPACE_DB.prepare("SELECT 1 FROM merges WHERE space_id = ? AND seq_to IS NULL")
      .bind(space.id)
      .all();
    expect(links.results).toEqual([]);
  });

  it("a chain in both orders is one person, and a cycle is not made", async () => {
    await put({ person_id: "a" }, { person_id: "b" }, { person_id: "c" });
    await Promise.all([merge("a", "b"), merge("b", "c")]);
    expect(await personOf({ person_id: "a" })).toBe("c");
    await put({ person_id: "x" }, { person_id: "y" });
    const both = await Promise.allSettled([merge("x", "y"), merge("y", "x")]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  });
});

it("makes personMerged where the space has enabled it, and what follows from the change of the profile", async () => {
  for (const id of ["personMerged", "tagAdded"])
    await service.json("PATCH", `/v1/event-definitions/${id}`, 200, { ...key(), body: { enabled: true } });
  await put({ person_id: "a", tags: ["vip"] });
  await merge("a", "p-1");
  service.now += 1;
  const page = await service.json<{ data: Record<string, unknown>[] }>(
    "GET",
    `/v1/events?start=${new Date(service.now - 1_000).toISOString()}&end=${new Date(service.now).toISOString()}`,
    200,
    key(),
  );
  const made = page.data.map((row) => [row["definitionId"], row["personId"], row["mergedPersonId"] ?? row["tag"]]);
  expect(made).toContainEqual(["personMerged", "p-1", "a"]);
  expect(made).toContainEqual(["tagAdded", "p-1", "vip"]);
});
