/** The targets: the time relative to the baseline, and the limits of memory and of rows read. */

import { rowsPerSecond, rowsRead } from "./report.ts";
import type { SizeResult, Variant } from "./size.ts";

export interface Target {
  met: boolean;
  what: string;
  found: string;
}

const MAX_WALL = { fflate: 1.5, native: 1.0 } as const;
const MIN_PACE = 0.9;
const MAX_GROWTH_MB = 64;
const MAX_ROWS_READ = 2.1;
const SMALL = 100_000;
const LARGE = 1_000_000;

/** @returns the targets that these sizes can decide. */
export function judge(sizes: readonly SizeResult[]): Target[] {
  const small = sizes.find((size) => size.rows === SMALL);
  const large = sizes.find((size) => size.rows === LARGE);
  return [
    ...sizes.flatMap(wallTargets),
    ...(small === undefined || large === undefined ? [] : growthTargets(small, large)),
    ...sizes.flatMap(readTargets),
  ];
}

const productVariants = (size: SizeResult) => size.variants.filter((variant) => variant.engine !== "baseline");
const named = ({ engine, layout }: Variant) => `${engine === "fflate" ? "(a)" : "(b)"} ${layout}`;

function wallTargets(size: SizeResult): Target[] {
  const baseline = size.variants.find((variant) => variant.engine === "baseline");
  if (baseline === undefined) return [];
  return productVariants(size).map((variant) => {
    const max = MAX_WALL[variant.engine === "fflate" ? "fflate" : "native"];
    const ratio = variant.median.wall_ms / baseline.median.wall_ms;
    return {
      met: ratio <= max,
      what: `${size.rows.toLocaleString("en")}: wall of ${named(variant)} at most ${max.toFixed(1)} × (c)`,
      found: `${ratio.toFixed(2)} ×`,
    };
  });
}

function growthTargets(small: SizeResult, large: SizeResult): Target[] {
  return productVariants(large).flatMap((variant) => {
    const before = small.variants.find((each) => each.engine === variant.engine && each.layout === variant.layout);
    if (before === undefined) return [];
    const pace = rowsPerSecond(variant, LARGE) / rowsPerSecond(before, SMALL);
    const targets = [
      {
        met: pace >= MIN_PACE,
        what: `rows/s of ${named(variant)} at 1,000,000 at least ${MIN_PACE} × those at 100,000`,
        found: `${pace.toFixed(2)} ×`,
      },
    ];
    const [peak, peakBefore] = [variant.peak_bytes, before.peak_bytes];
    if (peak === null || peakBefore === null) return targets;
    const growth = (peak - peakBefore) / 1e6;
    return [
      ...targets,
      {
        met: growth <= MAX_GROWTH_MB,
        what: `peak memory with ${named(variant)} at 1,000,000 at most ${MAX_GROWTH_MB} MB above that at 100,000`,
        found: `${growth.toFixed(0)} MB`,
      },
    ];
  });
}

function readTargets(size: SizeResult): Target[] {
  return productVariants(size).flatMap((variant) => {
    const read = rowsRead(variant, size.rows);
    if (read === null) return [];
    return [
      {
        met: read <= MAX_ROWS_READ,
        what: `${size.rows.toLocaleString("en")}: D1 rows read per row with ${named(variant)} at most ${MAX_ROWS_READ}`,
        found: read.toFixed(3),
      },
    ];
  });
}
