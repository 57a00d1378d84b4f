/**
 * A week of real flights through the whole service: what comes out is compared with the source row by row, by digest
 * here and by DuckDB, which reads both by itself.
 */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { beforeAll, describe, expect, test } from "vitest";
import type { CompletedExport, Spillway } from "../../client/src/index.ts";
import { flatRows, createFlightSpace, nestedRows, sendFlights } from "../../scripts/flight-space.ts";
import { type Flight, readFlights, SOURCE_FILE, WEEK } from "../../scripts/flights.ts";
import {
  differences,
  digestOf,
  type Manifest,
  manifestOf,
  receive,
  type Received,
  rowsOf,
} from "../../scripts/proof.ts";
import { type EventsRequest, liveStack, run } from "./support.ts";

/** What DuckDB counts in the source. */
const FLIGHTS = 113_493;
const LAYOUTS = ["single", "files"] as const;

/** An export with all that was fetched of it. */
interface Delivered {
  view: CompletedExport;
  manifest: Manifest;
  files: Received[];
}

const stack = liveStack();
let flights: Flight[] = [];
let client: Spillway;
const delivered = new Map<string, Delivered>();

async function deliver(name: string, request: Partial<EventsRequest>): Promise<void> {
  const folder = stack.file(name);
  await mkdir(folder);
  const view = await client.exports.create({ dataset: "activity_events", ...WEEK, ...request }).wait();
  delivered.set(name, {
    view,
    manifest: await manifestOf(client, view.id),
    files: await receive(client, view.id, folder),
  });
}

function deliveryOf(name: string): Delivered {
  const found = delivered.get(name);
  if (found === undefined) throw new Error(`${name} was not delivered`);
  return found;
}

beforeAll(async () => {
  flights = await readFlights();
  ({ client } = await createFlightSpace(stack.origin, flights));
  await sendFlights(client, flights);
  for (const layout of LAYOUTS) await deliver(layout, { layout, row_format: "nested" });
  await deliver("flat", { row_format: "flat" });
});

describe.each(LAYOUTS)("a week of real flights in layout %s", (layout) => {
  test("has the rows of the source, row for row, and in its order", async () => {
    expect(await digestOf(rowsOf(deliveryOf(layout).files))).toEqual(await digestOf(nestedRows(flights)));
  });

  test("has no row more and no row less than DuckDB finds in the source", async () => {
    expect(await compareWithSource(stack.file(layout))).toEqual({ source: FLIGHTS, lost: 0, added: 0 });
  });

  test("is what its manifest says, to the byte", () => {
    const { manifest, files } = deliveryOf(layout);
    expect(manifest.totals.rows).toBe(FLIGHTS);
    expect(differences(manifest, files)).toEqual([]);
  });

  test("is gzip to gzip itself", async () => {
    const paths = deliveryOf(layout).files.map((file) => file.path);
    expect(paths).not.toEqual([]);
    expect(await run("gzip", "-t", ...paths)).toMatchObject({ code: 0, stderr: "" });
  });
});

test("as a single file it is one, and in files each but the last is full", () => {
  const rows = (layout: string) => deliveryOf(layout).view.files.map((file) => file.rows);
  expect([rows("single"), rows("files")]).toEqual([[FLIGHTS], [50_000, 50_000, 13_493]]);
});

test("flat rows have every flight too, under the id it was sent with", async () => {
  const received = digestOf(withoutReceipt(rowsOf(deliveryOf("flat").files)));
  expect(await received).toEqual(await digestOf(flatRows(flights)));
});

test("sent again, every flight is a duplicate", async () => {
  expect(await sendFlights(client, flights)).toEqual({ accepted: 0, duplicates: FLIGHTS });
});

/** When the service received an event is the service's to say. */
async function* withoutReceipt(rows: AsyncIterable<Record<string, unknown>>) {
  for await (const { occuredTime, ...row } of rows) {
    expect(occuredTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
    yield row;
  }
}

/** Rows that only one side has, each counted as often as it is there too often. @param folder an export's files. */
async function compareWithSource(folder: string): Promise<Record<string, number>> {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  await connection.run(`
    CREATE TABLE source AS
      SELECT date, origin, destination, delay, distance FROM '${SOURCE_FILE}'
      WHERE date >= '2001-01-01' AND date < '2001-01-08';
    CREATE TABLE exported AS
      SELECT "timestamp" AS date, properties.origin, properties.destination, properties.delay, properties.distance
      FROM read_json('${join(folder, "*.json.gz")}', format = 'newline_delimited', columns = {
        "timestamp": 'TIMESTAMP',
        properties: 'STRUCT(origin VARCHAR, destination VARCHAR, delay BIGINT, distance BIGINT)'
      })`);
  const counts = await connection.runAndReadAll(`
    SELECT (SELECT count(*) FROM source)::INTEGER AS source,
      (SELECT count(*) FROM (FROM source EXCEPT ALL FROM exported))::INTEGER AS lost,
      (SELECT count(*) FROM (FROM exported EXCEPT ALL FROM source))::INTEGER AS added`);
  connection.closeSync();
  return counts.getRowObjects()[0] as Record<string, number>;
}
