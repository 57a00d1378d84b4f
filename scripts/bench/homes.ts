/**
 * The same events in a D1 database and in an object of the space's own: ingest and export, in turns and in one process,
 * so that what else the machine does meets both. The result is a ratio, the median of the turns.
 */

import type { NewEvent, Spillway } from "../../client/src/index.ts";
import { createSpace } from "../spaces.ts";
import type { Endpoint } from "./bucket.ts";
import { prepareShop, shopEvents } from "./events.ts";
import { EVENTS_PER_CALL } from "./load.ts";
import { measureExport, request } from "./measure.ts";
import { type Service, withService } from "./service.ts";

const HOMES = ["d1:SPACE_DB", "object"] as const;
type Home = (typeof HOMES)[number];
/** Turns of ingest, each of which sends a tenth of the events to both. */
const TURNS = 10;
const CALLS_AT_ONCE = 2;
/** Nested rows say nothing of when an event was received: the files of both homes are the same bytes. */
const ASKED = { layout: "files", row_format: "nested" } as const;

/** What one turn took on one home. */
interface Cost {
  wall_ms: number;
  /** Of workerd; null where it cannot be known. */
  cpu_ms: number | null;
}

/** A turn on both homes. */
type Turn = Record<Home, Cost>;

export interface HomesResult {
  rows: number;
  ingest: Turn[];
  exports: Turn[];
}

/** @throws when an export fails, or the files of the two homes differ. */
export async function measureHomes(options: {
  rows: number;
  /** Exports of each home. */
  runs: number;
  persistTo: string;
  bucket: Endpoint;
  report: (what: string) => void;
}): Promise<HomesResult> {
  const { rows, runs, persistTo, bucket, report } = options;
  return withService({ persistTo, engine: "native", bucket }, async (service) => {
    const [d1, object] = [await shopIn("d1:SPACE_DB", service, rows), await shopIn("object", service, rows)];
    const ingest: Turn[] = [];
    for (let n = 0; n < TURNS; n += 1) {
      report(`loading both homes: ${n} of ${TURNS} tenths`);
      const upTo = Math.floor((rows * (n + 1)) / TURNS) - Math.floor((rows * n) / TURNS);
      ingest.push(await inTurns(n, (home) => send(service, home === "object" ? object : d1, upTo)));
    }
    const exports: Turn[] = [];
    const digests = new Set<string>();
    for (let n = -1; n < runs; n += 1) {
      report(n < 0 ? "warming up" : `exporting from both homes: ${n + 1} of ${runs}`);
      const turn = await inTurns(n + 1, async (home) => {
        const { client } = home === "object" ? object : d1;
        const { run, view } = await measureExport(service, client, request(ASKED), rows);
        digests.add(view.files.map(({ sha256 }) => sha256).join());
        return run;
      });
      if (n >= 0) exports.push(turn);
    }
    if (digests.size !== 1) throw new Error("The files of the two homes are not the same bytes.");
    return { rows, ingest, exports };
  });
}

interface Shop {
  client: Spillway;
  /** The events that were not sent yet. */
  events: Iterator<NewEvent>;
}

async function shopIn(home: Home, { origin }: Service, rows: number): Promise<Shop> {
  const { client } = await createSpace(origin, { name: home, timezone: "UTC", retention_days: 36_500, home });
  await prepareShop(client, rows);
  return { client, events: shopEvents(rows) };
}

/** Each turn begins with the other home. */
async function inTurns(n: number, work: (home: Home) => Promise<Cost>): Promise<Turn> {
  const turn: Partial<Turn> = {};
  for (const home of n % 2 === 0 ? HOMES : HOMES.toReversed()) turn[home] = await work(home);
  const { "d1:SPACE_DB": d1, object } = turn;
  if (d1 === undefined || object === undefined) throw new Error("A home was left out.");
  return { "d1:SPACE_DB": d1, object };
}

/** @throws when the space had some of the events already. */
async function send({ workerd }: Service, { client, events }: Shop, count: number): Promise<Cost> {
  const cpuBefore = workerd.cpuMs();
  const begin = performance.now();
  const { accepted } = await client.events.send(next(events, count), {
    batch: EVENTS_PER_CALL,
    concurrency: CALLS_AT_ONCE,
  });
  if (accepted !== count) throw new Error(`${accepted} events were accepted instead of ${count}.`);
  const cpuAfter = workerd.cpuMs();
  return {
    wall_ms: performance.now() - begin,
    cpu_ms: cpuBefore === null || cpuAfter === null ? null : cpuAfter - cpuBefore,
  };
}

function* next(events: Iterator<NewEvent>, count: number): Generator<NewEvent> {
  for (let n = 0; n < count; n += 1) {
    const { value, done } = events.next();
    if (done === true) return;
    yield value;
  }
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

export function showHomes({ rows, ingest, exports }: HomesResult): string {
  const table = [
    ["", "D1, s", "object, s", "object to D1", "least … most"],
    lineOf("ingest, CPU", ingest, ({ cpu_ms }) => cpu_ms, ingest.length),
    lineOf("ingest, wall", ingest, ({ wall_ms }) => wall_ms, ingest.length),
    lineOf("one export, CPU", exports, ({ cpu_ms }) => cpu_ms, 1),
    lineOf("one export, wall", exports, ({ wall_ms }) => wall_ms, 1),
  ];
  return [
    `${rows.toLocaleString("en")} events in each home, sent and exported in turns (${ingest.length} and ${exports.length})`,
    "",
    ...table.map((cells) => cells.map((cell, n) => (n === 0 ? cell.padEnd(20) : cell.padStart(16))).join("")),
    "",
    "Seconds: the median turn, times the turns of ingest. The ratio is the median of each turn's own.",
    "The files of both homes are the same bytes.",
  ].join("\n");
}

/** @param times turns that make the whole. */
function lineOf(name: string, turns: readonly Turn[], of: (cost: Cost) => number | null, times: number): string[] {
  const d1 = turns.map((turn) => of(turn["d1:SPACE_DB"]) ?? Number.NaN);
  const object = turns.map((turn) => of(turn.object) ?? Number.NaN);
  const ratios = object.map((value, n) => value / (d1[n] ?? Number.NaN));
  const seconds = (values: readonly number[]) => ((median(values) * times) / 1_000).toFixed(2);
  const ratio = (value: number) => `${value.toFixed(2)} ×`;
  return [
    name,
    seconds(d1),
    seconds(object),
    ratio(median(ratios)),
    `${Math.min(...ratios).toFixed(2)} … ${Math.max(...ratios).toFixed(2)}`,
  ];
}
