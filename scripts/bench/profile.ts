/**
 * Where the CPU time of an export goes: the Worker's own by stage, from samples of its isolate, and what is left of all
 * of workerd: the simulators (D1 with SQLite, the queue, wrangler's proxy), the kernel and the runtime.
 */

import { join } from "node:path";
import { Spillway } from "../../client/src/index.ts";
import { freePort } from "../stack.ts";
import type { Endpoint } from "./bucket.ts";
import { type Column, COLUMNS } from "./columns.ts";
import { profiled, type SelfTime } from "./inspector.ts";
import { loadShop } from "./load.ts";
import { request } from "./measure.ts";
import { untilCompleted, withService } from "./service.ts";

const CODECS = "the runtime's codecs, reading back";

/** The first whose path is at the start of a sample's file. What V8 has inlined counts as its caller's. */
const STAGES: readonly (readonly [stage: string, paths: readonly string[]])[] = [
  ["fflate", ["node_modules/fflate/"]],
  [CODECS, ["src/export/output/compression/"]],
  ["columns: CSV, Parquet, redaction", ["src/export/output/encode/", "node_modules/hyparquet-writer/"]],
  ["blocks, parts, hashes", ["src/export/output/"]],
  ["D1's answers", ["cloudflare-internal:d1", "src/db/core/"]],
  ["pages out of them", ["src/db/events/"]],
  ["lines out of pages", ["src/datasets/", "src/ingest/", "src/time/"]],
  ["signing and sending", ["src/outbound/", "node_modules/aws4fetch/"]],
];
/** The runtime's deflate and inflate, with all calls of them. */
const ZLIB = "zlibSync";
const GARBAGE = "(garbage collector)";
const WARM_UPS = 3;
const TOP_FUNCTIONS = 12;

interface ColumnProfile {
  column: Column;
  /** Of all runs. */
  times: SelfTime[];
  /** Of workerd, of all runs. */
  cpuMs: number | null;
}

export interface ProfileResult {
  rows: number;
  runs: number;
  columns: ColumnProfile[];
}

/** @throws when an export fails. */
export async function measureProfile(options: {
  rows: number;
  runs: number;
  directory: string;
  bucket: Endpoint;
  report: (what: string) => void;
}): Promise<ProfileResult> {
  const { rows, runs, directory, bucket, report } = options;
  const persistTo = join(directory, "state");
  const { space } = await withService({ persistTo, engine: "fflate", bucket }, (service) =>
    loadShop(service, rows, report),
  );
  const columns: ColumnProfile[] = [];
  for (const column of COLUMNS) {
    const port = await freePort();
    const started = { persistTo, engine: column.engine, bucket, migrated: true };
    const profile = await withService({ ...started, args: ["--inspector-port", String(port)] }, async (service) => {
      const client = new Spillway({ origin: service.origin, key: space.api_key });
      const exportAll = async (times: number) => {
        for (let n = 0; n < times; n += 1) {
          report(`${column.title.join(" ")}: ${n + 1} of ${times}`);
          const asked = request({ layout: column.layout, ...column.request });
          await untilCompleted(client, (await client.exports.create(asked)).id);
        }
      };
      await exportAll(WARM_UPS);
      const before = service.workerd.cpuMs();
      const times = await profiled(port, () => exportAll(runs));
      const after = service.workerd.cpuMs();
      return { column, times, cpuMs: before === null || after === null ? null : after - before };
    });
    columns.push(profile);
  }
  return { rows, runs, columns };
}

const stageOf = ({ name, file }: SelfTime): string => {
  if (name === GARBAGE) return "garbage collection";
  if (name === ZLIB) return CODECS;
  const found = STAGES.find(([, paths]) => paths.some((path) => file?.startsWith(path) === true));
  return found?.[0] ?? "steps, ledger, log";
};

const sum = (times: readonly SelfTime[]) => times.reduce((total, { ms }) => total + ms, 0);

export function showProfile({ rows, runs, columns }: ProfileResult): string {
  const perRow = (ms: number) => ((ms * 1000) / rows / runs).toFixed(2);
  const stages = [...STAGES.map(([stage]) => stage), "steps, ledger, log", "garbage collection"];
  const line = (label: string, cells: readonly string[]) =>
    label.padEnd(38) + cells.map((cell) => cell.padStart(16)).join("");
  const each = (cell: (profile: ColumnProfile) => string) => columns.map(cell);
  return [
    `CPU time by stage, µs a row, of ${rows.toLocaleString("en")} rows (${runs} runs)`,
    "",
    line(
      "",
      each(({ column }) => column.title[0]),
    ),
    line(
      "",
      each(({ column }) => column.title[1]),
    ),
    ...stages.map((stage) =>
      line(
        stage,
        each(({ times }) => perRow(sum(times.filter((time) => stageOf(time) === stage)))),
      ),
    ),
    line(
      "the Worker",
      each(({ times }) => perRow(sum(times))),
    ),
    line(
      "simulators, kernel, runtime",
      each(({ times, cpuMs }) => (cpuMs === null ? "–" : perRow(cpuMs - sum(times)))),
    ),
    line(
      "all of workerd",
      each(({ cpuMs }) => (cpuMs === null ? "–" : perRow(cpuMs))),
    ),
    ...columns.flatMap(({ column, times }) => [
      "",
      `The functions of ${column.title.join(", ")} with the most own time`,
      ...topFunctions(times).map(
        ({ name, file, ms }) => `${perRow(ms).padStart(7)}  ${name || "(anonymous)"}  ${file ?? ""}`,
      ),
    ]),
  ].join("\n");
}

function topFunctions(times: readonly SelfTime[]): SelfTime[] {
  const byName = new Map<string, SelfTime>();
  for (const time of times) {
    const key = `${time.name} ${time.file}`;
    byName.set(key, { ...time, ms: time.ms + (byName.get(key)?.ms ?? 0) });
  }
  return [...byName.values()].toSorted((a, b) => b.ms - a.ms).slice(0, TOP_FUNCTIONS);
}
