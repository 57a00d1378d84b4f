/** Everything about one number of events: loads them, exports them in each column, and as a user would. */

import { join } from "node:path";
import { Spillway } from "../../client/src/index.ts";
import { eventsDatabase, runBaseline } from "./baseline.ts";
import type { Endpoint } from "./bucket.ts";
import { type Column, COLUMNS } from "./columns.ts";
import { liveBytes } from "./inspector.ts";
import { type IngestResult, measureIngestBaseline } from "./ingest.ts";
import { type Latency, latencyOf } from "./latency.ts";
import { loadShop } from "./load.ts";
import {
  type EventsRequest,
  type Lines,
  linesOfExport,
  measureExport,
  medianOf,
  request,
  type Run,
} from "./measure.ts";
import { freePort } from "../stack.ts";
import { type Service, untilCompleted, withService } from "./service.ts";

/** Rows that a new process exports before it is measured: of every size the same, so that peaks of memory compare. */
const WARM_UP_ROWS = 500_000;
const MAX_WARM_UPS = 10;

/** The figures of one column. */
export interface Variant {
  /** Null: the baseline. */
  column: Column | null;
  runs: Run[];
  median: Run;
  /** Of the first run, because all first runs follow the same work. */
  peak_bytes: number | null;
  /** What the Worker itself holds after all runs and a garbage collection. */
  live_bytes: number | null;
  /** Null for a format without lines. */
  lines: Lines | null;
  /** Polls while the export is written; null of the baseline. */
  polls: Latency | null;
}

export interface SizeResult {
  rows: number;
  ingest: IngestResult;
  variants: Variant[];
}

export interface SizeOptions {
  rows: number;
  /** Of each column. */
  runs: number;
  /** An empty directory for this size. */
  directory: string;
  bucket: Endpoint;
  /** Whether sqlite3 is installed, to compare with. */
  baseline: boolean;
  report: (what: string) => void;
}

interface Shop extends SizeOptions {
  persistTo: string;
  space: { id: string; api_key: string };
}

/** @throws when an export fails, or two columns have different lines. */
export async function measureSize(options: SizeOptions): Promise<SizeResult> {
  const { rows, runs, directory, bucket, report } = options;
  const persistTo = join(directory, "state");
  const { space, load } = await withService({ persistTo, engine: "fflate", bucket }, (service) =>
    loadShop(service, rows, report),
  );
  const shop: Shop = { ...options, persistTo, space };
  const ingest: IngestResult = { load, baseline: null };
  const variants: Variant[] = [];
  if (options.baseline) {
    report(`${rows} events, sqlite3 inserting them`);
    ingest.baseline = await measureIngestBaseline(eventsDatabase(persistTo), rows, runs, directory);
    variants.push(await measureBaseline(shop));
  }
  // A separate process for each column, so that its memory does not include earlier work.
  for (const column of COLUMNS) {
    const port = await freePort();
    const started = { persistTo, engine: column.engine, bucket, migrated: true };
    variants.push(
      await withService({ ...started, args: ["--inspector-port", String(port)] }, async (service) => ({
        ...(await measureColumn(shop, service, column)),
        live_bytes: await liveBytes(port),
      })),
    );
  }
  checkSameLines(variants);
  return { rows, ingest, variants };
}

function checkSameLines(variants: readonly Variant[]): void {
  const digests = variants.flatMap(({ lines, column }) =>
    lines === null ? [] : [{ name: column?.title.join(" ") ?? "sqlite3", sha256: lines.sha256 }],
  );
  if (new Set(digests.map(({ sha256 }) => sha256)).size > 1)
    throw new Error(
      `The lines of the columns differ: ${digests.map(({ name, sha256 }) => `${name} ${sha256}`).join(", ")}`,
    );
}

async function measureColumn(shop: Shop, service: Service, column: Column): Promise<Omit<Variant, "live_bytes">> {
  const client = new Spillway({ origin: service.origin, key: shop.space.api_key });
  const asked = { layout: column.layout, ...column.request };
  const title = column.title.join(" ");
  await warmUp(client, asked, shop.rows);
  const measured = [];
  for (let n = 1; n <= shop.runs; n += 1) {
    shop.report(`${shop.rows} events, ${title}: ${n} of ${shop.runs}`);
    measured.push(await measureExport(service, client, request(asked), shop.rows));
  }
  const [first] = measured;
  if (first === undefined) throw new Error("No run was measured.");
  const objects = measured.map(({ view }) => view.files.map((file) => file.sha256).join());
  if (new Set(objects).size !== 1) throw new Error(`${title}: the bytes differ between runs.`);
  const runs = measured.map(({ run }) => run);
  return {
    column,
    runs,
    median: medianOf(runs),
    peak_bytes: first.run.peak_bytes,
    lines:
      column.lines === null
        ? null
        : await linesOfExport(client, first.view.id, join(shop.directory, "downloaded"), column.lines),
    polls: latencyOf(measured.flatMap(({ pollsMs }) => pollsMs)),
  };
}

async function warmUp(client: Spillway, asked: Partial<EventsRequest>, rows: number): Promise<void> {
  const share = Math.min(1, WARM_UP_ROWS / rows);
  const times = Math.min(MAX_WARM_UPS, Math.ceil(WARM_UP_ROWS / rows));
  for (let n = 1; n <= times; n += 1) {
    const { id } = await client.exports.create(request(asked, share));
    await untilCompleted(client, id);
  }
}

async function measureBaseline(shop: Shop): Promise<Variant> {
  const database = eventsDatabase(shop.persistTo);
  const measured = [];
  for (let n = 1; n <= shop.runs; n += 1) {
    shop.report(`${shop.rows} events, sqlite3 | gzip -6 and a PUT: ${n} of ${shop.runs}`);
    measured.push(
      await runBaseline({
        bucket: shop.bucket,
        database,
        spaceId: shop.space.id,
        scratch: join(shop.directory, "baseline.gz"),
        key: `bench/${shop.rows}-${n}.gz`,
      }),
    );
  }
  const [first] = measured;
  if (first === undefined || measured.some(({ lines }) => lines.sha256 !== first.lines.sha256))
    throw new Error("sqlite3 did not write the same lines in each run.");
  const runs = measured.map(({ run }) => run);
  return {
    column: null,
    runs,
    median: medianOf(runs),
    peak_bytes: null,
    live_bytes: null,
    lines: first.lines,
    polls: null,
  };
}
