/**
 * Everything about one number of events: loads them, exports them with both engines and layouts, and as a user would.
 */

import { join } from "node:path";
import { Client } from "../client.ts";
import { eventsDatabase, runBaseline } from "./baseline.ts";
import { type Latency, latencyOf, type Latencies, measureLatency } from "./latency.ts";
import { type Load, loadShop } from "./load.ts";
import { type Layout, type Lines, linesOfExport, measureExport, request, type Run } from "./measure.ts";
import { type Engine, type Service, untilCompleted, withService } from "./service.ts";

const LAYOUTS: readonly Layout[] = ["single", "files"];
const ENGINES: readonly Engine[] = ["fflate", "native"];
/** Rows that a new process exports before it is measured: of every size the same, so that peaks of memory compare. */
const WARM_UP_ROWS = 500_000;
const MAX_WARM_UPS = 10;

/** One column of the table. */
export interface Variant {
  engine: Engine | "baseline";
  layout: Layout;
  runs: Run[];
  /** The run whose wall time is in the middle. */
  median: Run;
  /** Of the first run, because all first runs follow the same work. */
  peak_bytes: number | null;
  lines: Lines;
}

export interface SizeResult {
  rows: number;
  load: Load;
  variants: Variant[];
  /** Polls while an export is written. */
  busy_polls: Record<Engine, Latency>;
}

export interface SizeOptions {
  rows: number;
  /** Of each variant. */
  runs: number;
  /** An empty directory for this size. */
  directory: string;
  /** Whether sqlite3 is installed, to compare with. */
  baseline: boolean;
  report: (what: string) => void;
}

interface Shop extends SizeOptions {
  persistTo: string;
  space: { id: string; api_key: string };
}

/** @throws when an export fails, or two variants have different lines. */
export async function measureSize(options: SizeOptions): Promise<SizeResult> {
  const persistTo = join(options.directory, "state");
  const { space, load } = await withService(persistTo, "fflate", (service) =>
    loadShop(service, options.rows, options.report),
  );
  const shop: Shop = { ...options, persistTo, space };
  const variants: Variant[] = [];
  const pollsMs: Record<Engine, number[]> = { fflate: [], native: [] };
  // A separate process for each variant, so that its memory does not include earlier work.
  for (const engine of ENGINES)
    for (const layout of LAYOUTS)
      await withService(persistTo, engine, async (service) => {
        variants.push(await measureVariant(shop, service, engine, layout, pollsMs[engine]));
      });
  if (options.baseline)
    variants.push(await withService(persistTo, "fflate", (service) => measureBaseline(shop, service)));
  const digests = new Set(variants.map((variant) => variant.lines.sha256));
  if (digests.size !== 1) {
    const all = variants.map(({ engine, layout, lines }) => `${engine} ${layout} ${lines.sha256}`);
    throw new Error(`The lines of the variants differ: ${all.join(", ")}`);
  }
  const busy = { fflate: latencyOf(pollsMs.fflate), native: latencyOf(pollsMs.native) };
  return { rows: options.rows, load, variants, busy_polls: busy };
}

/** On a service of its own, small and new. */
export function measureLatencies(directory: string): Promise<Latencies> {
  return withService(join(directory, "state"), "fflate", measureLatency);
}

async function measureVariant(
  shop: Shop,
  service: Service,
  engine: Engine,
  layout: Layout,
  pollsMs: number[],
): Promise<Variant> {
  const client = new Client(service.origin, shop.space.api_key);
  await warmUp(client, layout, shop.rows);
  const measured = [];
  for (let n = 1; n <= shop.runs; n += 1) {
    shop.report(`${shop.rows} events, ${engine}, ${layout}: ${n} of ${shop.runs}`);
    measured.push(await measureExport(service, client, request(layout), shop.rows));
  }
  const [first] = measured;
  if (first === undefined) throw new Error("No run was measured.");
  const objects = measured.map(({ view }) => view.files.map((file) => file.sha256).join());
  if (new Set(objects).size !== 1) throw new Error(`${engine} ${layout}: the bytes differ between runs.`);
  pollsMs.push(...measured.flatMap((each) => each.pollsMs));
  const runs = measured.map(({ run }) => run);
  const lines = await linesOfExport(first.view, join(shop.directory, "download.gz"));
  return { engine, layout, runs, median: medianOf(runs), peak_bytes: first.run.peak_bytes, lines };
}

async function warmUp(client: Client, layout: Layout, rows: number): Promise<void> {
  const share = Math.min(1, WARM_UP_ROWS / rows);
  const times = Math.min(MAX_WARM_UPS, Math.ceil(WARM_UP_ROWS / rows));
  for (let n = 1; n <= times; n += 1) {
    const { id } = await client.createExport(request(layout, share));
    await untilCompleted(client, id);
  }
}

async function measureBaseline(shop: Shop, service: Service): Promise<Variant> {
  const database = eventsDatabase(shop.persistTo);
  const measured = [];
  for (let n = 1; n <= shop.runs; n += 1) {
    shop.report(`${shop.rows} events, sqlite3 | gzip -6 and a PUT: ${n} of ${shop.runs}`);
    measured.push(
      await runBaseline({
        service,
        database,
        spaceId: shop.space.id,
        scratch: join(shop.directory, "baseline.gz"),
        key: `bench/${n}.gz`,
      }),
    );
  }
  const [first] = measured;
  if (first === undefined || measured.some(({ lines }) => lines.sha256 !== first.lines.sha256))
    throw new Error("sqlite3 did not write the same lines in each run.");
  const runs = measured.map(({ run }) => run);
  return { engine: "baseline", layout: "single", runs, median: medianOf(runs), peak_bytes: null, lines: first.lines };
}

function medianOf(runs: readonly Run[]): Run {
  const sorted = runs.toSorted((a, b) => a.wall_ms - b.wall_ms);
  const median = sorted[Math.floor(sorted.length / 2)];
  if (median === undefined) throw new Error("No run was measured.");
  return median;
}
