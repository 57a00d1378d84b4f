/** What the overview plots: for each plot its series, and how its values are written. Pure. */

import type { DayStats } from "spillway-client";
import { texts } from "../../texts.ts";
import { compact, compactSpan, count, size, span } from "../../ui/format.ts";

export interface Series {
  label: string;
  /** Null: there is no value on this day. */
  of: (day: DayStats) => number | null;
}

export interface Plot {
  title: string;
  /** Bars count, and stand on each other; lines compare. */
  form: "bars" | "lines";
  /** One or two. */
  series: readonly Series[];
  /** A value in a table. */
  write: (value: number) => string;
  /** A value at the axis, where there is little room. */
  tick: (value: number) => string;
  /** Values between whole numbers mean nothing. */
  whole: boolean;
}

const { plots } = texts.overview;
const counts = { form: "bars", write: count, tick: compact, whole: true } as const;
const spans = { form: "lines", write: span, tick: compactSpan, whole: false } as const;

export const PLOTS: readonly Plot[] = [
  { ...counts, title: plots.rows, series: [{ label: plots.rows, of: ({ exports }) => exports.rows }] },
  {
    ...counts,
    title: plots.bytes,
    series: [{ label: plots.bytes, of: ({ exports }) => exports.bytes }],
    write: size,
    tick: size,
  },
  { ...counts, title: plots.exports, series: [{ label: plots.exports, of: ({ exports }) => exports.created }] },
  {
    ...counts,
    title: plots.failures,
    series: [
      { label: plots.customer, of: ({ exports }) => exports.failed.customer },
      { label: plots.service, of: ({ exports }) => exports.failed.service },
    ],
  },
  {
    ...spans,
    title: plots.durations,
    series: [
      { label: plots.half, of: ({ exports }) => exports.seconds.p50 },
      { label: plots.most, of: ({ exports }) => exports.seconds.p95 },
    ],
  },
  {
    ...spans,
    title: plots.lag,
    series: [
      { label: plots.half, of: ({ webhooks }) => webhooks.lag_seconds.p50 },
      { label: plots.most, of: ({ webhooks }) => webhooks.lag_seconds.p95 },
    ],
  },
  {
    ...counts,
    title: plots.refused,
    series: [{ label: plots.refused, of: (day) => day.rate_limits.reduce((sum, { refused }) => sum + refused, 0) }],
  },
];

/** Does any day have something to plot? */
export const hasValues = ({ series }: Plot, days: readonly DayStats[]): boolean =>
  days.some((day) => series.some(({ of }) => (of(day) ?? 0) > 0));

/**
 * Which labels of an axis are shown, so that none runs into the next: the first, and then every n-th.
 * @param width pixels of the axis. @param each pixels that a label needs.
 */
export function labelShown(labels: number, width: number, each: number): (index: number) => boolean {
  const every = Math.max(1, Math.ceil((labels * each) / Math.max(width, each)));
  return (index) => index % every === 0;
}

/** A day as an axis has it: `3 Nov`. @param day `2026-11-03` */
export const shortDay = (day: string): string =>
  new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", day: "numeric", month: "short" }).format(new Date(day));
