/** What no text, name, id or time of any body may be: each field of each operation is tried. */

import { beforeAll, describe, expect, it } from "vitest";
import { isOneLine } from "../../src/names.ts";
import { type BodyField, bodyFields, type Document, type FieldKind } from "../support/body-fields.ts";
import { ADMIN, type ProblemView, Service, type Space } from "../support/service.ts";

const service = new Service({ API_LIMIT: "100000", CREATE_LIMIT: "1000", POLL_LIMIT: "1000", LIST_LIMIT: "1000" });
let space: Space;
let fields: BodyField[];

beforeAll(async () => {
  space = await service.space();
  const all = bodyFields(await service.json<Document>("GET", "/openapi.json", 200));
  // The message of an assistant is stored nowhere; a tool's arguments pass the checks of the call behind it.
  fields = all.filter(({ operationId }) => operationId !== "mcp");
});

/** Texts that people write, and values that are nobody's name. Line breaks belong into them. */
const FREE = /\/(description|push_token|sql|params\/0|value|value\/0|properties\/a|attributes\/a)$/;
/** Names of what exists, or does not: those are not stored. */
const LOOKED_UP =
  /\/(definition_id|destination_id|events\/0\/properties)$|^putSegment text \/id$|^openPortalLink text \/token$/;

const isName = (field: BodyField) =>
  !FREE.test(field.pointer) && !LOOKED_UP.test(field.pointer) && !LOOKED_UP.test(shown(field));

const shown = ({ operationId, kind, pointer }: BodyField) => `${operationId} ${kind} ${pointer}`;

/** The fields in which this value is not refused with a pointer to it. */
async function accepting(
  value: string,
  kinds: readonly FieldKind[],
  among: (field: BodyField) => boolean = () => true,
) {
  const taken: string[] = [];
  const tried = fields.filter((field) => kinds.includes(field.kind) && among(field));
  for (const field of tried) {
    const options = { key: field.isAdmin ? ADMIN : space.key, body: field.bodyWith(value) };
    const response = await service.call(field.method, field.path, options);
    const problem = await response.json<Partial<ProblemView>>();
    const at = field.kind === "name" ? [field.pointer, `${field.pointer}/${value}`] : [field.pointer];
    if (response.status !== 422 || !problem.errors?.some(({ pointer }) => at.includes(pointer)))
      taken.push(`${shown(field)}: ${response.status} ${JSON.stringify(problem.errors?.slice(0, 3))}`);
  }
  expect(tried.length).toBeGreaterThan(0);
  return taken;
}

it("the walk finds the fields of every kind of call", () => {
  const all = fields.map(shown);
  expect(all).toEqual(
    expect.arrayContaining([
      "sendEvents text /events/0/session_id",
      "sendEvents date-time /events/0/occurred_at",
      "mergeProfiles name /profiles/0/topics",
      "mergeProfiles text /profiles/0/tags/0",
      "createEventDefinition text /properties/0/fields/0/name",
      "putSegment text /rule/all/0/tag",
      "createExport text /columns/0/as",
      "createExport name /redact",
      "createExport date /date",
      "createSpace text /name",
    ]),
  );
  expect(all.length).toBeGreaterThan(150);
});

it("U+0000 is in no text and no name", async () => {
  expect(await accepting("a\u0000b", ["text", "name", "date-time", "date"])).toEqual([]);
});

it.each(["\n", "\u0085", "\u2028"])("a control character or line break is in no name: %j", async (character) => {
  expect(await accepting(`a${character}b`, ["text", "name"], isName)).toEqual([]);
});

it("every kind of control character and line break is one", () => {
  for (const character of "\u0000\u0001\t\n\u000b\r\u001f\u007f\u0080\u0085\u009f\u2028\u2029\ud800")
    expect([character, isOneLine(`a${character}b`)]).toEqual([character, false]);
  for (const character of [" ", "\u00a0", "é", "東", "🛒", "\u200d", "~"])
    expect([character, isOneLine(`a${character}b`)]).toEqual([character, true]);
});

/** In these calls ids are looked up. */
const LOOKING_UP = /^(createExport|estimateExport|createSchedule|changeSchedule) |^putSegment text \/id$/;

it.each([".", ".."])("%s is no id that a client may choose", async (id) => {
  const chosen = /\/(id|custom_id|tag|tags\/0|(person|external_person|company|session|installation|section)_id)$/;
  const named = (field: BodyField) => !LOOKING_UP.test(shown(field));
  expect(await accepting(id, ["text"], (field) => chosen.test(field.pointer) && named(field))).toEqual([]);
  expect(await accepting(id, ["text"], ({ pointer }) => /\/(ad|adset|campaign|account)_id$/.test(pointer))).toEqual([]);
  expect(await accepting(id, ["name"], ({ pointer }) => pointer.includes("topics"))).toEqual([]);
});

it.each([
  "0000-06-01T00:00:00Z",
  "0001-01-01T00:00:00+01:00",
  "9999-12-31T23:59:59-01:00",
  "2026-01-31T09:30:00+16:00",
  "2026-01-31T09:30:00-23:59",
])("%s is no time", async (time) => {
  expect(await accepting(time, ["date-time"])).toEqual([]);
});

it("0000-01-01 is no day", async () => {
  expect(await accepting("0000-01-01", ["date"])).toEqual([]);
});

describe("an id in a path", () => {
  const BODIES = {
    segments: { name: "s", rule: { all: [] } },
    attributes: { name: "a", type: "text" },
    tags: { name: "t" },
    topics: { name: "t" },
  };

  it.each(Object.entries(BODIES))("of %s may have no control character", async (resource, body) => {
    for (const id of ["a%00b", "%0A", "%C2%85", "%E2%80%A8"]) {
      const [pointer] = await service.faults("PUT", `/v1/${resource}/${id}`, { key: space.key, body });
      expect(pointer).toMatch(/^(#path)?\/id$/);
    }
  });

  it("with U+0000 is unknown", async () => {
    for (const path of ["/v1/profiles/a%00", "/v1/segments/%00", "/v1/event-definitions/a%00", "/v1/exports/%00"])
      expect((await service.call("GET", path, { key: space.key })).status).toBe(404);
  });
});

describe("a parameter of a query", () => {
  it.each(["a%00b", "%FF", "%C3", "%ED%A0%80"])("may not be %s", async (value) => {
    expect(await service.faults("GET", `/v1/tags?q=${value}`, { key: space.key })).toEqual(["#query/q"]);
  });

  it.each(["caf%C3%A9", "a+b", "%F0%9F%9B%92"])("may be %s", async (value) => {
    expect(await service.json("GET", `/v1/tags?q=${value}`, 200, { key: space.key })).toMatchObject({ data: [] });
  });
});

describe("a value of type date", () => {
  const body = {
    id: "visited",
    name: "Visited",
    properties: [
      { name: "on", type: "date" },
      { name: "stays", type: "list", fields: [{ name: "from", type: "date" }] },
    ],
  };

  beforeAll(async () => {
    await service.json("POST", "/v1/event-definitions", 201, { key: space.key, body });
    await service.json("PUT", "/v1/attributes/since", 200, { key: space.key, body: { name: "Since", type: "date" } });
  });

  const event = (on: string) => ({
    events: [{ definition_id: "visited", person_id: "p-1", properties: { on, stays: [{ from: on }] } }],
  });

  it.each(["2024-01-02", "0001-01-01", "9999-12-31", "2024-01-02T03:04:05.123456789+15:59"])(
    "%s is kept as it was sent",
    async (on) => {
      const shop = await service.space();
      await service.json("POST", "/v1/event-definitions", 201, { key: shop.key, body });
      await service.json("PUT", "/v1/attributes/since", 200, { key: shop.key, body: { name: "Since", type: "date" } });
      const profiles = [{ person_id: "p-1", attributes: { since: on } }];
      await service.json("PUT", "/v1/profiles", 200, { key: shop.key, body: { profiles } });
      await service.json("POST", "/v1/events", 202, { key: shop.key, body: event(on) });
      service.now += 1;
      const window = `start=2026-03-01T00:00:00Z&end=${new Date(service.now).toISOString()}&event_names=visited`;
      const { data } = await service.json<{ data: unknown[] }>("GET", `/v1/events?${window}`, 200, { key: shop.key });
      expect(data).toMatchObject([{ on, stays: [{ from: on }] }]);
      const profile = await service.json("GET", "/v1/profiles/p-1", 200, { key: shop.key });
      expect(profile).toMatchObject({ attributes: { since: on } });
    },
  );

  it.each(["0000-01-01", "2024-02-30", "2024-1-2", "0000-01-01T00:00:00Z", "2024-01-02T00:00:00+16:00", "2024-01"])(
    "may not be %s",
    async (on) => {
      await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles: [{ person_id: "p-1" }] } });
      expect(await service.faults("POST", "/v1/events", { key: space.key, body: event(on) })).toEqual([
        "/events/0/properties/on",
        "/events/0/properties/stays/0/from",
      ]);
      const profiles = [{ person_id: "p-1", attributes: { since: on } }];
      expect(await service.faults("PUT", "/v1/profiles", { key: space.key, body: { profiles } })).toEqual([
        "/profiles/0/attributes/since",
      ]);
    },
  );
});
