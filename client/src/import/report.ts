/** What a run did: as a value, and as the lines that end it. */

import type { CreatedProfiles } from "./create-profiles.ts";
import type { Kind } from "./kind.ts";
import type { Totals } from "./load.ts";
import type { Options } from "./options.ts";
import type { Space } from "./service.ts";
import type { Format, Source } from "./source.ts";

/** What a run did. */
export interface Result {
  /** Its name without the folder. */
  file: string;
  format: Format;
  /** Of the content, without its compression. */
  bytes: number;
  /** Null where nothing was to be sent, and no space was named. */
  space: { id: string; name: string } | null;
  dryRun: boolean;
  rows: Totals;
  /** Profiles that `--create-profiles` created, or that were there. */
  profiles: number;
  /** What `--define` did, a sentence each. */
  definitions: readonly string[];
  seconds: number;
  /** `--strict` ended the run at an invalid line. */
  stopped: boolean;
}

const PACKED = { gzip: "gzipped", zstd: "zstd-compressed" };

export interface Done {
  rows: Totals;
  /** In ms, of performance.now(). */
  started: number;
  profiles?: CreatedProfiles | null;
  definitions?: readonly string[];
  stopped?: boolean;
}

export function resultOf(
  { source, options }: { source: Source; options: Options },
  space: Space | null,
  done: Done,
): Result {
  return {
    file: source.name,
    format: source.format,
    bytes: source.bytes,
    space: space === null ? null : { id: space.id, name: space.name },
    dryRun: options.dryRun,
    rows: done.rows,
    profiles: done.profiles?.sent ?? 0,
    definitions: done.definitions ?? [],
    seconds: (performance.now() - done.started) / 1000,
    stopped: done.stopped ?? false,
  };
}

/** Such as "gzipped CSV, 53.6 MB". */
export function described({ compression, format, bytes }: Source): string {
  return `${compression === null ? "" : `${PACKED[compression]} `}${format === "parquet" ? "Parquet" : format.toUpperCase()}, ${(bytes / 1e6).toFixed(1)} MB`;
}

/** What a bar of progress has beside it. */
export function noteOf(totals: Totals, started: number): string {
  const rejected = totals.rejected === 0 ? "" : `, ${count(totals.rejected)} rejected`;
  return `${count(totals.read)} rows, ${count(perSecond(totals, started))} rows/s${rejected}`;
}

/** The lines that end a run. */
export function summary(totals: Totals, kind: Kind, profiles: CreatedProfiles | null, started: number): string[] {
  const { read, earlier, accepted, duplicates, rejected } = totals;
  const seconds = (performance.now() - started) / 1000;
  const before = earlier === 0 ? "" : `${count(earlier)} accepted by an earlier run, `;
  const now =
    kind.noun === "events"
      ? `${count(accepted)} accepted, ${count(duplicates)} duplicates`
      : `${count(accepted)} merged into profiles`;
  return [
    `${count(read)} rows read: ${before}${now}, ${count(rejected)} rejected; ` +
      `${seconds.toFixed(1)} s, ${count(perSecond(totals, started))} rows/s`,
    ...(profiles === null ? [] : [`${count(profiles.sent)} profiles created, or present already`]),
  ];
}

/** Rows that an earlier run sent cost no time. */
function perSecond({ read, earlier }: Totals, started: number): number {
  return Math.round(((read - earlier) * 1000) / (performance.now() - started));
}

/** A number with separators of thousands. */
export function count(value: number): string {
  return value.toLocaleString("en");
}
