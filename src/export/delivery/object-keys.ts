/**
 * Where an export's objects stand. No key carries an attempt. It carries the plan: one that was made anew, because what it
 * counted was not there, may cut otherwise, and what an earlier one left must not stand in its way. In the service's own bucket
 * each plan has a place of its own. In a customer's, where nothing can be removed, all plans have the same names: a file of
 * the same bytes is there once, and only where other bytes stand does a file of a later plan get another name.
 */

import { type Destination, destinationOf } from "./destination.ts";

interface ExportId {
  space_id: string;
  id: string;
  /** How often it was planned anew: 0 for nearly all. */
  plan_version?: number;
  destination?: string | null;
}

/** Everything of an export. */
export const exportPrefix = (of: ExportId): string => `spaces/${of.space_id}/exports/${of.id}/`;

/** Everything of one plan of it. */
export const planPrefix = (of: ExportId): string => `${exportPrefix(of)}${of.plan_version ?? 0}/`;

/** A file, in the bucket that the export's files go to. @param name as the plan made it. */
export const fileKey = (of: ExportId, name: string): string =>
  isCustomerBucket(of) ? shownName(of, name) : `${planPrefix(of)}${name}`;

/** What a file is called to the customer: in a bucket of theirs, its whole key. */
export function shownName(of: ExportId, name: string): string {
  const destination = destinationOf({ destination: of.destination ?? null });
  if (destination === null) return name;
  return `${destination.prefix}${name}`;
}

/**
 * The name to go on with where other bytes stand under `name` in a customer's bucket. No more names are taken by this export
 * than it had plans before. @returns null where what stands there is none of its own.
 */
export function nextName({ plan_version = 0 }: ExportId, name: string): string | null {
  const times = Number(/\.retry-(\d+)\./.exec(name)?.[1] ?? 0) + 1;
  return times > plan_version ? null : name.replace(/(\.retry-\d+)?\./, `.retry-${times}.`);
}

/** Do its files go to a customer's bucket? */
export const isCustomerBucket = (of: Pick<ExportId, "destination">): boolean => (of.destination ?? null) !== null;

export const segmentPrefix = (of: ExportId): string => `${planPrefix(of)}segments/`;

/** A part of a file that is put together from several chunks; it goes when the export is finished. */
export const segmentKey = (of: ExportId, chunk: number): string => `${segmentPrefix(of)}${chunk}`;

/** In the service's own bucket: of each export, wherever its files went. */
export const manifestKey = (of: ExportId): string => `${planPrefix(of)}${manifestName(of)}`;

/** Beside the files, in a customer's bucket. */
export const manifestBeside = (of: ExportId, { prefix }: Destination): string => `${prefix}${manifestName(of)}`;

export const manifestName = (of: ExportId): string => `${of.id}-manifest.json`;
