/** The figures as tables: a column per variant, with ratios to the baseline. */

import type { Latencies } from "./latency.ts";
import type { Machine } from "./machine.ts";
import { MEASURED } from "./processes.ts";
import type { SizeResult, Variant } from "./size.ts";
import type { Target } from "./targets.ts";

const LABEL_WIDTH = 34;
const COLUMN_WIDTH = 17;
const NOT_MEASURED = "–";

type Show = (variant: Variant) => string;

export function showMachine(machine: Machine): string {
  const { cpu, cores, memory_bytes, system, load, versions } = machine;
  const versionList = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const lines = [
    `${cores} cores of ${cpu}, ${(memory_bytes / 2 ** 30).toFixed(0)} GiB, ${system}, load ${load.toFixed(2)} before`,
    versionList.join(", "),
  ];
  if (!MEASURED) lines.push("CPU time and memory are not measured: only Linux has /proc.");
  return lines.join("\n");
}

/** How the tables are to be read. */
export function showReading(runs: number): string {
  return [
    `Of ${runs} runs the one with the middle wall time is shown; the peak of memory is the first run's, after the same work`,
    "whatever the size. Wall: from sending the POST to the answer of the poll that says completed (a poll every 2.5 % of the",
    "time so far, 50 to 250 ms); of (c): from starting sqlite3 to the answer to the PUT. CPU: of workerd, with its D1, queue",
    "and S3 endpoint; of (c): of sqlite3, gzip and the PUT, without the endpoint.",
  ].join("\n");
}

export function showSize(size: SizeResult): string {
  const { rows, load, variants } = size;
  const baseline = variants.find((variant) => variant.engine === "baseline");
  const lineBytes = (variants[0]?.lines.bytes ?? 0) / rows;
  const ratio = (of: (variant: Variant) => number | null): Show => {
    const to = baseline === undefined ? null : of(baseline);
    return (variant) => {
      const value = of(variant);
      return value === null || to === null ? NOT_MEASURED : `${(value / to).toFixed(2)} ×`;
    };
  };
  const count = (of: (variant: Variant) => number | undefined): Show => {
    return (variant) => of(variant)?.toLocaleString("en") ?? NOT_MEASURED;
  };
  const table: [label: string, show: Show][] = [
    ["", ({ engine }) => ({ fflate: "(a) fflate", native: "(b) native", baseline: "(c) sqlite3" })[engine]],
    ["", ({ engine, layout }) => (engine === "baseline" ? "gzip -6, PUT" : layout)],
    ["wall, s", ({ median }) => seconds(median.wall_ms)],
    ["  to (c)", ratio(({ median }) => median.wall_ms)],
    ["  all runs", ({ runs }) => runs.map((run) => (run.wall_ms / 1000).toFixed(1)).join(" ")],
    ["  created_at → completed_at, s", ({ median }) => seconds(median.service_ms)],
    ["rows/s", count((variant) => Math.round(rowsPerSecond(variant, rows)))],
    ["CPU, s", ({ median }) => seconds(median.cpu_ms)],
    ["  to (c)", ratio(({ median }) => median.cpu_ms)],
    ["peak memory of workerd, MB", ({ peak_bytes }) => megabytes(peak_bytes)],
    ["compression ratio", ({ median }) => (median.uncompressed_bytes / median.bytes).toFixed(2)],
    ["D1 rows read per row", (variant) => rowsRead(variant, rows)?.toFixed(3) ?? NOT_MEASURED],
    ["D1 statements of the queue's work", count(({ median }) => median.work?.d1_statements)],
    ["queue messages", count(({ median }) => median.work?.messages)],
  ];
  const title = `${rows.toLocaleString("en")} events, ${lineBytes.toFixed(0)} bytes per line: loaded in ${load.seconds.toFixed(1)} s, ${Math.round(load.events_per_second).toLocaleString("en")} per second (${load.calls} calls, ${load.at_once} in parallel)`;
  const body = table.map(
    ([label, show]) => label.padEnd(LABEL_WIDTH) + variants.map((each) => show(each).padStart(COLUMN_WIDTH)).join(""),
  );
  const same = `The lines of ${baseline === undefined ? "(a) and (b)" : "(a), (b) and (c)"} are the same bytes, SHA-256 ${variants[0]?.lines.sha256.slice(0, 16)}…`;
  return [title, "", ...body, "", same].join("\n");
}

export function showLatencies(latencies: Latencies, sizes: readonly SizeResult[]): string {
  const rows = Object.entries({
    "GET /healthz": latencies.healthz,
    "POST /v1/exports": latencies.create,
    "GET /v1/exports/{id}": latencies.poll,
    ...Object.fromEntries(
      sizes.flatMap(({ rows, busy_polls }) => [
        [`  while fflate writes ${rows.toLocaleString("en")} rows`, busy_polls.fflate],
        [`  while native writes ${rows.toLocaleString("en")} rows`, busy_polls.native],
      ]),
    ),
  });
  const head = `${"latency, ms".padEnd(LABEL_WIDTH)}${["p50", "p99", "calls"].map((name) => name.padStart(COLUMN_WIDTH)).join("")}`;
  const body = rows.map(
    ([label, { p50_ms, p99_ms, calls }]) =>
      label.padEnd(LABEL_WIDTH) +
      [p50_ms.toFixed(1), p99_ms.toFixed(1), String(calls)].map((text) => text.padStart(COLUMN_WIDTH)).join(""),
  );
  return [head, ...body].join("\n");
}

export function showTargets(targets: readonly Target[]): string {
  return targets.map(({ met, what, found }) => `${met ? "met   " : "MISSED"}  ${what}: ${found}`).join("\n");
}

export function rowsPerSecond({ median }: Variant, rows: number): number {
  return rows / (median.wall_ms / 1000);
}

export function rowsRead({ median }: Variant, rows: number): number | null {
  return median.work === null ? null : median.work.d1_rows_read / rows;
}

const seconds = (ms: number | null) => (ms === null ? NOT_MEASURED : (ms / 1000).toFixed(2));
const megabytes = (bytes: number | null) => (bytes === null ? NOT_MEASURED : (bytes / 1e6).toFixed(0));
