/** The targets: CPU time relative to the baseline, and the limits of memory and of rows read. */

import { type Column, layoutPairs } from "./columns.ts";
import { rowsRead } from "./report.ts";
import type { SizeResult, Variant } from "./size.ts";

export interface Target {
  met: boolean;
  what: string;
  found: string;
}

const MAX_INGEST_CPU = 1.4;
/** How much more `single` may cost than `files`, in times the baseline. */
const MAX_SINGLE_ABOVE = 0.15;
const MAX_ROW_GROWTH = 1.1;
const MAX_GROWTH_MB = 64;
const MAX_ROWS_READ = 2.1;

/** @returns the targets of the larger size, and those of its growth. @param small null: there was one size. */
export function judge(small: SizeResult | null, large: SizeResult): Target[] {
  return [
    ...cpuTargets(large),
    ...singleTargets(large),
    ...ingestTargets(large),
    ...(small === null ? [] : growthTargets(small, large)),
    ...readTargets(large),
  ];
}

const times = (ratio: number) => `${ratio.toFixed(2)} ×`;
const named = (column: Column) => column.title.join(", ");

/** A column's CPU time relative to the baseline's; null where one is not known. */
function cpuRatio(size: SizeResult, column: Column): number | null {
  const cpu = variantOf(size, column)?.median.cpu_ms ?? null;
  const to = variantOf(size, null)?.median.cpu_ms ?? null;
  return cpu === null || to === null ? null : cpu / to;
}

const variantOf = (size: SizeResult, column: Column | null): Variant | undefined =>
  size.variants.find((variant) => variant.column === column);

const columnsOf = (size: SizeResult) => size.variants.flatMap(({ column }) => (column === null ? [] : [column]));

function cpuTargets(size: SizeResult): Target[] {
  return columnsOf(size).flatMap((column) => {
    const ratio = cpuRatio(size, column);
    if (ratio === null) return [];
    const what = `CPU of ${named(column)} at most ${column.maxCpu} × that of sqlite3 | gzip -6 and a PUT`;
    return [{ met: ratio <= column.maxCpu, what, found: times(ratio) }];
  });
}

function singleTargets(size: SizeResult): Target[] {
  return layoutPairs().flatMap(([single, files]) => {
    const [of, to] = [cpuRatio(size, single), cpuRatio(size, files)];
    if (of === null || to === null) return [];
    const what = `CPU of ${named(single)} at most ${MAX_SINGLE_ABOVE} × that of sqlite3 above that of ${named(files)}`;
    return [{ met: of - to <= MAX_SINGLE_ABOVE, what, found: times(of - to) }];
  });
}

function ingestTargets({ ingest: { load, baseline } }: SizeResult): Target[] {
  const to = baseline?.median.cpu_ms ?? null;
  if (load.cpu_ms === null || to === null) return [];
  const ratio = load.cpu_ms / to;
  const what = `CPU of ingest at most ${MAX_INGEST_CPU} × that of sqlite3 inserting the same rows`;
  return [{ met: ratio <= MAX_INGEST_CPU, what, found: times(ratio) }];
}

function growthTargets(small: SizeResult, large: SizeResult): Target[] {
  const sizes = `${large.rows.toLocaleString("en")} rows`;
  const than = small.rows.toLocaleString("en");
  return columnsOf(large).flatMap((column) => {
    const [before, after] = [variantOf(small, column), variantOf(large, column)];
    if (before === undefined || after === undefined) return [];
    const targets: Target[] = [];
    const [cpu, cpuBefore] = [after.median.cpu_ms, before.median.cpu_ms];
    if (cpu !== null && cpuBefore !== null) {
      const growth = cpu / large.rows / (cpuBefore / small.rows);
      const what = `CPU a row of ${named(column)} at ${sizes} at most ${MAX_ROW_GROWTH} × that at ${than}`;
      targets.push({ met: growth <= MAX_ROW_GROWTH, what, found: times(growth) });
    }
    const [peak, peakBefore] = [after.peak_bytes, before.peak_bytes];
    if (peak !== null && peakBefore !== null) {
      const growth = (peak - peakBefore) / 1e6;
      const what = `peak memory of ${named(column)} at ${sizes} at most ${MAX_GROWTH_MB} MB above that at ${than}`;
      targets.push({ met: growth <= MAX_GROWTH_MB, what, found: `${growth.toFixed(0)} MB` });
    }
    return targets;
  });
}

function readTargets(size: SizeResult): Target[] {
  return size.variants.flatMap((variant) => {
    const read = variant.column === null ? null : rowsRead(variant, size.rows);
    if (variant.column === null || read === null) return [];
    const what = `D1 rows read per row of ${named(variant.column)} at most ${MAX_ROWS_READ}`;
    return [{ met: read <= MAX_ROWS_READ, what, found: read.toFixed(3) }];
  });
}
