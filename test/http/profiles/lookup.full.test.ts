/** Profiles found by their external id and custom id, which name one profile of a space at a time, and listed. */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { interrupted, once } from "../../support/interrupted.ts";
import { roomyService } from "../../support/pipeline.ts";
import { type ProblemView, type Service, type Space } from "../../support/service.ts";
import { SPACE_NO } from "../../../src/db/core/sequences.ts";

const service = roomyService();
let space: Space;

beforeEach(async () => {
  space = await service.space();
});

const call = (profiles: unknown[], by: Service = service) =>
  by.call("PUT", "/v1/profiles", { key: space.key, body: { profiles } });
const put = (...profiles: unknown[]) =>
  service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles } });
const custom = (person_id: string, custom_id: string | null) => ({ person_id, identifiers: { custom_id } });
const external = (person_id: string, external_person_id: string | null) => ({ person_id, external_person_id });

interface Page {
  data: { person_id: string }[];
  next_cursor: string | null;
}
const page = (query = "", by = space) =>
  service.json<Page>("GET", `/v1/profiles${query === "" ? "" : `?${query}`}`, 200, { key: by.key });
const found = async (query: string, by = space) => (await page(query, by)).data.map(({ person_id }) => person_id);

async function conflict(response: Response): Promise<unknown[]> {
  const { code, errors } = await response.json<ProblemView>();
  return [response.status, code, errors?.map(({ pointer }) => pointer)];
}

describe.each([
  ["an external id", external, "external_person_id", "external_person_id"],
  ["a custom id", custom, "custom_id", "identifiers/custom_id"],
])("%s", (_, naming, name, pointer) => {
  it("of another profile is a conflict that points to it, and nothing is written", async () => {
    await put(naming("p-1", "u-1"), naming("p-2", "u-2"));
    const refused = [409, "conflict", [`/profiles/1/${pointer}`, `/profiles/3/${pointer}`]];
    const profiles = [{ person_id: "p-3" }, naming("p-4", "u-1"), naming("p-5", "u-9"), naming("p-6", "u-2")];
    expect(await conflict(await call(profiles))).toEqual(refused);
    expect((await page()).data.map(({ person_id }) => person_id)).toEqual(["p-1", "p-2"]);
  });

  it("twice in a call is refused", async () => {
    const profiles = [naming("p-1", "u-1"), naming("p-2", "u-1")];
    expect(await service.faults("PUT", "/v1/profiles", { key: space.key, body: { profiles } })).toEqual([
      `/profiles/1/${pointer}`,
    ]);
  });

  it("goes to one of two calls that give it away at once", async () => {
    const other = once(() => call([naming("p-1", "u-1")]));
    const answer = await call([naming("p-2", "u-1")], interrupted(other));
    expect(await conflict(answer)).toEqual([409, "conflict", [`/profiles/0/${pointer}`]]);
    const both = await Promise.all(["p-3", "p-4"].map((id) => call([naming(id, "u-3")])));
    expect(new Set(both.map((each) => each.status))).toEqual(new Set([200, 409]));
    expect(await found(`${name}=u-3`)).toHaveLength(1);
  });

  it("moves to another profile within a call, also in a circle", async () => {
    await put(naming("p-1", "u-1"), naming("p-2", "u-2"));
    await put(naming("p-1", "u-2"), naming("p-2", "u-1"));
    expect([await found(`${name}=u-1`), await found(`${name}=u-2`)]).toEqual([["p-2"], ["p-1"]]);
    await put(naming("p-3", "u-1"), naming("p-2", null));
    expect(await found(`${name}=u-1`)).toEqual(["p-3"]);
  });

  it("stays with its profile when that is written again", async () => {
    await put(naming("p-1", "u-1"));
    await put(naming("p-1", "u-1"), { person_id: "p-1b", type: "Lead" });
    await put({ person_id: "p-1", type: "Lead" });
    expect(await found(`${name}=u-1`)).toEqual(["p-1"]);
  });

  it("is free again when its person is deleted, and finds the deleted person no more", async () => {
    await put(naming("p-1", "u-1"));
    await service.json("DELETE", "/v1/profiles/p-1", 202, { key: space.key });
    expect(await found(`${name}=u-1`)).toEqual([]);
    await put(naming("p-2", "u-1"));
    expect(await found(`${name}=u-1`)).toEqual(["p-2"]);
    await put({ person_id: "p-1" });
    expect(await conflict(await call([naming("p-1", "u-1")]))).toEqual([409, "conflict", [`/profiles/0/${pointer}`]]);
  });

  it("is another space's own", async () => {
    const other = await service.space();
    await put(naming("p-1", "u-1"));
    await service.json("PUT", "/v1/profiles", 200, { key: other.key, body: { profiles: [naming("q-1", "u-1")] } });
    expect([await found(`${name}=u-1`), await found(`${name}=u-1`, other)]).toEqual([["p-1"], ["q-1"]]);
  });

  it("names the person of an event, a touchpoint, and a profile that an event creates", async () => {
    await put(naming("p-1", "u-1"), { person_id: "p-2" });
    const enabled = { key: space.key, body: { enabled: true } };
    await service.json("PATCH", "/v1/event-definitions/chatbotSessionStarted", 200, enabled);
    const event = (id: string, definition_id: string, more: object) => ({ id, definition_id, properties: {}, ...more });
    const body = {
      events: [
        event("e-1", "emailSent", { [name]: "u-1" }),
        event("e-2", "chatbotSessionStarted", { [name]: "u-new" }),
        event("e-3", "emailSent", { [name]: "u-new" }),
      ],
    };
    const sent = await service.call("POST", "/v1/events", { key: space.key, body });
    expect([sent.status, await sent.json()]).toEqual([202, { accepted: 3, duplicates: 0 }]);
    const touchpoints = [{ id: "t-1", [name]: "u-1", occurred_at: "2026-01-01T00:00:00Z", source: "email" }];
    await service.json("POST", "/v1/touchpoints", 202, { key: space.key, body: { touchpoints } });
    const created = await found(`${name}=u-new`);
    expect(created).toHaveLength(1);
    const query = env.SPACE_DB.prepare(`SELECT id, person_id FROM events WHERE space_no = ${SPACE_NO} ORDER BY id`);
    expect((await query.bind(space.id).all()).results).toEqual([
      { id: "e-1", person_id: "p-1" },
      { id: "e-2", person_id: created[0] },
      { id: "e-3", person_id: created[0] },
    ]);
  });

  it("that no profile has, and two kinds of ids, are faults of an event", async () => {
    await put(naming("p-1", "u-1"));
    const event = (more: object) => ({ definition_id: "emailSent", properties: {}, ...more });
    const body = { events: [event({ [name]: "u-9" }), event({ [name]: "u-1", person_id: "p-1" })] };
    expect(await service.faults("POST", "/v1/events", { key: space.key, body })).toEqual([
      `/events/0/${name}`,
      "/events/1/person_id",
    ]);
  });
});

describe("the list", () => {
  it("has every profile once, page by page, by person_id, without deleted people", async () => {
    const ids = Array.from({ length: 7 }, (_, n) => `p-${n}`);
    await put(...ids.map((person_id) => ({ person_id, attributes: { n: person_id } })));
    await service.json("DELETE", "/v1/profiles/p-3", 202, { key: space.key });
    const seen: string[] = [];
    for (let cursor = ""; ;) {
      const { data, next_cursor } = await page(`limit=2${cursor}`);
      seen.push(...data.map(({ person_id }) => person_id));
      if (next_cursor === null) break;
      cursor = `&cursor=${next_cursor}`;
    }
    expect(seen).toEqual(ids.filter((id) => id !== "p-3"));
  });

  it("shows a profile as GET /v1/profiles/{person_id} does", async () => {
    await put({ ...custom("p-1", "u-1"), external_person_id: "CRM-1", tags: ["vip"], attributes: { tier: "gold" } });
    const one = await service.json("GET", "/v1/profiles/p-1", 200, { key: space.key });
    expect((await page("external_person_id=CRM-1&custom_id=u-1")).data).toEqual([one]);
    expect(await found("external_person_id=CRM-1&custom_id=u-2")).toEqual([]);
  });

  it("ends a page before its profiles exceed 8,000,000 bytes, and goes on behind it", async () => {
    const text = "x".repeat(1_800_000);
    for (let n = 0; n < 6; n += 1) await put({ person_id: `p-${n}`, attributes: { text } });
    const first = await page();
    expect(first.data).toHaveLength(3);
    const rest = await page(`cursor=${first.next_cursor}`);
    expect([...first.data, ...rest.data].map(({ person_id }) => person_id)).toEqual([
      "p-0",
      "p-1",
      "p-2",
      "p-3",
      "p-4",
      "p-5",
    ]);
  });
});

describe("a call that changes large profiles a little", () => {
  it("is refused where it would write more than 31,457,280 bytes of profiles", async () => {
    const text = "x".repeat(1_800_000);
    const ids = Array.from({ length: 18 }, (_, n) => `p-${n}`);
    for (let n = 0; n < 18; n += 6)
      await put(...ids.slice(n, n + 6).map((person_id) => ({ person_id, attributes: { text } })));
    const answer = await call(ids.map((person_id) => ({ person_id, tags: ["a"] })));
    const { code, detail } = await answer.json<ProblemView>();
    expect([answer.status, code]).toEqual([413, "payload_too_large"]);
    expect(detail).toContain("31457280");
    await put(...ids.slice(0, 17).map((person_id) => ({ person_id, tags: ["a"] })));
  });
});
