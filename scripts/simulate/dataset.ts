/**
 * The dataset of the simulation, in place of src/datasets/index.ts. It has as many rows as are asked for, and stores
 * none: its queries cost the modelled D1 what those of `activity_events` cost, its rows take the isolate's time, and of
 * a page it yields one line, so that compression takes no real time.
 */

import * as z from "zod";
import { SIMULATED_READ } from "./d1.ts";
import { currentInvocation, notModelled } from "./invocation.ts";

/** The part of src/db/core/database.ts that it uses. */
interface SpaceDatabase {
  all(sql: string, params: readonly number[]): Promise<unknown[]>;
}

interface Key {
  time: number;
  id: string;
}

interface Bounds {
  lower: Key;
  upper: Key;
}

/** Rows of the first page, and of the others: about 450 KB of events of 350 bytes. */
const PAGE_ROWS = { first: 500, later: 1_285 };
/** A row read, encoded and compressed: `npm run bench`. */
const CPU_MS_PER_ROW = 0.017;
/** A stored event. */
const BYTES_PER_ROW = 350;
/** The event as NDJSON, compressed six times. */
const COMPRESSED_BYTES_PER_ROW = 60;
/** Definitions and properties of a space, which a request and its columns are resolved against. */
const DEFINITIONS = 40;
/** Rows of one person in a page, about: each person is looked up once. */
const ROWS_PER_PERSON = 10;

/** @param read rows that the query looks at. @param returned rows in its answer. */
const query = (db: SpaceDatabase, read: number, returned: number) => db.all(SIMULATED_READ, [read, returned]);

/** The record with this number; its id sorts before every other of the same time. */
const keyAt = (number: number): Key => ({ time: number, id: "" });

function sourceOf(db: SpaceDatabase, rows: number) {
  return {
    bounds: { lower: keyAt(0), upper: keyAt(rows) },
    form: {
      contentType: "application/x-ndjson",
      extension: ".json",
      before: "",
      between: "",
      lineEnd: "\n",
      after: "",
    },
    files: {
      cut: "counted",
      stem: (exportId: string) => `${exportId}-events`,
      starts: async () => [0],
    },
    // A page has one line, however many records it stands for.
    rowsVary: true,
    readsFrom: 0,
    window: { start: 0, end: rows },
    emptyMessage: "0 events found for the time period queried.",
    async cut({ lower, upper }: Bounds, max: { records: number; bytes: number }) {
      const left = upper.time - lower.time;
      const records = Math.min(left, max.records, Math.floor(max.bytes / BYTES_PER_ROW));
      await query(db, records + Number(records < left), 1);
      if (!Number.isInteger(records)) notModelled(`cut by ${JSON.stringify(max)}`);
      return { records, next: records < left ? keyAt(lower.time + records) : null };
    },
    async count({ lower, upper }: Bounds) {
      await query(db, upper.time - lower.time, 1);
      return { records: upper.time - lower.time, next: null };
    },
    pages: ({ lower, upper }: Bounds) => pages(db, lower.time, upper.time),
  };
}

async function* pages(db: SpaceDatabase, from: number, to: number) {
  let [at, rows, unpaid]: [number, number, number] = [from, PAGE_ROWS.first, 0];
  for (;;) {
    const read = Math.min(rows, to - at);
    const page = query(db, read, read);
    // The last page is encoded while the query of this one is under way.
    currentInvocation()?.charge(unpaid * CPU_MS_PER_ROW);
    await page;
    if (read === 0) return;
    // External ids of the page's people.
    const people = Math.ceil(read / ROWS_PER_PERSON);
    await query(db, people, people);
    unpaid = read;
    const invocation = currentInvocation();
    if (invocation !== null) invocation.pendingBytes += read * COMPRESSED_BYTES_PER_ROW;
    const key = keyAt(at);
    yield { lines: [`{"from":${at}}`], records: read, keyOf: () => key };
    at += read;
    if (read < rows) {
      currentInvocation()?.charge(unpaid * CPU_MS_PER_ROW);
      return;
    }
    rows = PAGE_ROWS.later;
  }
}

const simulated = {
  name: "simulated_events",
  title: "Rows of the simulation",
  shape: { rows: z.number().int().min(0) },
  example: { rows: 1_000 },
  async freeze({ rows }: { rows: number }, { db }: { db: SpaceDatabase }) {
    await query(db, DEFINITIONS, DEFINITIONS);
    await query(db, 1, 0);
    return { rows };
  },
  tabular: {
    async columns(_query: unknown, { db }: { db: SpaceDatabase }) {
      await query(db, DEFINITIONS, DEFINITIONS);
      await query(db, DEFINITIONS, DEFINITIONS);
      return [{ path: ["from"], type: "number" }];
    },
  },
  open: ({ rows }: { rows: number }, { db }: { db: SpaceDatabase }) => sourceOf(db, rows),
};

export const DATASETS = [simulated];

export const datasetNamed = () => simulated;
