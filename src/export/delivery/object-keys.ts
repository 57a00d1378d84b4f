/**
 * The keys of an export's objects. No key contains an attempt, so a repeated step writes the same object. In the
 * service's own bucket a key contains the plan's version: a new plan may cut the rows differently, and its objects must
 * not conflict with an earlier plan's. In a customer's bucket, where nothing may be deleted, all plans use the same
 * names: equal files exist once, and a file of a later plan gets another name only when other bytes exist at its key.
 */

import { type Destination, destinationOf } from "./destination.ts";

interface ExportId {
  space_id: string;
  id: string;
  /** The number of earlier plans, mostly 0. */
  plan_version?: number;
  destination?: string | null;
}

/** All objects of an export in the service's own bucket. */
export const exportPrefix = (of: ExportId): string => `spaces/${of.space_id}/exports/${of.id}/`;

/** All objects of one plan. */
export const planPrefix = (of: ExportId): string => `${exportPrefix(of)}${of.plan_version ?? 0}/`;

/** A file's key in the export's destination. @param name the ledger's. */
export const fileKey = (of: ExportId, name: string): string =>
  isCustomerBucket(of) ? shownName(of, name) : `${planPrefix(of)}${name}`;

/** A file's name as the API shows it: in a customer's bucket, its whole key. */
export function shownName(of: ExportId, name: string): string {
  const destination = destinationOf({ destination: of.destination ?? null });
  return destination === null ? name : `${destination.prefix}${name}`;
}

/**
 * The next name for a file whose key conflicts in a customer's bucket. Each earlier plan can explain one conflict.
 * @returns null when there are more conflicts than earlier plans: the object at the key is not this export's.
 */
export function nextName({ plan_version = 0 }: ExportId, name: string): string | null {
  const times = Number(/\.retry-(\d+)\./.exec(name)?.[1] ?? 0) + 1;
  return times > plan_version ? null : name.replace(/(\.retry-\d+)?\./, `.retry-${times}.`);
}

export const isCustomerBucket = (of: Pick<ExportId, "destination">): boolean => (of.destination ?? null) !== null;

export const segmentPrefix = (of: ExportId): string => `${planPrefix(of)}segments/`;

/** A segment of a file that is assembled from several chunks; it is deleted when the export is finished. */
export const segmentKey = (of: ExportId, chunk: number): string => `${segmentPrefix(of)}${chunk}`;

/**
 * The bytes of a file that fill no part yet, between two invocations that assemble it: [from, to) of the file. The same
 * key has the same bytes in every attempt, and it is deleted with the segments.
 */
export const restKey = (of: ExportId, file: number, { from, to }: { from: number; to: number }): string =>
  `${segmentPrefix(of)}rest-${file}-${from}-${to}`;

/** In the service's own bucket, which keeps every export's manifest. */
export const manifestKey = (of: ExportId): string => `${planPrefix(of)}${manifestName(of)}`;

/** Beside the files in a customer's bucket. */
export const manifestBeside = (of: ExportId, { prefix }: Destination): string => `${prefix}${manifestName(of)}`;

/** As the API shows it. Every prefix is empty, or ends with a slash. */
export const manifestName = (of: ExportId): string => besideData(`${of.id}-manifest.json`);

/**
 * The key of an object that lies among data files and is none: its last segment begins with an underscore. Readers of a
 * whole prefix (Spark, Hive, Athena, Trino, pyarrow) pass over such objects.
 */
export const besideData = (key: string): string => key.replace(/[^/]*$/, (segment) => `_${segment}`);
