/**
 * `columns`: which values a row has, in which order, under which names. A column that the rows do not have is refused
 * with its place.
 */

import { beforeAll, describe, expect, it } from "vitest";
import { resolveEncoding } from "../../../src/export/output/encode/resolve.ts";
import { define, MANDATORY, readCsv, tablesOf, VISIT, visit, visits } from "../../support/formats.ts";
import { roomyService, rowsOf, textOf } from "../../support/pipeline.ts";
import { LAST_HOUR, orders, type Space } from "../../support/service.ts";

const service = roomyService({ PENDING_LIMIT: "1000" });
const NESTED = { row_format: "nested", event_names: ["visit"] };
let space: Space;

beforeAll(async () => {
  space = await visits(service, [
    {
      page: "/",
      amount: 2,
      items: [
        { sku: "A", count: 1 },
        { sku: null, count: 2 },
      ],
    },
    { items: [] },
    {},
  ]);
});

const paths = (...names: string[]) => names.map((path) => ({ path }));

/** The text of an export of these columns. */
async function text(columns: unknown, more: Record<string, unknown> = {}): Promise<string> {
  return textOf(service, await service.export(space, { event_names: ["visit"], columns, ...more }));
}

/** The pointers of the refusal of a request. */
async function faults(request: Record<string, unknown>, of: Space = space): Promise<string[]> {
  const start = new Date(service.now - 3_600_000).toISOString();
  const body = { dataset: "activity_events", start, end: new Date(service.now).toISOString(), ...request };
  const refused = await service.faults("POST", "/v1/exports", { key: of.key, body });
  expect(await service.faults("POST", "/v1/exports/estimate", { key: of.key, body })).toEqual(refused);
  return refused;
}

describe("columns", () => {
  it("come in the order that was requested, under their paths or other names, numbers among them", async () => {
    const columns = [{ path: "page", as: "2" }, { path: "eventId" }, { path: "amount", as: "1" }];
    expect(await text(columns)).toBe(
      '{"2":"/","eventId":"v-000000","1":2}\n' +
        '{"2":null,"eventId":"v-000001","1":null}\n{"2":null,"eventId":"v-000002","1":null}\n',
    );
  });

  it("may have any name that is whole", async () => {
    const columns = [
      { path: "page", as: 'say "hi"\\' },
      { path: "eventId", as: "__proto__" },
      { path: "amount", as: "🛒" },
    ];
    const [line = ""] = (await text(columns)).split("\n");
    expect(line).toBe(String.raw`{"say \"hi\"\\":"/","__proto__":"v-000000","🛒":2}`);
  });

  it("that no event of the space can have are null, with a warning", async () => {
    const created = await service.json<{ id: string; warnings: { pointer: string }[] }>("POST", "/v1/exports", 202, {
      key: space.key,
      body: { ...LAST_HOUR, columns: paths("eventId", "timestamp") },
    });
    expect(created.warnings.map(({ pointer }) => pointer)).toEqual(["/columns/1/path"]);
    await service.pump();
    const [row] = await rowsOf(service, await service.poll(space, created.id));
    expect(row).toMatchObject({ timestamp: null });
  });

  it("reach into the properties of nested rows, and give them whole too", async () => {
    const columns = [...paths("properties.page", "timestamp"), { path: "properties", as: "all" }];
    const [row] = await rowsOf(service, await service.export(space, { ...NESTED, columns }));
    expect(row).toMatchObject({ "properties.page": "/", timestamp: "2026-03-01T11:43:20.000Z", all: { amount: 2 } });
  });

  it("reach into the items of a list, and give a list", async () => {
    expect(await text(paths("items.sku"))).toBe('{"items.sku":["A",null]}\n{"items.sku":[]}\n{"items.sku":null}\n');
    expect(await text(paths("properties.items.count"), NESTED)).toContain('{"properties.items.count":[1,2]}\n');
  });

  it("are the same in CSV and in Parquet", async () => {
    const columns = [{ path: "items.sku", as: "skus" }, { path: "amount" }];
    expect(readCsv(await text(columns, { format: "csv" }))).toEqual([
      ["skus", "amount"],
      ['["A",null]', "2"],
      ["[]", null],
      [null, null],
    ]);
    const done = await service.export(space, { event_names: ["visit"], columns, format: "parquet" });
    const [table] = await tablesOf(service, done);
    expect(table?.columns).toEqual([
      ["skus", "JSON"],
      ["amount", "DOUBLE"],
    ]);
    expect(table?.rows).toEqual([
      { skus: ["A", null], amount: 2 },
      { skus: [], amount: null },
      { skus: null, amount: null },
    ]);
  });

  it("of definitions that were not requested are empty, with a warning", async () => {
    const done = await service.export(space, { event_names: ["order_placed"], columns: paths("order_id", "page") });
    expect(done).toMatchObject({ status: "completed", warnings: [{ pointer: "/columns/1/path" }] });
    for (const row of await rowsOf(service, done)) expect(row).toMatchObject({ page: null });
  });

  it("name a property that a flat row renames as the row does", async () => {
    const own = await visits(service, []);
    const properties = [{ name: "personId", type: "text" }];
    await define(service, own, { ...VISIT, id: "clash", properties });
    await service.send(own, [{ ...visit({ personId: "theirs" }, 0), definition_id: "clash" }]);
    const done = await service.export(own, { columns: paths("clash_personId", "personId") });
    expect(await rowsOf(service, done)).toEqual([{ clash_personId: "theirs", personId: "p-1" }]);
  });
});

describe("columns of an export that names no events", () => {
  it("are those of the definitions that the space ever had events of; others are there by name", async () => {
    const own = await visits(service, []);
    // The built-in conversion has an order_id as text, and no event.
    await define(service, own, { ...VISIT, id: "bought", properties: [{ name: "order_id", type: "number" }] });
    await service.send(own, [
      { ...visit({ order_id: 7 }, 0), definition_id: "bought" },
      // Before the window.
      { ...visit({ page: "/" }, 0), id: "old", occurred_at: new Date(service.now - 7_200_000).toISOString() },
    ]);
    const done = await service.export(own, { format: "parquet" });
    const [table] = await tablesOf(service, done);
    expect(table?.columns.slice(7).map(([name]) => name)).toEqual([
      ...VISIT.properties.map(({ name }) => name),
      "order_id",
    ]);
    const named = await service.export(own, { columns: paths("order_id", "page", "items.sku") });
    expect(await rowsOf(service, named)).toEqual([{ order_id: 7, page: null, "items.sku": null }]);
    expect(await rowsOf(service, await service.export(own, { redact: { page: "drop" } }))).toHaveLength(1);
  });

  it("are the mandatory ones alone where the space never had an event", async () => {
    const own = await visits(service, []);
    const [header] = readCsv(await textOf(service, await service.export(own, { format: "csv" })));
    expect(header).toEqual(MANDATORY);
  });
});

describe("refused", () => {
  it.each<[string, Record<string, unknown>, string[]]>([
    ["a path that no row has", { columns: paths("page", "9 things") }, ["/columns/1/path"]],
    ["a path of nested rows in flat ones", { columns: paths("properties.items.sku") }, ["/columns/0/path"]],
    ["a path of flat rows in nested ones", { row_format: "nested", columns: paths("page") }, ["/columns/0/path"]],
    ["a path into a text", { columns: paths("page.x") }, ["/columns/0/path"]],
    ["a path too deep", { columns: paths("items.sku.x") }, ["/columns/0/path"]],
    ["a path with a dot too many", { columns: paths("page.") }, ["/columns/0/path"]],
    ["a name of every object", { columns: paths("__proto__") }, ["/columns/0/path"]],
    ["the same path again, without another name", { columns: paths("page", "page") }, ["/columns/1/path"]],
    ["a name in other letters", { columns: [{ path: "page" }, { path: "amount", as: "PAGE" }] }, ["/columns/1/as"]],
    ["a name that is taken", { columns: [{ path: "page" }, { path: "amount", as: "page" }] }, ["/columns/1/as"]],
    [
      "a path for the fourth time",
      { columns: [1, 2, 3, 4].map((as) => ({ path: "page", as: `${as}` })) },
      ["/columns/3/path"],
    ],
    ["two things at once", { columns: paths("a ", "b ") }, ["/columns/0/path", "/columns/1/path"]],
    ["no column", { columns: [] }, ["/columns"]],
    ["an empty name", { columns: [{ path: "page", as: "" }] }, ["/columns/0/as"]],
    ["an unpaired surrogate as a name", { columns: [{ path: "page", as: "\ud83d" }] }, ["/columns/0/as"]],
    ["a property too many", { columns: [{ path: "page", type: "text" }] }, ["/columns/0/type"]],
    [
      "2,001 columns",
      { columns: Array.from({ length: 2_001 }, (_, n) => ({ path: "page", as: `${n}` })) },
      ["/columns"],
    ],
    ["formulas escaped elsewhere than in CSV", { csv_escape_formulas: true }, ["/csv_escape_formulas"]],
  ])("%s", async (_what, request, pointers) => {
    expect(await faults(request)).toEqual(pointers);
  });
});

describe("a space with more than 2,000 properties", () => {
  let wide: Space;
  const named = (d: number) => Array.from({ length: 120 }, (_, n) => `d${d}_${n}`);
  const NAMES = Array.from({ length: 17 }, (_, d) => named(d)).flat();

  beforeAll(async () => {
    wide = await visits(service, []);
    for (let d = 0; d < 17; d += 1)
      await define(service, wide, {
        id: `wide_${d}`,
        name: "Wide",
        properties: named(d).map((name) => ({ name, type: "text" })),
      });
    await service.send(wide, [{ ...visit({ d16_79: "last" }, 0), definition_id: "wide_16" }]);
  });

  it.each(["csv", "parquet"])("has to name the columns of %s", async (format) => {
    expect(await faults({ format, event_names: ["wide_*"] }, wide)).toEqual(["/columns"]);
    expect((await service.export(wide, { format })).status).toBe("completed");
  });

  it("may name 2,000 of them", async () => {
    const columns = paths(...NAMES.slice(0, 2_000));
    const [, row] = readCsv(await textOf(service, await service.export(wide, { format: "csv", columns })));
    expect([row?.length, row?.at(-1)]).toEqual([2_000, "last"]);
  });

  it("may not name them at such length that the export cannot be kept", async () => {
    const long = (n: number) => `${n}`.padEnd(200, "ü");
    const columns = NAMES.slice(0, 2_000).map((path, n) => ({ path, as: long(n) }));
    expect(await faults({ columns }, wide)).toEqual(["/columns"]);
  });
});

it("reads no events to find the columns", async () => {
  const [service, many] = [roomyService(), orders(300)];
  const space = await service.shop();
  await service.send(space, many);
  const rowsRead = async (request: Record<string, unknown>) => {
    const before = service.meter.rowsRead;
    await service.ask(space, request);
    return service.meter.rowsRead - before;
  };
  const columns = paths("eventId");
  expect(await rowsRead({ columns })).toBeLessThan(300);
  expect(await rowsRead({ format: "csv", columns })).toBeLessThan(300);
  expect(await rowsRead({ format: "csv" })).toBeLessThan(300);
  expect(await rowsRead({ format: "parquet" })).toBeLessThan(300);
});

describe("the rows of any dataset", () => {
  const noWarning = () => expect.unreachable("nothing here is to warn of");

  it("have paths to the objects around columns too; one document has none", () => {
    const columns = [
      { path: ["identifiers", "custom_id"], type: "text" },
      { path: ["identifiers", "profile_id"], type: "text" },
    ] as const;
    const request = { format: "parquet", compression: "snappy", redact: { identifiers: "sha256" } } as const;
    const encoding = resolveEncoding(request, { columns }, noWarning);
    expect(encoding?.fields).toEqual([{ name: "identifiers", path: ["identifiers"], type: "text" }]);
    expect(() => resolveEncoding({ format: "csv", compression: "gzip" }, { columns: null }, noWarning)).toThrow(
      "one JSON document",
    );
    expect(resolveEncoding({ format: "ndjson", compression: "gzip" }, { columns: null }, noWarning)).toBeNull();
  });
});
