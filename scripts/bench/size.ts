/** Everything about one number of events: loads them, exports them with both engines and layouts, and as a user would. */

import { join } from "node:path";
import { Client } from "../client.ts";
import { eventsDatabase, runBaseline } from "./baseline.ts";
import { type Latency, latencyOf, type Latencies, measureLatency } from "./latency.ts";
import { type Load, loadShop } from "./load.ts";
import { type Layout, type Lines, linesOfExport, measureExport, request, type Run } from "./measure.ts";
import { type Engine, type Service, untilCompleted, withService } from "./service.ts";

const LAYOUTS: readonly Layout[] = ["single", "files"];
const WARM_UP_ROWS = 20_000;

/** One column of the table. */
export interface Variant {
  engine: Engine | "baseline";
  layout: Layout;
  runs: Run[];
  /** The run whose wall time is in the middle. */
  median: Run;
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
  /** Empty, and this size's own. */
  directory: string;
  /** Is there a sqlite3 to compare with? */
  baseline: boolean;
  say: (what: string) => void;
}

interface Shop extends SizeOptions {
  persistTo: string;
  space: { id: string; api_key: string };
}

/** @throws when an export fails, or two variants give different lines. */
export async function measureSize(options: SizeOptions): Promise<SizeResult> {
  const persistTo = join(options.directory, "state");
  const { space, load } = await withService(persistTo, "fflate", (service) =>
    loadShop(service, options.rows, options.say),
  );
  const shop: Shop = { ...options, persistTo, space };
  // A process of its own for each engine, that has not loaded anything: its memory is that of exports alone.
  const fflate = await withService(persistTo, "fflate", async (service) => ({
    ...(await measureEngine(shop, service, "fflate")),
    baseline: options.baseline ? [await measureBaseline(shop, service)] : [],
  }));
  const native = await withService(persistTo, "native", (service) => measureEngine(shop, service, "native"));
  const variants = [...fflate.variants, ...native.variants, ...fflate.baseline];
  const digests = new Set(variants.map((variant) => variant.lines.sha256));
  if (digests.size !== 1)
    throw new Error(
      `the lines differ: ${variants.map(({ engine, layout, lines }) => `${engine} ${layout} ${lines.sha256}`).join(", ")}`,
    );
  return { rows: options.rows, load, variants, busy_polls: { fflate: fflate.polls, native: native.polls } };
}

/** On a service of its own, small and new. */
export function measureLatencies(directory: string): Promise<Latencies> {
  return withService(join(directory, "state"), "fflate", measureLatency);
}

async function measureEngine(shop: Shop, service: Service, engine: Engine) {
  const client = new Client(service.origin, shop.space.api_key);
  const { id } = await client.createExport(request("single", Math.min(1, WARM_UP_ROWS / shop.rows)));
  await untilCompleted(client, id);
  const variants: Variant[] = [];
  const pollsMs: number[] = [];
  for (const layout of LAYOUTS) {
    const measured = [];
    for (let n = 1; n <= shop.runs; n += 1) {
      shop.say(`${shop.rows} events, ${engine}, ${layout}: ${n} of ${shop.runs}`);
      measured.push(await measureExport(service, client, layout, shop.rows));
    }
    pollsMs.push(...measured.flatMap((each) => each.pollsMs));
    // The first one's: later runs have to give the same objects.
    const [first] = measured;
    if (first === undefined) throw new Error("nothing was measured");
    const lines = await linesOfExport(first.view, join(shop.directory, "download.gz"));
    const objects = measured.map(({ view }) => view.files.map((file) => file.sha256).join());
    if (new Set(objects).size !== 1) throw new Error(`${engine} ${layout}: not the same bytes each time`);
    const runs = measured.map(({ run }) => run);
    variants.push({ engine, layout, runs, median: medianOf(runs), lines });
  }
  return { variants, polls: latencyOf(pollsMs) };
}

async function measureBaseline(shop: Shop, service: Service): Promise<Variant> {
  const database = eventsDatabase(shop.persistTo);
  const made = [];
  for (let n = 1; n <= shop.runs; n += 1) {
    shop.say(`${shop.rows} events, sqlite3 | gzip -6 and a PUT: ${n} of ${shop.runs}`);
    made.push(
      await runBaseline({
        service,
        database,
        spaceId: shop.space.id,
        scratch: join(shop.directory, "baseline.gz"),
        key: `bench/${n}.gz`,
      }),
    );
  }
  const [first] = made;
  if (first === undefined || made.some(({ lines }) => lines.sha256 !== first.lines.sha256))
    throw new Error("sqlite3 did not give the same lines each time");
  const runs = made.map(({ run }) => run);
  return { engine: "baseline", layout: "single", runs, median: medianOf(runs), lines: first.lines };
}

function medianOf(runs: readonly Run[]): Run {
  const sorted = runs.toSorted((a, b) => a.wall_ms - b.wall_ms);
  const median = sorted[Math.floor(sorted.length / 2)];
  if (median === undefined) throw new Error("nothing was measured");
  return median;
}
