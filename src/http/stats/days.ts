/** The statistics of a span of days, from the counters that were kept: days without counters have zeros. Pure. */

import type { DailyCounts, ExportCounts } from "../../db/tenants/daily-counts.ts";
import type { Use } from "../../limiter/use.ts";
import { percentileSeconds } from "../../histogram.ts";
import { addDays, daysBetween } from "../../time/days.ts";

/** What is counted of days. */
interface Counters extends DailyCounts {
  /** How far the limits were used. */
  uses: readonly Use[];
}

/** The counters of every day from one to another, both included, and of all of them together. */
export function statsOf(counts: Counters, from: string, to: string) {
  const exports = Map.groupBy(counts.exports, ({ day }) => day);
  const webhooks = Map.groupBy(counts.webhooks, ({ day }) => day);
  const durations = Map.groupBy(counts.durations, ({ day }) => day);
  const uses = Map.groupBy(counts.uses, ({ day }) => day);
  const days = [];
  for (let n = 0; n <= daysBetween(from, to); n++) {
    const day = addDays(from, n);
    const ofDay = {
      exports: exports.get(day) ?? [],
      webhooks: webhooks.get(day) ?? [],
      durations: durations.get(day) ?? [],
      uses: uses.get(day) ?? [],
    };
    days.push({ day, ...show(ofDay) });
  }
  return { total: show(counts), days };
}

function show({ exports, webhooks, durations, uses }: Counters) {
  const datasets = [...Map.groupBy(exports, ({ dataset }) => dataset)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    exports: {
      ...sumOf(exports),
      seconds: percentilesOf(durations, "export"),
      datasets: datasets.map(([dataset, rows]) => ({ dataset, ...sumOf(rows) })),
    },
    webhooks: {
      attempts: sum(webhooks, "attempts"),
      delivered: sum(webhooks, "delivered"),
      failed: sum(webhooks, "failed"),
      lag_seconds: percentilesOf(durations, "webhook"),
    },
    rate_limits: [...Map.groupBy(uses, ({ policy }) => policy)].map(([policy, rows]) => ({
      policy,
      refused: sum(rows, "refused"),
      highest: Math.max(...rows.map(({ highest }) => highest)),
    })),
  };
}

const sumOf = (rows: readonly ExportCounts[]) => ({
  created: sum(rows, "created"),
  completed: sum(rows, "completed"),
  failed: { customer: sum(rows, "failed_customer"), service: sum(rows, "failed_service") },
  canceled: sum(rows, "canceled"),
  rows: sum(rows, "rows"),
  bytes: sum(rows, "bytes"),
});

const sum = <Name extends string>(rows: readonly Record<Name, number>[], name: Name): number =>
  rows.reduce((total, row) => total + row[name], 0);

function percentilesOf(durations: DailyCounts["durations"], kind: "export" | "webhook") {
  const buckets = new Map<number, number>();
  for (const each of durations)
    if (each.kind === kind) buckets.set(each.bucket, (buckets.get(each.bucket) ?? 0) + each.n);
  return { p50: percentileSeconds(buckets, 0.5), p95: percentileSeconds(buckets, 0.95) };
}
