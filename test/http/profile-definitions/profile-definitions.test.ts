/** Attributes, tags, topics and sections: what is defined, changed and found. */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { readSequence } from "../../../src/db/core/sequences.ts";
import { profileDefinitionsAt } from "../../../src/ingest/profile-definitions.ts";
import { type ProblemView, Service, type Space } from "../../support/service.ts";

const service = new Service();
let space: Space;

beforeEach(async () => {
  space = await service.space();
});

type Shown = Record<string, unknown> & { id: string };

const at = (path: string, id: string) => `/v1/${path}/${encodeURIComponent(id)}`;
const put = (path: string, id: string, body: unknown) =>
  service.json<Shown>("PUT", at(path, id), 200, { key: space.key, body });
const get = (path: string, id: string) => service.json<Shown>("GET", at(path, id), 200, { key: space.key });
const faults = (path: string, id: string, body: unknown) =>
  service.faults("PUT", at(path, id), { key: space.key, body });
const list = async (path: string, query = "") =>
  (await service.json<{ data: Shown[] }>("GET", `/v1/${path}?${query}`, 200, { key: space.key })).data;
const ids = async (path: string, query = "") => (await list(path, query)).map((each) => each.id);

async function refused(path: string, id: string, body: unknown): Promise<unknown> {
  const response = await service.call("PUT", at(path, id), { key: space.key, body });
  return [response.status, (await response.json<ProblemView>()).code];
}

async function versions(): Promise<unknown[]> {
  const query = env.SPACE_DB.prepare(
    "SELECT name, section_id, seq_from, seq_to FROM profile_definitions WHERE space_id = ? ORDER BY seq_from",
  );
  return (await query.bind(space.id).all()).results;
}

/** A body that the kind takes. */
const BODY: Record<string, Record<string, unknown>> = {
  attributes: { name: "Points", type: "number" },
  tags: { name: "Important" },
  topics: { name: "Newsletter" },
};
const KINDS = Object.keys(BODY);

describe.each(KINDS)("a definition among %s", (path) => {
  const body = { ...BODY[path] };

  it("belongs to the section default where it names none, and is found again", async () => {
    const now = new Date(service.now).toISOString();
    const created = await put(path, "one", body);
    const own = path === "attributes" ? { native: false } : {};
    expect(created).toEqual({ id: "one", section_id: "default", ...body, ...own, created_at: now, updated_at: now });
    expect(await get(path, "one")).toEqual(created);
    expect(await list(path, `q=${String(body["name"]).toUpperCase()}`)).toEqual([created]);
  });

  it("changes its name and section, and keeps created_at", async () => {
    const created = await put(path, "one", body);
    service.now += 5_000;
    const changed = await put(path, "one", { ...body, name: "Other", section_id: "s-1" });
    const updated_at = new Date(service.now).toISOString();
    expect(changed).toEqual({ ...created, name: "Other", section_id: "s-1", updated_at });
    expect(await ids("sections")).toEqual(["default", "s-1"]);
  });

  it("has no new version when a PUT changes nothing", async () => {
    await put(path, "one", body);
    await put(path, "one", body);
    expect(await versions()).toMatchObject([{ seq_to: null }]);
  });

  it("that does not exist is not found", async () => {
    expect((await service.call("GET", at(path, "nobody"), { key: space.key })).status).toBe(404);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["no name", { name: undefined }, "/name"],
    ["an empty name", { name: " " }, "/name"],
    ["a name of 201 characters", { name: "n".repeat(201) }, "/name"],
    ["a section that is no id", { section_id: "a b" }, "/section_id"],
    ["an unknown property", { colour: "red" }, "/colour"],
  ])("with %s is refused", async (_, wrong, pointer) => {
    expect(await faults(path, "one", { ...body, ...wrong })).toEqual([pointer]);
  });

  it("has at each sequence number the version of that number", async () => {
    const kind = ({ attributes: "attribute", tags: "tag", topics: "topic" } as const)[path] ?? "tag";
    const db = service.context.databases.space(space.id);
    const seen: number[] = [await readSequence(db, space.id)];
    for (const name of ["First", "Second"]) {
      await put(path, "one", { ...body, name });
      seen.push(await readSequence(db, space.id));
    }
    await put(path, "two", body);
    const found = await Promise.all(seen.map((seq) => profileDefinitionsAt(db, space.id, seq, kind, ["one", "two"])));
    expect(found.map((each) => each.map((row) => [row.id, row.name]))).toEqual([
      [],
      [["one", "First"]],
      [["one", "Second"]],
    ]);
    const all = await profileDefinitionsAt(db, space.id, await readSequence(db, space.id), kind);
    expect(all.slice(-2)).toEqual([
      { id: "one", section_id: "default", name: "Second", type: body["type"] ?? null },
      { id: "two", section_id: "default", name: body["name"], type: body["type"] ?? null },
    ]);
  });
});

describe("an id", () => {
  it.each(["a/b", "a b", "50%", "ü-東"])("of a tag or topic may be %s", async (id) => {
    for (const path of ["tags", "topics"])
      expect([await put(path, id, BODY[path]), await get(path, id)]).toMatchObject([{ id }, { id }]);
  });

  it("of an attribute is a name that an attribute may have", async () => {
    expect(await put("attributes", "größe 東.x", BODY["attributes"])).toMatchObject({ id: "größe 東.x" });
    for (const id of ["a/b", " a", "a".repeat(129)])
      expect(await faults("attributes", id, BODY["attributes"])).toEqual(["#path/id"]);
  });

  it("of a tag has 200 bytes at most", async () => {
    expect(await faults("tags", "é".repeat(101), BODY["tags"])).toEqual(["#path/id"]);
  });

  it("may be an attribute's, a tag's and a topic's at once: they are three things", async () => {
    for (const path of KINDS) await put(path, "same", BODY[path]);
    expect(await Promise.all(KINDS.map((path) => get(path, "same")))).toMatchObject(
      KINDS.map((path) => ({ ...BODY[path] })),
    );
  });
});

describe("the type of an attribute", () => {
  it.each(["text", "boolean", "date", "number"])("may be %s", async (type) => {
    expect(await put("attributes", "a", { name: "A", type })).toMatchObject({ type });
  });

  it.each(["list", "Text", null, undefined])("may not be %s", async (type) => {
    expect(await faults("attributes", "a", { name: "A", type })).toEqual(["/type"]);
  });

  it("stays: another one is a conflict, and nothing is changed", async () => {
    const created = await put("attributes", "a", { name: "A", type: "number" });
    const other = { name: "Other", type: "text", section_id: "never" };
    expect(await refused("attributes", "a", other)).toEqual([409, "conflict"]);
    expect([await get("attributes", "a"), await ids("sections")]).toEqual([created, ["default"]]);
  });

  it("is that of one of two calls at once", async () => {
    const types = ["text", "number", "boolean"];
    const calls = types.map((type) =>
      service.call("PUT", at("attributes", "a"), { key: space.key, body: { name: "A", type } }),
    );
    const statuses = (await Promise.all(calls)).map((response) => response.status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 409, 409]);
    expect(await get("attributes", "a")).toMatchObject({ type: types[statuses.indexOf(200)] });
  });
});

describe("a native attribute", () => {
  it("is there in every space, and listed before the space's own", async () => {
    await put("attributes", "0", BODY["attributes"]);
    const found = await list("attributes");
    const names =
      "address city country date_of_birth email_address email_marketing facebook_id first_name language last_name middle_name phone_number region sms_marketing timezone";
    expect(found.map((each) => each.id)).toEqual([...names.split(" ").map((name) => `$${name}`), "0"]);
    expect(found[0]).toMatchObject({ section_id: "default", name: "Address", type: "text", native: true });
    expect(await get("attributes", "$address")).toEqual(found[0]);
  });

  it("cannot be defined, nor can another name that begins as theirs do", async () => {
    expect(await refused("attributes", "$address", { name: "Address", type: "text" })).toEqual([409, "conflict"]);
    expect(await faults("attributes", "$own", BODY["attributes"])).toEqual(["#path/id"]);
  });

  it("is found in its name, in any case of letters, and page by page with the space's own", async () => {
    await put("attributes", "email_score", { name: "Score", type: "number" });
    expect(await ids("attributes", "q=EMAIL")).toEqual(["$email_address", "$email_marketing", "email_score"]);
    const first = await service.json<{ next_cursor: string }>("GET", "/v1/attributes?q=email&limit=1", 200, {
      key: space.key,
    });
    expect(await ids("attributes", `q=email&cursor=${first.next_cursor}`)).toEqual(["$email_marketing", "email_score"]);
  });

  it("is named to an export as the space's own are", async () => {
    const db = service.context.databases.space(space.id);
    expect(await profileDefinitionsAt(db, space.id, 0, "attribute", ["$city", "tier"])).toEqual([
      { id: "$city", section_id: "default", name: "City", type: "text" },
    ]);
    expect(await profileDefinitionsAt(db, space.id, 0, "tag")).toEqual([]);
  });
});

describe("sections", () => {
  it("are those that any definition named, and default (fact 3.a.14)", async () => {
    await put("tags", "t", { name: "T", section_id: "of-tag" });
    await put("topics", "t", { name: "T", section_id: "of-topic" });
    await put("attributes", "a", { name: "A", type: "text", section_id: "Of-attribute" });
    const definition = { id: "seen", name: "Seen", section_id: "of-event" };
    await service.json("POST", "/v1/event-definitions", 201, { key: space.key, body: definition });
    expect(await list("sections")).toEqual(
      ["Of-attribute", "default", "of-event", "of-tag", "of-topic"].map((id) => ({ id, name: id })),
    );
    expect(await ids("sections", "q=OF-T")).toEqual(["of-tag", "of-topic"]);
    expect(await ids("sections", "q=%25")).toEqual([]);
  });

  it("are default alone in a space that named none", async () => {
    expect(await list("sections")).toEqual([{ id: "default", name: "default" }]);
  });
});
