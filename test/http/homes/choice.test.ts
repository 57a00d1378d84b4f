/**
 * The home of a new space: the named one, the setting's, or the D1 database of the fewest bytes; and the list of homes,
 * of which one may not answer.
 */

import { afterEach, describe, expect, it, vi } from "vitest";
import { Database } from "../../../src/db/core/database.ts";
import { ADMIN, Service } from "../../support/service.ts";

afterEach(() => vi.restoreAllMocks());

/** A service whose D1 databases have these sizes, which are read as often as `asked` says; null: it does not answer. */
function serviceWith(sizes: Record<string, number | null>, more: Record<string, string> = {}) {
  const service = new Service({ DEFAULT_HOME: "", ...more });
  const { databases, budget } = service.context;
  const asked: string[] = [];
  const driver = (name: string, size: number | null) => ({
    one: async () => {
      asked.push(name);
      if (size === null) throw new Error(`${name} is away`);
      return { rows: [], changes: 0, rowsRead: 0, rowsWritten: 0, size };
    },
    batch: async () => [],
  });
  const homes = Object.entries(sizes).map(([name, size]) => ({
    name,
    kind: "d1" as const,
    jurisdiction: null,
    database: new Database(driver(name, size), budget),
  }));
  const object = { name: "object", kind: "object" as const, jurisdiction: null, database: null };
  service.context.databases = { ...databases, homes: [...homes, object] };
  const create = async (home?: string) => {
    const body = { name: "Shop", timezone: "UTC", home };
    return (await service.json<{ home: string }>("POST", "/v1/spaces", 201, { key: ADMIN, body })).home;
  };
  return { service, create, asked };
}

describe("a new space", () => {
  it("gets the D1 database of the fewest bytes", async () => {
    const { create } = serviceWith({ "d1:SPACE_DB": 9_000_000, "d1:SPACE_DB_B": 4_096, "d1:SPACE_DB_C": 8_192 });
    expect(await create()).toBe("d1:SPACE_DB_B");
  });

  it("gets, of databases with equal bytes, the one of the fewest spaces, then the first by name", async () => {
    const { create } = serviceWith({ "d1:SPACE_DB_E": 4_096, "d1:SPACE_DB_D": 4_096, "d1:SPACE_DB": 9_000_000 });
    const made = [await create(), await create(), await create()];
    expect(made).toEqual(["d1:SPACE_DB_D", "d1:SPACE_DB_E", "d1:SPACE_DB_D"]);
  });

  it("gets the only database without a question", async () => {
    const { create, asked } = serviceWith({ "d1:SPACE_DB": 9_000_000 });
    expect([await create(), asked]).toEqual(["d1:SPACE_DB", []]);
  });

  it("gets what the operator or the setting names, whatever the sizes", async () => {
    const sizes = { "d1:SPACE_DB": 9_000_000, "d1:SPACE_DB_B": 4_096 };
    const chosen = serviceWith(sizes);
    expect([await chosen.create("d1:SPACE_DB"), await chosen.create("object")]).toEqual(["d1:SPACE_DB", "object"]);
    const set = serviceWith(sizes, { DEFAULT_HOME: "d1:SPACE_DB" });
    expect([await set.create(), set.asked, chosen.asked]).toEqual(["d1:SPACE_DB", [], []]);
  });

  it("is not kept from a database that answers by one that does not, which is logged", async () => {
    const errors = vi.spyOn(console, "error").mockReturnValue();
    const { create } = serviceWith({ "d1:SPACE_DB": null, "d1:SPACE_DB_B": 9_000_000 });
    expect(await create()).toBe("d1:SPACE_DB_B");
    expect(errors.mock.calls.map(([line]) => JSON.parse(String(line)) as unknown)).toMatchObject([
      { event: "home.not_measured", home: "d1:SPACE_DB", error: "Error: d1:SPACE_DB is away" },
    ]);
  });
});

describe("the list of homes", () => {
  it("shows a database that does not answer without its size, and says so in the log", async () => {
    const errors = vi.spyOn(console, "error").mockReturnValue();
    const { service } = serviceWith({ "d1:SPACE_DB": null, "d1:SPACE_DB_B": 4_096 });
    const { data } = await service.json<{ data: unknown[] }>("GET", "/v1/homes", 200, { key: ADMIN });
    const spaces = expect.any(Number) as number;
    expect(data).toEqual([
      { name: "d1:SPACE_DB", kind: "d1", spaces },
      { name: "d1:SPACE_DB_B", kind: "d1", spaces, bytes: 4_096 },
      { name: "object", kind: "object", spaces, bytes: 0 },
    ]);
    expect(errors.mock.calls.map(([line]) => JSON.parse(String(line)) as unknown)).toMatchObject([
      { event: "home.not_measured", home: "d1:SPACE_DB", error: "Error: d1:SPACE_DB is away" },
    ]);
  });
});
