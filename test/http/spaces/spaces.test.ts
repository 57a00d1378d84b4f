/**
 * Spaces: each field's rule, its limits and one past them; what operators may change, and what a space's own keys may.
 */

import { beforeAll, describe, expect, it } from "vitest";
import { ADMIN, Service, type Space } from "../../support/service.ts";

const service = new Service();
let space: Space;

beforeAll(async () => {
  space = await service.space();
});

interface Shown {
  id: string;
  name: string;
  timezone: string;
  retention_days: number;
  status: string;
  external_id: string;
  created_at: string;
}

const NEW = { name: "Shop", timezone: "Europe/London" };
const make = (more: Record<string, unknown> = {}) =>
  service.json<Shown>("POST", "/v1/spaces", 201, { key: ADMIN, body: { ...NEW, ...more } });

const WRONG: [what: string, field: Record<string, unknown>, pointer: string][] = [
  ["a name that is empty", { name: "" }, "/name"],
  ["a name of blanks", { name: "   " }, "/name"],
  ["a name of 201 characters", { name: "n".repeat(201) }, "/name"],
  ["a name that is a number", { name: 7 }, "/name"],
  ["a name with half a character", { name: "half \ud83d" }, "/name"],
  ["a time zone that does not exist", { timezone: "Mars/Olympus" }, "/timezone"],
  ["an offset for a time zone", { timezone: "+02:00" }, "/timezone"],
  ["an abbreviation for a time zone", { timezone: "JST" }, "/timezone"],
  ["an abbreviation that several zones have", { timezone: "IST" }, "/timezone"],
  ["an empty time zone", { timezone: "" }, "/timezone"],
  ["a time zone that is a number", { timezone: 2 }, "/timezone"],
  ["0 days", { retention_days: 0 }, "/retention_days"],
  ["36,501 days", { retention_days: 36_501 }, "/retention_days"],
  ["half a day", { retention_days: 1.5 }, "/retention_days"],
  ["days as a text", { retention_days: "30" }, "/retention_days"],
  ["an unknown property", { colour: "red" }, "/colour"],
  ["an id of one's own", { id: "mine" }, "/id"],
  ["an external id of one's own", { external_id: "mine" }, "/external_id"],
];

const RIGHT: [what: string, field: Partial<Shown>][] = [
  ["a name of one character", { name: "n" }],
  ["a name of 200 characters", { name: "n".repeat(200) }],
  ["a name in many scripts", { name: "Καφές ☕ 東京 🛍️ قهوة" }],
  ["UTC", { timezone: "UTC" }],
  ["a time zone of three parts", { timezone: "America/Argentina/Buenos_Aires" }],
  ["a time zone with an old name", { timezone: "US/Pacific" }],
  ["a time zone in small letters", { timezone: "europe/london" }],
  ["a time zone that is an offset by name", { timezone: "Etc/GMT+5" }],
  ["1 day", { retention_days: 1 }],
  ["36,500 days", { retention_days: 36_500 }],
];

/** The calls that take these fields. */
const CALLS: [string, (body: Record<string, unknown>) => Parameters<Service["call"]>][] = [
  ["POST /v1/spaces", (body) => ["POST", "/v1/spaces", { key: ADMIN, body: { ...NEW, ...body } }]],
  ["PATCH /v1/spaces/{id}", (body) => ["PATCH", `/v1/spaces/${space.id}`, { key: ADMIN, body }]],
  ["PATCH /v1/space", (body) => ["PATCH", "/v1/space", { key: space.key, body }]],
];

describe.each(CALLS)("%s", (_, call) => {
  it.each(WRONG)("refuses %s", async (_, field, pointer) => {
    const [method, path, options = {}] = call(field);
    expect(await service.faults(method, path, options)).toEqual([pointer]);
  });

  it("refuses a property __proto__", async () => {
    const [method, path, options] = call({});
    const body = `{"name":"Shop","timezone":"UTC","__proto__":{"retention_days":7}}`;
    expect(await service.faults(method, path, { ...options, body })).toEqual(["/__proto__"]);
  });

  it.each(RIGHT)("takes %s", async (_, field) => {
    const [method, path, options] = call(field);
    const response = await service.call(method, path, options);
    expect(response.status).toBe(method === "POST" ? 201 : 200);
    expect(await response.json()).toMatchObject(field);
  });

  it("trims a name", async () => {
    const response = await service.call(...call({ name: "  Shop " }));
    expect(await response.json()).toMatchObject({ name: "Shop" });
  });
});

describe("a new space", () => {
  it.each(["name", "timezone"])("needs a %s", async (field) => {
    const { [field as "name"]: _, ...body } = NEW;
    expect(await service.faults("POST", "/v1/spaces", { key: ADMIN, body })).toEqual([`/${field}`]);
  });

  it("is active, keeps events 180 days and has the current time as created_at", async () => {
    const created = await make();
    expect(created).toMatchObject({ ...NEW, status: "active", retention_days: 180 });
    expect(created.created_at).toBe(new Date(service.now).toISOString());
  });

  it("has an id and an external id of its own, also with the name of another space", async () => {
    const [one, two] = [await make(), await make()];
    expect(new Set([one.id, two.id, one.external_id, two.external_id]).size).toBe(4);
  });

  it("may not say its status", async () => {
    const body = { ...NEW, status: "inactive" };
    expect(await service.faults("POST", "/v1/spaces", { key: ADMIN, body })).toEqual(["/status"]);
  });

  it("is shown the same to the operator and to its key", async () => {
    const [own, operators] = await Promise.all([
      service.json("GET", "/v1/space", 200, { key: space.key }),
      service.json("GET", `/v1/spaces/${space.id}`, 200, { key: ADMIN }),
    ]);
    expect({ ...(own as object), move: null }).toEqual(operators);
  });
});

describe("a change", () => {
  it("leaves what it does not name", async () => {
    const created = await make({ retention_days: 30 });
    const changed = await service.json<Shown>("PATCH", `/v1/spaces/${created.id}`, 200, {
      key: ADMIN,
      body: { name: "Renamed" },
    });
    const {
      api_key: _,
      webhook_secret: __,
      ...before
    } = created as Shown & { api_key: string; webhook_secret: string };
    expect(changed).toEqual({ ...before, name: "Renamed" });
  });

  it("is there in the next answer", async () => {
    await service.json("PATCH", "/v1/space", 200, { key: space.key, body: { timezone: "Asia/Kolkata" } });
    expect(await service.json("GET", "/v1/space", 200, { key: space.key })).toMatchObject({ timezone: "Asia/Kolkata" });
  });

  it("of the status is the operator's, never a key's", async () => {
    const body = { status: "inactive" };
    expect(await service.faults("PATCH", "/v1/space", { key: space.key, body })).toEqual(["/status"]);
  });

  it.each(["deleting", "ACTIVE", "", null, 1])("of the status to %j is refused", async (status) => {
    expect(await service.faults("PATCH", `/v1/spaces/${space.id}`, { key: ADMIN, body: { status } })).toEqual([
      "/status",
    ]);
  });

  it.each(["00000000-0000-4000-8000-000000000000", "no-uuid", "%00", "%ff"])(
    "of the space %s is not found",
    async (id) => {
      expect((await service.call("PATCH", `/v1/spaces/${id}`, { key: ADMIN, body: {} })).status).toBe(404);
    },
  );
});
