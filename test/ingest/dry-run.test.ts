/** `dry_run=true`: the answer that a call with events would have, the rows that an export would have, and no write. */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { roomyService, type Row } from "../support/pipeline.ts";
import { type ProblemView, type Space, START } from "../support/service.ts";
import { addressOf, at } from "../support/walk.ts";

const service = roomyService();
let space: Space;

beforeEach(async () => {
  space = await service.shop();
});

interface DryRun {
  accepted: number;
  duplicates: number;
  created_profiles: number;
  data: Row[];
  rows_left_out: number;
  duplicate_events: string[];
}

const DRY = "dry_run=true&create_profiles=true";
const post = (query: string, events: readonly unknown[], status = 200) =>
  service.json<DryRun>("POST", `/v1/events?${query}`, status, { key: space.key, body: { events } });

const event = (id: string, more: Record<string, unknown> = {}) => ({
  id,
  definition_id: "order_placed",
  person_id: "p-1",
  occurred_at: at(START - 1_000),
  properties: {},
  ...more,
});

/** Everything that the databases of spaces have. */
async function contents(): Promise<Record<string, unknown[]>> {
  const tables = await env.SPACE_DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'd1%'",
  ).all<{ name: string }>();
  const names = tables.results.map(({ name }) => name);
  const rows = await env.SPACE_DB.batch(names.map((name) => env.SPACE_DB.prepare(`SELECT * FROM ${name}`)));
  return Object.fromEntries(names.map((name, n) => [name, rows[n]?.results ?? []]));
}

describe("the rows", () => {
  const lists = [
    { name: "eventId", type: "text" },
    { name: "flowElementId", type: "text" },
    {
      name: "items",
      type: "list",
      fields: [
        { name: "sku", type: "text" },
        { name: "qty", type: "number" },
      ],
    },
  ];
  const sent = [
    event("a", { session_id: "s", properties: { amount: 0.1, order_id: 'the "first"\n日本' } }),
    event("b", { definition_id: "visit", properties: { items: [{ qty: 1 }], flowElementId: "f-1", eventId: "mine" } }),
    event("c", { definition_id: "visit", external_person_id: "CRM-1", person_id: null }),
    event("d", { person_id: "new", occurred_at: at(START - 900) }),
    event("e", { custom_id: "c-9", person_id: null, company_id: "co", occurred_at: at(START - 800) }),
  ];

  it.each(["", "row_format=nested", "extra_fields=false", "enrich_with_moments_info=true"])(
    "are those that List Events has once the call was made, byte for byte: %s",
    async (format) => {
      const key = space.key;
      const definition = { id: "visit", name: "Visit", properties: lists };
      await service.json("POST", "/v1/event-definitions", 201, { key, body: definition });
      const flows = [{ id: "f", campaign_name: "Sale", elements: [{ id: "f-1", name: "Send" }] }];
      await service.json("PUT", "/v1/flows", 200, { key, body: { flows } });
      const before = await contents();
      const body = { events: sent };
      const response = await service.call("POST", `/v1/events?${DRY}&${format}`, { key, body });
      const dry = await response.text();
      expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json"]);
      expect(await contents()).toEqual(before);
      await post("create_profiles=true", sent, 202);
      const query = Object.fromEntries(new URLSearchParams(format));
      const listed = await (await service.call("GET", addressOf(query), { key })).text();
      const rowsIn = (text: string) =>
        /"data":(\[.*\]),"(?:rows_left_out|next_cursor)"/
          .exec(text)?.[1]
          ?.replaceAll(/"[0-9a-f]{8}-[0-9a-f-]{27}"/g, "UUID");
      expect(rowsIn(dry)).toBe(rowsIn(listed));
      expect({ ...(JSON.parse(dry) as DryRun), data: [] }).toEqual({
        accepted: 5,
        duplicates: 0,
        created_profiles: 2,
        data: [],
        rows_left_out: 0,
        duplicate_events: [],
      });
    },
  );

  it("have an id and the time of the call where the event has none, and the external id of a new person", async () => {
    const unnamed = { definition_id: "order_placed", external_person_id: "CRM-9", properties: {} };
    const { data } = await post(DRY, [unnamed]);
    expect(data).toMatchObject([{ externalPersonId: "CRM-9", occurredAt: at(START) }]);
    expect(data[0]?.["eventId"]).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("a duplicate", () => {
  it("is shown by its place, and counted as the call counts it, whatever is wrong with it", async () => {
    await post("", [event("a", { properties: { order_id: "first" } })], 202);
    const events = [
      event("a", { properties: { colour: "red" } }),
      event("b", { properties: { order_id: "this" } }),
      event("b", { properties: { order_id: "that" } }),
      event("a", { person_id: "nobody" }),
      event("c"),
    ];
    const dry = await post(DRY, events);
    expect(dry.duplicate_events).toEqual(["/events/0", "/events/2", "/events/3"]);
    expect(dry.data.map((row) => [row["eventId"], row["order_id"]])).toEqual([
      ["b", "this"],
      ["c", null],
    ]);
    const { accepted, duplicates, created_profiles: created } = dry;
    expect([accepted, duplicates, created]).toEqual([2, 3, 0]);
    expect(await post("create_profiles=true", events, 202)).toEqual({ accepted, duplicates });
    expect(await post(DRY, events)).toMatchObject({ accepted: 0, duplicates: 5, data: [] });
  });
});

describe("an error", () => {
  it.each<[what: string, events: unknown[]]>([
    ["of no events", []],
    ["of an unknown person", [event("a"), event("b", { person_id: "nobody" })]],
    [
      "of unknown definitions and properties",
      [event("a", { definition_id: "x" }), event("b", { properties: { y: 1 } })],
    ],
    ["of types", [event("a", { properties: { amount: "1", order_id: 2 } }), event("b", { person_id: 7 })]],
    ["of a time", [event("a", { occurred_at: "2999-01-01T00:00:00Z" })]],
  ])("%s is that of the call", async (_, events) => {
    const answers = await Promise.all(
      ["", "?dry_run=true"].map(async (query) => {
        const response = await service.call("POST", `/v1/events${query}`, { key: space.key, body: { events } });
        return { ...(await response.json<ProblemView>()), request_id: "" };
      }),
    );
    expect(answers[0]?.status).toBeGreaterThanOrEqual(400);
    expect(answers[1]).toEqual(answers[0]);
  });

  it("tells which parameters belong to it, and which scopes it needs", async () => {
    const body = { events: [event("a")] };
    const faults = (query: string) => service.faults("POST", `/v1/events?${query}`, { key: space.key, body });
    expect(await faults("dry_run=1")).toEqual(["#query/dry_run"]);
    expect(await faults("dry_run=true&row_format=wide")).toEqual(["#query/row_format"]);
    expect(await faults("row_format=flat&extra_fields=true")).toEqual(["#query/row_format", "#query/extra_fields"]);
    for (const [scopes, query, missing] of [
      [["events:write"], "dry_run=true", "events:read"],
      [["events:write", "events:read"], DRY, "profiles:write"],
    ] as const) {
      const key = await service.keyWith(space, scopes);
      const refused = await service.json<ProblemView>("POST", `/v1/events?${query}`, 403, { key, body });
      expect(refused.detail).toContain(missing);
    }
    expect(await post("dry_run=false", [event("a")], 202)).toEqual({ accepted: 1, duplicates: 0 });
  });
});
