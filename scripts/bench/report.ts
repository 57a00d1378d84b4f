/** The figures as tables: a column per variant, with ratios to the baseline. */

import type { Latencies, Latency } from "./latency.ts";
import type { Machine } from "./machine.ts";
import type { Run } from "./measure.ts";
import { MEASURED } from "./processes.ts";
import type { SizeResult, Variant } from "./size.ts";
import type { Target } from "./targets.ts";

const LABEL_WIDTH = 34;
const COLUMN_WIDTH = 16;
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
/** How the tables are to be read. */
export function showReading(runs: number): string {
  return [
    `Of ${runs} runs the one with the middle CPU time is shown; the peak of memory is the first run's, after the same work`,
    "whatever the size. CPU: of workerd, with its D1 and queue; of sqlite3: of sqlite3, gzip and the PUT. The bucket has",
    "processes of its own, which count in no column. Wall: from sending the POST to the answer of the poll that says",
    "completed (a poll every 2.5 % of the time so far, 50 to 250 ms); of sqlite3: from its start to the answer to the PUT.",
  ].join("\n");
}

export function showSize({ rows, variants }: SizeResult): string {
  const baseline = variants.find(({ column }) => column === null);
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
  const all = (of: (run: Run) => number | null): Show => {
    return ({ runs }) => runs.map((run) => ((of(run) ?? Number.NaN) / 1000).toFixed(1)).join(" ");
  };
  const table: [label: string, show: Show][] = [
    ["", ({ column }) => column?.title[0] ?? "sqlite3"],
    ["", ({ column }) => column?.title[1] ?? "gzip -6, PUT"],
    ["CPU, s", ({ median }) => seconds(median.cpu_ms)],
    ["  to sqlite3", ratio(({ median }) => median.cpu_ms)],
    ["  all runs", all(({ cpu_ms }) => cpu_ms)],
    ["wall, s", ({ median }) => seconds(median.wall_ms)],
    ["  to sqlite3", ratio(({ median }) => median.wall_ms)],
    ["  all runs", all(({ wall_ms }) => wall_ms)],
    ["  created_at → completed_at, s", ({ median }) => seconds(median.service_ms)],
    ["rows/s", count((variant) => Math.round(rowsPerSecond(variant, rows)))],
    ["peak memory of workerd, MB", ({ peak_bytes }) => megabytes(peak_bytes)],
    ["memory that the Worker still holds, MB", ({ live_bytes }) => megabytes(live_bytes)],
    ["bytes a row in the files", ({ median }) => (median.bytes / rows).toFixed(1)],
    ["D1 rows read per row", (variant) => rowsRead(variant, rows)?.toFixed(3) ?? NOT_MEASURED],
    ["D1 statements of the queue's work", count(({ median }) => median.work?.d1_statements)],
    ["queue messages", count(({ median }) => median.work?.messages)],
    ["polls meanwhile, ms (p50)", ({ polls }) => polls?.p50_ms.toFixed(0) ?? NOT_MEASURED],
  ];
  const lines = variants.find((variant) => variant.lines !== null)?.lines ?? null;
  const lineBytes = lines === null ? "" : `, ${(lines.bytes / rows).toFixed(0)} bytes a line`;
  const body = table.map(
    ([label, show]) => label.padEnd(LABEL_WIDTH) + variants.map((each) => show(each).padStart(COLUMN_WIDTH)).join(""),
  );
  return [
    `${rows.toLocaleString("en")} events${lineBytes}`,
    "",
    ...body,
    ...(lines === null
      ? []
      : ["", `The lines of all columns are the same bytes, SHA-256 ${lines.sha256.slice(0, 16)}…`]),
  ].join("\n");
}

export function showLatencies(latencies: Latencies): string {
  const head = `${"latency, ms".padEnd(LABEL_WIDTH)}${["p50", "p99", "calls"].map((name) => name.padStart(COLUMN_WIDTH)).join("")}`;
  const rows: [string, Latency][] = [
    ["GET /healthz", latencies.healthz],
    ["POST /v1/exports", latencies.create],
    ["GET /v1/exports/{id}", latencies.poll],
  ];
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
