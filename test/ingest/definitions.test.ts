/** Event definitions: validation of requests, and responses. */

import { beforeAll, describe, expect, it } from "vitest";
import { type ProblemView, Service, type Space } from "../support/service.ts";

const service = new Service();
let space: Space;
let created = 0;

beforeAll(async () => {
  space = await service.space();
});

const newId = () => `event_${(created += 1)}`;
const post = (body: Record<string, unknown>) =>
  service.json<Record<string, unknown>>("POST", "/v1/event-definitions", 201, { key: space.key, body });
const faults = (body: Record<string, unknown>) =>
  service.faults("POST", "/v1/event-definitions", { key: space.key, body });
const properties = (count: number) => Array.from({ length: count }, (_, n) => ({ name: `p${n}`, type: "text" }));

describe("a definition", () => {
  it("has every field filled in", async () => {
    const id = newId();
    const at = new Date(service.now).toISOString();
    expect(await post({ id, name: "Order placed" })).toEqual({
      id,
      name: "Order placed",
      description: null,
      section_id: "default",
      category: "custom",
      enabled: true,
      version: 1,
      properties: [],
      created_at: at,
      updated_at: at,
    });
  });

  it("is found again as it was answered", async () => {
    const lines = { name: "lines", type: "list", required: true, fields: [{ name: "sku", type: "text" }] };
    const id = newId();
    const body = { id, name: "Größe 東", description: "d", section_id: "web-1.x", properties: [lines], enabled: false };
    const definition = await post(body);
    expect(definition).toMatchObject(body);
    expect(await service.json("GET", `/v1/event-definitions/${id}`, 200, { key: space.key })).toEqual(definition);
  });

  it.each(["a", "Z", "a1_", "CamelCase", "x".repeat(64)])("may have the id %s", async (id) => {
    expect(await post({ id, name: "x" })).toMatchObject({ id });
  });

  it.each(["", "1a", "_a", "a-b", "a b", "a.b", "ä", "aä", "x".repeat(65), "a\n", "a*", "$a"])(
    "may not have the id %j",
    async (id) => {
      expect(new Set(await faults({ id, name: "x" }))).toEqual(new Set(["/id"]));
    },
  );

  it.each<[string, Record<string, unknown>, string]>([
    ["neither an id nor a name to make one of", { id: null, name: "東京 🎉" }, "/name"],
    ["no name", { name: undefined }, "/name"],
    ["an empty name", { name: " " }, "/name"],
    ["a name of 201 characters", { name: "n".repeat(201) }, "/name"],
    ["a name with an unpaired surrogate", { name: "n\ud83d" }, "/name"],
    ["a description of 2,001 characters", { description: "d".repeat(2001) }, "/description"],
    ["a description with an unpaired surrogate", { description: "d\udc00" }, "/description"],
    ["an empty section", { section_id: "" }, "/section_id"],
    ["a section with a blank", { section_id: "a b" }, "/section_id"],
    ["a section of 101 characters", { section_id: "s".repeat(101) }, "/section_id"],
    ["a category that is built in", { category: "template" }, "/category"],
    ["enabled as a text", { enabled: "yes" }, "/enabled"],
    ["properties that are no list", { properties: {} }, "/properties"],
    ["a version of its own", { version: 7 }, "/version"],
    ["an unknown property", { colour: "red" }, "/colour"],
  ])("with %s is refused", async (_, more, pointer) => {
    expect(await faults({ id: newId(), name: "x", ...more })).toEqual([pointer]);
  });

  it("that is there already is a conflict, and stays as it is", async () => {
    const id = newId();
    const first = await post({ id, name: "First" });
    const second = await service.call("POST", "/v1/event-definitions", {
      key: space.key,
      body: { id, name: "Second" },
    });
    expect([second.status, (await second.json<ProblemView>()).code]).toEqual([409, "conflict"]);
    expect(await service.json("GET", `/v1/event-definitions/${id}`, 200, { key: space.key })).toEqual(first);
  });

  it("without an id gets one from its name, unless it is taken by a definition of the space, or by a built-in one", async () => {
    expect(await post({ name: "Seat chosen" })).toMatchObject({ id: "seatChosen", name: "Seat chosen", version: 1 });
    for (const name of ["Seat chosen", "seat-chosen", "Page view"]) {
      const body = { name };
      const problem = await service.json<ProblemView>("POST", "/v1/event-definitions", 409, { key: space.key, body });
      expect(problem.errors?.map(({ pointer }) => pointer)).toEqual(["/name"]);
    }
  });

  it("is created by one of several concurrent calls", async () => {
    const body = { id: newId(), name: "x" };
    const calls = [1, 2, 3].map(() => service.call("POST", "/v1/event-definitions", { key: space.key, body }));
    const statuses = (await Promise.all(calls)).map((response) => response.status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(2);
  });

  it("may have an id that differs from another's in case alone", async () => {
    const id = newId();
    await post({ id, name: "x" });
    expect(await post({ id: id.toUpperCase(), name: "y" })).toMatchObject({ name: "y" });
  });

  it.each(["nothing", "order%5Fplaced%00", "%"])("%s, which does not exist, is not found", async (id) => {
    expect((await service.call("GET", `/v1/event-definitions/${id}`, { key: space.key })).status).toBe(404);
  });
});

describe("its properties", () => {
  const list = (fields?: unknown) => ({ name: "items", type: "list", ...(fields === undefined ? {} : { fields }) });
  const field = { name: "sku", type: "text" };

  it("may say what they tell, fields too, and PATCH may say it anew", async () => {
    const id = newId();
    const sku = { ...field, required: false };
    const first = { name: "items", type: "list", required: true, fields: [sku], description: "What was bought." };
    expect(await post({ id, name: "x", properties: [first] })).toMatchObject({ properties: [first] });
    const fields = [
      { ...sku, description: "The stock number." },
      { name: "colour", type: "text" },
    ];
    const body = { properties: [{ name: "items", type: "list", required: true, fields }] };
    const grown = { ...first, fields: [fields[0], { ...fields[1], required: false }] };
    const path = `/v1/event-definitions/${id}`;
    expect(await service.json("PATCH", path, 200, { key: space.key, body })).toMatchObject({
      version: 2,
      properties: [grown],
    });
    expect(await service.json("PATCH", path, 200, { key: space.key, body })).toMatchObject({ version: 2 });
  });

  it.each(["text", "boolean", "date", "number"])("fact 1.a.27: may be of the type %s", async (type) => {
    const definition = await post({ id: newId(), name: "x", properties: [{ name: "p", type }] });
    expect(definition["properties"]).toEqual([{ name: "p", type, required: false }]);
  });

  it("fact 1.a.27: may be a list", async () => {
    const definition = await post({ id: newId(), name: "x", properties: [list([field])] });
    expect(definition["properties"]).toMatchObject([{ name: "items", type: "list", fields: [field] }]);
  });

  it("fact 1.a.28: have one list at most, of 128 fields at most", async () => {
    const full = list(properties(128));
    await post({ id: newId(), name: "x", properties: [full] });
    expect(await faults({ id: newId(), name: "x", properties: [full, { ...full, name: "more" }] })).toEqual([
      "/properties/1/type",
    ]);
    expect(await faults({ id: newId(), name: "x", properties: [list(properties(129))] })).toEqual([
      "/properties/0/fields",
    ]);
  });

  it.each([
    ["120 of them", properties(120)],
    ["a list with 128 fields", [list(properties(128))]],
    ["names of 128 characters", [{ name: "n".repeat(128), type: "text" }]],
    [
      "names in many scripts",
      [
        { name: "größe_東京", type: "text" },
        { name: "$price", type: "number" },
      ],
    ],
    [
      "names with spaces, of properties and of fields",
      [
        { name: "Item Name", type: "text" },
        { name: "Cart Items", type: "list", fields: [{ name: "Unit Price", type: "number" }] },
      ],
    ],
    [
      "names that objects have already",
      [
        { name: "constructor", type: "text" },
        { name: "toString", type: "text" },
      ],
    ],
  ])("may be %s", async (_, wanted) => {
    const definition = await post({ id: newId(), name: "x", properties: wanted });
    expect((definition["properties"] as unknown[]).length).toBe(wanted.length);
  });

  it.each<[string, unknown[], string[]]>([
    ["121 of them", properties(121), ["/properties"]],
    ["a list with 129 fields", [list(properties(129))], ["/properties/0/fields"]],
    ["a list without fields", [list()], ["/properties/0/fields"]],
    ["a list with no field", [list([])], ["/properties/0/fields"]],
    ["fields on a text", [{ ...field, fields: [field] }], ["/properties/0/fields"]],
    ["two lists", [list([field]), { ...list([field]), name: "more" }], ["/properties/1/type"]],
    [
      "a list in a list",
      [list([{ name: "x", type: "list", fields: [field] }])],
      ["/properties/0/fields/0/type", "/properties/0/fields/0/fields"],
    ],
    ["an unknown type", [field, { name: "x", type: "integer" }], ["/properties/1/type"]],
    ["no type", [{ name: "x" }], ["/properties/0/type"]],
    ["no name", [{ type: "text" }], ["/properties/0/name"]],
    ["an empty name", [{ name: "", type: "text" }], ["/properties/0/name"]],
    ["a name of 129 characters", [{ name: "n".repeat(129), type: "text" }], ["/properties/0/name"]],
    ["a name that begins with a digit", [{ name: "1a", type: "text" }], ["/properties/0/name"]],
    ["a name with a dot", [{ name: "a.b", type: "text" }], ["/properties/0/name"]],
    ["a name that begins with a space", [{ name: " a", type: "text" }], ["/properties/0/name"]],
    ["a name that ends with a space", [{ name: "a ", type: "text" }], ["/properties/0/name"]],
    ["a name with two spaces side by side", [{ name: "a  b", type: "text" }], ["/properties/0/name"]],
    ["a name with a space that does not break", [{ name: "a\u00a0b", type: "text" }], ["/properties/0/name"]],
    ["a name twice", [field, field], ["/properties/1/name"]],
    ["a field twice", [list([field, field])], ["/properties/0/fields/1/name"]],
    ["a description of 201 characters", [{ ...field, description: "d".repeat(201) }], ["/properties/0/description"]],
    ["a description that is no text", [{ ...field, description: 7 }], ["/properties/0/description"]],
    ["required as a text", [{ ...field, required: "yes" }], ["/properties/0/required"]],
    ["an unknown property of a property", [{ ...field, unit: "kg" }], ["/properties/0/unit"]],
    ["several faults", [field, field, list()], ["/properties/1/name", "/properties/2/fields"]],
  ])("may not be %s", async (_, wanted, pointers) => {
    expect((await faults({ id: newId(), name: "x", properties: wanted })).toSorted()).toEqual(pointers.toSorted());
  });
});
