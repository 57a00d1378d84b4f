/** Text of every kind is exported unchanged, and a line of the result is always one line of valid UTF-8 and JSON. */

import { describe, expect, it } from "vitest";
import { gunzip, lines } from "../support/gunzip.ts";
import { onlyFile, roomyService, rowsOf, textOf } from "../support/pipeline.ts";
import { START, type Service, type Space } from "../support/service.ts";

const TEXTS = {
  astral: "👩‍👩‍👧‍👦 𝒳 🏴󠁧󠁢󠁳󠁣󠁴󠁿",
  combining: "e\u0301 is not \u00e9; Z\u0351\u036b\u0343\u036a\u0302a\u0323lgo",
  "line separators": "one\u2028two\u2029three\u0085four",
  "line feeds and tabs": "one\r\ntwo\tthree\u000bfour",
  "control characters": "\u0001\u0002\u001f\u007f\u0080\u009f",
  "quotes and backslashes": `"\\" \\\\ \\n \\u0041 '`,
  "right to left": "שלום \u202emirrored\u202c العربية",
  "byte order marks": "\ufeffbefore and after\ufeff",
  noncharacters: "\ufffe\uffff\u{10ffff}",
  "what looks like markup": "</script><!-- ]]> &amp; %0A ${x} {{y}}",
};

function order(id: string, text: string, more: Record<string, unknown> = {}) {
  return {
    id,
    definition_id: "order_placed",
    person_id: "p-1",
    occurred_at: new Date(START - 1000).toISOString(),
    properties: { order_id: text },
    ...more,
  };
}

async function withOrders(events: Record<string, unknown>[]): Promise<{ service: Service; space: Space }> {
  const service = roomyService();
  const space = await service.shop();
  await service.send(space, events);
  return { service, space };
}

describe.each(Object.entries(TEXTS))("%s", (_what, text) => {
  it.each(["flat", "nested"])("come out of a %s export unchanged", async (row_format) => {
    const { service, space } = await withOrders([order("e-1", text), order("e-2", "plain")]);
    const rows = await rowsOf(service, await service.export(space, { row_format }));
    const values = rows.map((row) => ({ ...row, ...(row["properties"] as object | undefined) })["order_id"]);
    expect(values).toEqual([text, "plain"]);
  });
});

it("writes bytes that are valid UTF-8", async () => {
  const { service, space } = await withOrders(Object.entries(TEXTS).map(([id, text]) => order(id, text)));
  const done = await service.export(space);
  const plain = gunzip(await service.fetchFile(onlyFile(done)));
  expect(plain).not.toContain("\ufffd");
  expect(plain.isWellFormed()).toBe(true);
});

it.each(["\ud83d", "alone \udc00", "turned \udc00\ud83d", "\ud83d\ud83d\udc00"])(
  "rejects an unpaired surrogate, which UTF-8 cannot encode: %j",
  async (text) => {
    const service = roomyService();
    const space = await service.shop();
    const body = { events: [order("e-1", "whole"), order("e-2", text)] };
    expect(await service.faults("POST", "/v1/events", { key: space.key, body })).toEqual([
      "/events/1/properties/order_id",
    ]);
    const refused = await service.call("POST", "/v1/events", { key: space.key, body });
    expect(await refused.text()).toContain("order_id contains half of a surrogate pair, which is not a character.");
  },
);

it("writes one line per event, with any line breaks in its texts", async () => {
  const { service, space } = await withOrders([
    order("e-1", TEXTS["line feeds and tabs"]),
    order("e-2", TEXTS["line separators"]),
  ]);
  const text = await textOf(service, await service.export(space));
  expect(text.split("\n")).toHaveLength(3);
});

it("keeps ids of any letters apart, and in the order of their bytes", async () => {
  const ids = ['"', "'", "Z", "\\", "z", "é", "é".normalize("NFD"), "ｚ", "\u{1f6d2}", "\u{10ffff}"];
  const { service, space } = await withOrders(ids.map((id) => order(id, id, { session_id: id })));
  const rows = await rowsOf(service, await service.export(space));
  const inOrder = ids.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  expect(rows.map((row) => [row["eventId"], row["sessionId"], row["order_id"]])).toEqual(
    inOrder.map((id) => [id, id, id]),
  );
});

it("cuts files between ids of any letters without losing one", async () => {
  const ids = ["a", "a\u0301", "á", "ab", "z", "\uffee", "\u{1f6d2}", "\u{1f6d2}a"];
  const { service, space } = await withOrders(ids.map((id) => order(id, id)));
  const done = await service.export(space, { layout: "files", file_rows: 1 });
  const texts = await Promise.all(done.files.map(async (file) => gunzip(await service.fetchFile(file))));
  const found = texts.map((text) => lines(text).map((row) => row["eventId"]));
  expect(found).toEqual(ids.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).map((id) => [id]));
});

it("names properties in any script", async () => {
  const service = roomyService();
  const space = await service.shop();
  const names = ["größe", "数量", "$price", "a-b", "_x"];
  await service.json("POST", "/v1/event-definitions", 201, {
    key: space.key,
    body: { id: "scripts", name: "Scripts", properties: names.map((name) => ({ name, type: "text" })) },
  });
  await service.send(space, [
    {
      definition_id: "scripts",
      person_id: "p-1",
      occurred_at: new Date(START - 1).toISOString(),
      properties: Object.fromEntries(names.map((name) => [name, name])),
    },
  ]);
  const [row = {}] = await rowsOf(service, await service.export(space));
  expect(Object.entries(row).slice(7)).toEqual(names.map((name) => [name, name]));
});
