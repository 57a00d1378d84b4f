/**
 * One set of events in all three formats, through the whole service, read by DuckDB: the same rows, with the types of
 * their definitions, with any characters in their texts.
 */

import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CompletedExport, EventProperty, NewEvent } from "../../client/src/index.ts";
import { downloadTo } from "../../client/src/node/index.ts";
import { liveStack, openShop } from "./support.ts";

const EVENTS = 30_000;
const FILE_ROWS = 12_500;
const FIRST = Date.parse("2026-01-01T00:00:00.000Z");
/** Every third date is a plain day. */
const DAY_CHARACTERS = "2026-01-01".length;
const FORMATS = ["ndjson", "csv", "parquet"] as const;
const TEXTS = [
  "plain",
  "a,b;c\td",
  'say "hi"',
  '"',
  '""',
  "two\r\nlines",
  "\n",
  "\r",
  " spaces around ",
  "größe 数量 👩‍👩‍👧‍👦",
  "",
  "=HYPERLINK(1)",
  "null",
  "\\N",
  "1.0",
  "true",
];

/** The columns of the rows, as DuckDB calls their types. */
const COLUMNS = {
  eventId: "VARCHAR",
  externalPersonId: "VARCHAR",
  occuredTime: "TIMESTAMP WITH TIME ZONE",
  'say "page", größe': "VARCHAR",
  amount: "DOUBLE",
  "club member": "BOOLEAN",
  at: "TIMESTAMP WITH TIME ZONE",
  items: "JSON",
  skus: "JSON",
} as const;
const PATHS = [
  ...["eventId", "externalPersonId", "occuredTime"].map((path) => ({ path })),
  { path: "page", as: 'say "page", größe' },
  ...["amount", "club member", "at", "items"].map((path) => ({ path })),
  { path: "items.sku", as: "skus" },
];

const stack = liveStack();
let duck: DuckDBConnection;
const views = new Map<string, CompletedExport>();

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
/** A DuckDB map of names and types, without the types that its CSV and JSON readers make themselves. */
const typed = () =>
  Object.entries(COLUMNS)
    .map(([name, type]) => `${quoted(name)}: '${type.startsWith("TIMESTAMP") ? "VARCHAR" : type}'`)
    .join();
/** Times in text become times. */
const timed = Object.entries(COLUMNS).map(([name, type]) =>
  type.startsWith("TIMESTAMP") ? `${quoted(name)}::TIMESTAMPTZ AS ${quoted(name)}` : quoted(name),
);

function* events(): Generator<NewEvent> {
  const or = <Value>(n: number, every: number, value: Value) => (n % every === 0 ? null : value);
  for (let n = 0; n < EVENTS; n += 1)
    yield {
      id: `v-${String(n).padStart(6, "0")}`,
      definition_id: "visit",
      person_id: n % 3 === 0 ? "p-1" : "p-2",
      occurred_at: new Date(FIRST + n).toISOString(),
      properties: {
        page: or(n, 11, TEXTS[n % TEXTS.length]),
        amount: or(n, 7, (n - 15_000) / 7),
        "club member": or(n, 5, n % 2 === 0),
        at: or(
          n,
          13,
          new Date(FIRST + n * 86_399_999).toISOString().slice(0, n % 3 === 0 ? DAY_CHARACTERS : undefined),
        ),
        items: or(
          n,
          17,
          Array.from({ length: n % 3 }, (_, i) => ({ sku: TEXTS[(n + i) % TEXTS.length], count: i })),
        ),
      },
    };
}

async function rows(sql: string): Promise<Record<string, unknown>[]> {
  return (await duck.runAndReadAll(sql)).getRowObjectsJS();
}

beforeAll(async () => {
  duck = await (await DuckDBInstance.create(":memory:")).connect();
  const { client } = await openShop(stack.origin);
  await client.profiles.put([{ person_id: "p-2" }]);
  const fields = [
    { name: "sku", type: "text" as const },
    { name: "count", type: "number" as const },
  ];
  const types = { page: "text", amount: "number", "club member": "boolean", at: "date" } as const;
  const scalars = Object.entries(types).map(([name, type]) => ({ name, type }));
  const properties: EventProperty[] = [...scalars, { name: "items", type: "list", fields }];
  await client.eventDefinitions.create({ id: "visit", name: "Visit", properties });
  await client.events.send(events());
  for (const format of FORMATS) {
    const view = await client.exports
      .create({
        dataset: "activity_events",
        start: "2026-01-01T00:00:00.000Z",
        end: "2026-01-02T00:00:00.000Z",
        layout: "files",
        file_rows: FILE_ROWS,
        format,
        columns: PATHS,
      })
      .wait();
    views.set(format, view);
    await downloadTo(client, view.id, stack.file(format));
  }
  const all = (format: string, ending: string) => `'${join(stack.file(format), `*.${ending}`)}'`;
  const csv = `header = true, delim = ',', quote = '"', escape = '"', auto_detect = false, allow_quoted_nulls = false`;
  await duck.run(`SET TimeZone = 'UTC';
    CREATE TABLE ndjson AS SELECT ${timed.join()}
      FROM read_json(${all("ndjson", "json.gz")}, format = 'newline_delimited', columns = {${typed()}});
    CREATE TABLE csv AS SELECT ${timed.join()} FROM read_csv(${all("csv", "csv.gz")}, ${csv}, columns = {${typed()}});
    CREATE TABLE parquet AS FROM read_parquet(${all("parquet", "parquet")})`);
}, 240_000);

afterAll(() => duck.closeSync());

describe.each(FORMATS)("as %s", (format) => {
  test("each file has the rows that it says, all but the last of them full", async () => {
    const files = views.get(format)?.files.map((file) => file.rows);
    expect(files).toEqual([FILE_ROWS, FILE_ROWS, EVENTS - 2 * FILE_ROWS]);
    expect(await rows(`SELECT count(*)::INTEGER AS n FROM ${format}`)).toEqual([{ n: EVENTS }]);
  });

  test("DuckDB finds the rows of the NDJSON, none lost and none added", async () => {
    // JSON is compared as its text: every format has the keys in the same order.
    const of = (table: string) => `SELECT * REPLACE (items::VARCHAR AS items, skus::VARCHAR AS skus) FROM ${table}`;
    const count = (a: string, b: string) => `(SELECT count(*)::INTEGER FROM (${of(a)} EXCEPT ALL ${of(b)}))`;
    const [found] = await rows(`SELECT ${count("ndjson", format)} AS lost, ${count(format, "ndjson")} AS added`);
    expect(found).toEqual({ lost: 0, added: 0 });
  });

  test("nulls and empty texts are apart, and as many as were sent", async () => {
    const page = quoted('say "page", größe');
    const sent = [...events()].map((event) => (event["properties"] as Record<string, unknown>)["page"]);
    expect(
      await rows(`SELECT count(*) FILTER (${page} IS NULL)::INTEGER AS nulls,
        count(*) FILTER (${page} = '')::INTEGER AS empty FROM ${format}`),
    ).toEqual([
      { nulls: sent.filter((text) => text === null).length, empty: sent.filter((text) => text === "").length },
    ]);
  });
});

test("Parquet has the types of the definitions, by itself", async () => {
  const described = await rows("SELECT column_name, column_type FROM (DESCRIBE parquet)");
  expect(Object.fromEntries(described.map((row) => [row["column_name"], row["column_type"]]))).toEqual(COLUMNS);
});

test("a CSV reader that guesses finds the same columns and rows", async () => {
  const files = join(stack.file("csv"), "*.csv.gz");
  const [found] = await rows(`SELECT count(*)::INTEGER AS n, sum(amount) AS amount FROM read_csv('${files}')`);
  const [sum] = await rows("SELECT sum(amount) AS amount FROM ndjson");
  expect(found?.["n"]).toBe(EVENTS);
  expect(found?.["amount"]).toBeCloseTo(Number(sum?.["amount"]), 3);
});
