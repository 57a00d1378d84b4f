/** List Events of one person: the rows of the whole list that are theirs, found without looking through the others. */

import { describe, expect, it } from "vitest";
import { conversion, market, NOON, sendTouches, touch } from "../../support/conversions.ts";
import { roomyService } from "../../support/pipeline.ts";
import { orders, type Service, type Space, START } from "../../support/service.ts";
import { at, DAY_MS, faults, idsOf, list, shopWith, walk } from "../../support/walk.ts";

const IDS = { person_id: "p-2", external_person_id: "CRM-2", custom_id: "c-2" };

async function put(service: Service, space: Space, ...profiles: Record<string, unknown>[]): Promise<void> {
  await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles } });
}

/** A shop with events of `p-1`, every fourth of them of `p-2` instead. */
async function twoPeople(count: number): Promise<{ service: Service; space: Space }> {
  const { service, space } = await shopWith([]);
  await put(service, space, { person_id: "p-2", external_person_id: "CRM-2", identifiers: { custom_id: "c-2" } });
  await service.send(
    space,
    orders(count).map((event, n) => (n % 4 === 3 ? { ...event, person_id: "p-2" } : event)),
  );
  return { service, space };
}

describe("a person's events", () => {
  it("are those of everybody's that are theirs, by each of their ids, in both formats of rows, page by page", async () => {
    const { service, space } = await twoPeople(40);
    for (const format of ["flat", "nested"]) {
      const all = await list(service, space, { row_format: format });
      const theirs = all.data.filter((row) => row["personId"] === "p-2");
      expect(theirs).toHaveLength(10);
      for (const [name, id] of Object.entries(IDS)) {
        const query = { row_format: format, [name]: id, event_names: "order_*" };
        expect(await list(service, space, query)).toEqual({ data: theirs, next_cursor: null, prev_cursor: null });
        const pages = await walk(service, space, { ...query, limit: "4" });
        expect(pages).toEqual([theirs.slice(0, 4), theirs.slice(4, 8), theirs.slice(8)]);
      }
    }
    const second = await list(service, space, { custom_id: "c-2", limit: "4" });
    const third = await list(service, space, { custom_id: "c-2", limit: "4", cursor: second.next_cursor ?? "" });
    const back = await list(service, space, { custom_id: "c-2", limit: "4", cursor: third.prev_cursor ?? "" });
    expect(back.data).toEqual(second.data);
  });

  it("are found by the index of people: what a page scans does not grow with everybody else's events", async () => {
    const { service, space } = await twoPeople(8);
    const scanned = async () => {
      const before = service.meter.rowsRead;
      expect((await list(service, space, { person_id: "p-2", event_names: "order_placed" })).data).toHaveLength(2);
      return service.meter.rowsRead - before;
    };
    const few = await scanned();
    await service.send(
      space,
      orders(2_000, START - 2_000_000).map((event, n) => ({ ...event, id: `more-${n}` })),
    );
    expect(await scanned()).toBeLessThan(few + 20);
  });

  it("stay those of the person whom the first page found, also when their id moves to somebody else", async () => {
    const { service, space } = await twoPeople(40);
    const pages = await walk(service, space, { external_person_id: "CRM-2", limit: "4" }, async () =>
      put(
        service,
        space,
        { person_id: "p-2", external_person_id: null },
        { person_id: "p-1", external_person_id: "CRM-2" },
      ),
    );
    expect(idsOf(pages.flat())).toHaveLength(10);
    expect(new Set(pages.flat().map((row) => row["personId"]))).toEqual(new Set(["p-2"]));
    const now = await list(service, space, { external_person_id: "CRM-2" });
    expect(new Set(now.data.map((row) => row["personId"]))).toEqual(new Set(["p-1"]));
  });

  it("are none of an unknown person, of a deleted one, of an id in another case, and of another space's person", async () => {
    const { service, space } = await twoPeople(8);
    const other = await service.shop();
    const none = { data: [], next_cursor: null, prev_cursor: null };
    for (const query of [
      { person_id: "p-3" },
      { person_id: "P-2" },
      { custom_id: "p-2" },
      { external_person_id: "c-2" },
    ])
      expect(await list(service, space, query)).toEqual(none);
    for (const [name, id] of Object.entries(IDS)) expect(await list(service, other, { [name]: id })).toEqual(none);
    const first = await list(service, space, { person_id: "p-2", limit: "1" });
    await service.json("DELETE", "/v1/profiles/p-2", 202, { key: space.key });
    for (const [name, id] of Object.entries(IDS)) expect(await list(service, space, { [name]: id })).toEqual(none);
    const rest = await list(service, space, { person_id: "p-2", limit: "1", cursor: first.next_cursor ?? "" });
    expect(rest.data).toEqual([]);
  });

  it("are conversions too", async () => {
    const { service, space } = await market([null, null]);
    await service.send(space, [
      conversion("one"),
      conversion("two", { person_id: "p-2" }),
      conversion("three", { person_id: "p-2", occurred_at: at(NOON + 1) }),
    ]);
    await sendTouches(service, space, [touch("t", "email", NOON - DAY_MS, { person_id: "p-2" })]);
    const query = {
      view: "conversions",
      start: at(NOON - DAY_MS),
      end: at(NOON + DAY_MS),
      event_names: "purchase",
      sources: "email",
      attribution_model: "linear",
      attribution_window: "7",
    };
    const ofPerson = async (id: string) =>
      (await list(service, space, { ...query, end: at(START), person_id: id })).data.map((row) => row["id"]);
    expect(await ofPerson("p-2")).toEqual(["two", "three"]);
    expect(await ofPerson("p-1")).toEqual([]);
  });
});

it("a person is named once, by an id, and a cursor continues that person's list alone", async () => {
  const service = roomyService();
  const space = await service.shop();
  await service.send(space, orders(3));
  expect(await faults(service, space, { person_id: "p-1", custom_id: "c-1" })).toEqual(["#query/custom_id"]);
  expect(await faults(service, space, { person_id: "" })).toEqual(["#query/person_id"]);
  expect(await faults(service, space, { external_person_id: "é".repeat(101) })).toEqual(["#query/external_person_id"]);
  const cursor = (await list(service, space, { person_id: "p-1", limit: "1" })).next_cursor ?? "";
  expect(await faults(service, space, { limit: "1", cursor })).toEqual(["#query/cursor"]);
  expect(await faults(service, space, { person_id: "p-2", limit: "1", cursor })).toEqual(["#query/cursor"]);
  expect(await faults(service, space, { external_person_id: "CRM-1", limit: "1", cursor })).toEqual(["#query/cursor"]);
});
