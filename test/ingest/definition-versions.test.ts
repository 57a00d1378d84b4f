/** Every version of an event definition stays readable by its number. */

import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import { BUILT_INS } from "../../src/ingest/catalogue/catalogue.ts";
import { everyDefinition } from "../../src/ingest/definition-lists.ts";
import { Service, type Space } from "../support/service.ts";

interface Definition {
  id: string;
  version: number;
  name: string;
  enabled: boolean;
  properties: { name: string }[];
  updated_at: string;
}

interface Page {
  data: Definition[];
  next_cursor: string | null;
}

const service = new Service();
let space: Space;

beforeEach(async () => {
  space = await service.shop();
});

const get = <Body>(path: string) => service.json<Body>("GET", `/v1/event-definitions/${path}`, 200, { key: space.key });
const patch = (id: string, body: unknown) =>
  service.json<Definition>("PATCH", `/v1/event-definitions/${id}`, 200, { key: space.key, body });
const statusOf = async (path: string) =>
  (await service.call("GET", `/v1/event-definitions/${path}`, { key: space.key })).status;

it("as it was, whatever came after it", async () => {
  const first = await get<Definition>("order_placed");
  service.now += 60_000;
  const second = await patch("order_placed", { properties: [{ name: "currency", type: "text" }] });
  service.now += 60_000;
  const third = await patch("order_placed", { name: "Placed", enabled: false });
  expect([first.version, second.version, third.version]).toEqual([1, 2, 3]);
  for (const each of [first, second, third]) expect(await get(`order_placed/versions/${each.version}`)).toEqual(each);
  const newest = await get<Page>("order_placed/versions?limit=2");
  expect(newest.data).toEqual([third, second]);
  const rest = await get<Page>(`order_placed/versions?limit=2&cursor=${newest.next_cursor ?? ""}`);
  expect(rest).toEqual({ data: [first], next_cursor: null });
});

it("of a built-in definition also the first, which the catalogue has", async () => {
  const first = await get<Definition>("pageView");
  expect((await get<Page>("pageView/versions")).data).toEqual([first]);
  const second = await patch("pageView", { enabled: true });
  expect((await get<Page>("pageView/versions")).data).toEqual([second, first]);
  expect(await get("pageView/versions/1")).toEqual(first);
  const { data, next_cursor: next } = await get<Page>("pageView/versions?limit=1");
  expect(data).toEqual([second]);
  const rest = await get<Page>(`pageView/versions?limit=1&cursor=${next ?? ""}`);
  expect(rest).toEqual({ data: [first], next_cursor: null });
});

it.each(["order_placed/versions/2", "order_placed/versions/0", "order_placed/versions/01", "order_placed/versions/-1"])(
  "and no other: %s is not found",
  async (path) => {
    expect(await statusOf(path)).toBe(404);
  },
);

it.each(["unknown/versions", "unknown/versions/1", "pageView/versions/2", "order_placed/versions/9007199254740993"])(
  "of none that is unknown: %s is not found",
  async (path) => {
    expect(await statusOf(path)).toBe(404);
  },
);

it("until the definition is deleted: one with its id that is made later has versions of its own", async () => {
  const body = { id: "mistaken", name: "First" };
  await service.json("POST", "/v1/event-definitions", 201, { key: space.key, body });
  await patch("mistaken", { name: "Second" });
  expect((await service.call("DELETE", "/v1/event-definitions/mistaken", { key: space.key })).status).toBe(204);
  expect([await statusOf("mistaken/versions"), await statusOf("mistaken/versions/1")]).toEqual([404, 404]);
  const again = await service.json("POST", "/v1/event-definitions", 201, { key: space.key, body });
  expect((await get<Page>("mistaken/versions")).data).toEqual([again]);
});

it("large ones are listed in shorter pages, none left out", async () => {
  const { SPACE_DB } = env;
  const ids = Array.from({ length: 24 }, (_, n) => `large_${String(n).padStart(2, "0")}`);
  const properties = [{ name: "p", type: "text", required: false, description: "d".repeat(400_000) }];
  const stored = JSON.stringify(properties);
  const insert = `INSERT INTO definitions (space_id, id, seq_from, seq_to, version, name, search, section_id, category,
      enabled, properties, property_seqs, spellings, created_at, updated_at)
    SELECT ?1, ?2, ?3, ?4, ?3, 'Large', 'large', 'default', 'custom', 1, ?5, '[1]', '{}', 0, 0`;
  const large = (id: string, version: number, to: number | null) =>
    SPACE_DB.prepare(insert).bind(space.id, id, version, to, stored).run();
  for (const id of ids) await large(id, 1, null);
  for (let version = 1; version <= 24; version += 1) await large("changed", version, version < 24 ? version + 1 : null);
  const pages = async (path: string) => {
    const found: Definition[][] = [];
    for (let cursor = ""; ;) {
      const address = `/v1/event-definitions${path}?limit=200${cursor}`;
      const page = await service.json<Page>("GET", address, 200, { key: space.key });
      found.push(page.data);
      if (page.next_cursor === null) return found;
      cursor = `&cursor=${page.next_cursor}`;
    }
  };
  const listed = await pages("");
  expect(Math.max(...listed.map((page) => JSON.stringify(page).length))).toBeLessThan(6_000_000);
  const names = listed.flat().map(({ id }) => id);
  expect(names).toEqual(names.toSorted());
  expect(names.filter((id) => id.startsWith("large_"))).toEqual(ids);
  expect(new Set(names).size).toBe(BUILT_INS.length + ids.length + 2);
  const every: string[] = [];
  const whole = { id: space.id, created_at: 0 };
  for await (const { id } of everyDefinition(service.context.databases.space(space.id), whole)) every.push(id);
  expect(every).toEqual(names);
  const versions = await pages("/changed/versions");
  expect(versions.length).toBeGreaterThan(1);
  expect(versions.flat().map(({ version }) => version)).toEqual(Array.from({ length: 24 }, (_, n) => 24 - n));
});
