/** Finding event definitions: by a text in id or name, by category, page by page. */

import { beforeAll, describe, expect, it } from "vitest";
import { Service, type Space } from "../support/service.ts";

const service = new Service();
let space: Space;

beforeAll(async () => {
  space = await service.space();
  const definitions = [
    { id: "order_placed", name: "Checkout done" },
    { id: "OrderCanceled", name: "Canceled" },
    { id: "page_view", name: "Seite ÄÖÜ 100% gesehen" },
    { id: "signup", name: "Order of a newsletter" },
  ];
  for (const body of definitions) await service.json("POST", "/v1/event-definitions", 201, { key: space.key, body });
});

async function find(query: Record<string, string>): Promise<string[]> {
  const path = `/v1/event-definitions?${new URLSearchParams(query).toString()}`;
  const { data } = await service.json<{ data: { id: string }[] }>("GET", path, 200, { key: space.key });
  return data.map((definition) => definition.id);
}

describe("q", () => {
  it.each([
    ["order", ["OrderCanceled", "order_placed", "signup"]],
    ["ORDER_", ["order_placed"]],
    ["checkout", ["order_placed"]],
    ["%", ["page_view"]],
    ["_", ["order_placed", "page_view"]],
    ["ÄÖÜ", ["page_view"]],
    ["", ["OrderCanceled", "order_placed", "page_view", "signup"]],
    ["nothing", []],
  ])("%j finds definitions with it in id or name, in any case of letters", async (q, found) => {
    expect(await find({ category: "custom", q })).toEqual(found);
  });

  it("does without regard to case beyond ASCII too", async () => {
    expect(await find({ q: "äöü" })).toEqual(["page_view"]);
  });

  it("continues behind a cursor", async () => {
    const first = await service.json<{ next_cursor: string }>("GET", "/v1/event-definitions?q=order&limit=2", 200, {
      key: space.key,
    });
    expect(await find({ q: "order", cursor: first.next_cursor })).toEqual(["signup"]);
  });

  it("of 201 characters is refused", async () => {
    const path = `/v1/event-definitions?q=${"q".repeat(201)}`;
    expect(await service.faults("GET", path, { key: space.key })).toEqual(["#query/q"]);
  });
});

describe("category", () => {
  it("custom finds the space's own definitions", async () => {
    expect(await find({ category: "custom" })).toHaveLength(4);
  });

  it.each(["conversion", "people"])("%s finds none of these", async (category) => {
    const found = await find({ category });
    expect(found.filter((id) => ["order_placed", "OrderCanceled", "page_view", "signup"].includes(id))).toEqual([]);
  });

  it("that does not exist is refused", async () => {
    const path = "/v1/event-definitions?category=odd";
    expect(await service.faults("GET", path, { key: space.key })).toEqual(["#query/category"]);
  });

  it("and q both apply", async () => {
    expect(await find({ category: "custom", q: "sign" })).toEqual(["signup"]);
  });
});

it("shows the current version, once", async () => {
  await service.json("PATCH", "/v1/event-definitions/signup", 200, { key: space.key, body: { name: "Renamed order" } });
  const { data } = await service.json<{ data: object[] }>("GET", "/v1/event-definitions?q=renamed", 200, {
    key: space.key,
  });
  expect(data).toEqual([expect.objectContaining({ id: "signup", version: 2, name: "Renamed order" })]);
});
