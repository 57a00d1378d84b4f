/** The attributes whose changes give events: all of them, or those that `customAttributeChanged` names. */

import { beforeEach, expect, it } from "vitest";
import { roomyService, rowsOf } from "../support/pipeline.ts";
import type { Service, Space } from "../support/service.ts";

interface Definition {
  version: number;
  attributes?: string[] | null;
}

const PATH = "/v1/event-definitions/customAttributeChanged";

let service: Service;
let space: Space;

beforeEach(async () => {
  service = roomyService();
  space = await service.shop();
  await service.json("PUT", "/v1/attributes/plan", 200, { key: space.key, body: { name: "Plan", type: "text" } });
  await put({ tier: "gold", plan: "a", city: "Rome" });
});

const put = (attributes: object, person = "p-1") =>
  service.json("PUT", "/v1/profiles", 200, {
    key: space.key,
    body: { profiles: [{ person_id: person, attributes }] },
  });
const patch = (body: object) => service.json<Definition>("PATCH", PATH, 200, { key: space.key, body });
const faults = (body: object, path = PATH) => service.faults("PATCH", path, { key: space.key, body });

/** The changes that gave events: attribute, old and new value. Those of one call have no order. */
async function changes(): Promise<Set<unknown>> {
  service.now += 1_000;
  const rows = await rowsOf(service, await service.export(space, { event_names: ["customAttributeChanged"] }));
  return new Set(rows.map(({ attribute, oldValue, newValue }) => [attribute, oldValue, newValue]));
}

it("are all, until the definition names some, and all again when it names none any more", async () => {
  expect(await patch({ enabled: true })).toMatchObject({ version: 2, attributes: null });
  await put({ tier: "silver", city: "Oslo", $first_name: "Ada" });
  expect(await patch({ attributes: ["tier", "plan"] })).toMatchObject({ version: 3, attributes: ["tier", "plan"] });
  await put({ tier: "bronze", city: "Bern", plan: "b" });
  expect(await patch({ attributes: [] })).toMatchObject({ version: 4, attributes: [] });
  await put({ tier: "iron", city: "Brno", plan: "c" });
  expect(await patch({ attributes: null })).toMatchObject({ version: 5, attributes: null });
  await put({ city: "Graz" });
  const expected = [
    ["city", "Brno", "Graz"],
    ["city", "Rome", "Oslo"],
    ["plan", "a", "b"],
    ["tier", "gold", "silver"],
    ["tier", "silver", "bronze"],
  ];
  expect(await changes()).toEqual(new Set(expected));
});

it("are shown by each version, and by that definition alone", async () => {
  await patch({ attributes: ["tier"] });
  await patch({ attributes: ["plan"] });
  await patch({ attributes: ["plan"], enabled: false });
  const { data } = await service.json<{ data: Definition[] }>("GET", `${PATH}/versions`, 200, { key: space.key });
  expect(data.map(({ version, attributes }) => [version, attributes])).toEqual([
    [3, ["plan"]],
    [2, ["tier"]],
    [1, null],
  ]);
  const other = await service.json("GET", "/v1/event-definitions/nameChanged", 200, { key: space.key });
  expect(other).not.toHaveProperty("attributes");
});

it.each([
  ["one that is not defined and that no profile has", ["tier", "teir"], ["/attributes/1"]],
  ["one twice", ["tier", "plan", "tier"], ["/attributes/2"]],
  [
    "native ones, whose changes give other events",
    ["$city", "tier", "$first_name"],
    ["/attributes/0", "/attributes/2"],
  ],
  ["one without a name", [""], ["/attributes/0"]],
  ["a number", [7], ["/attributes/0"]],
  ["a text", "tier", ["/attributes"]],
  ["more than 1,000", Array.from({ length: 1_001 }, (_, n) => `a${n}`), ["/attributes"]],
])("cannot be %s", async (_, attributes, pointers) => {
  expect(await faults({ enabled: true, attributes })).toEqual(pointers);
  expect(await service.json("GET", PATH, 200, { key: space.key })).toMatchObject({ version: 1, enabled: false });
});

it.each(["order_placed", "nameChanged"])("cannot be named by %s", async (id) => {
  for (const attributes of [["tier"], []])
    expect(await faults({ attributes }, `/v1/event-definitions/${id}`)).toEqual(["/attributes"]);
});

it("are those of the space, not of another", async () => {
  const other = await service.shop();
  expect(await service.faults("PATCH", PATH, { key: other.key, body: { attributes: ["tier"] } })).toEqual([
    "/attributes/0",
  ]);
});
