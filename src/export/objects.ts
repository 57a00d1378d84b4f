/**
 * Where an export's objects stand in the service's own bucket. No key carries an attempt. It carries the plan: one that was
 * made anew, because what it counted was not there, cuts otherwise, and what an earlier one left must not stand in its way.
 */

interface ExportId {
  space_id: string;
  id: string;
  /** How often it was planned anew: 0 for nearly all. */
  plan?: number;
}

/** Everything of an export. */
export const exportPrefix = (of: ExportId): string => `spaces/${of.space_id}/exports/${of.id}/`;

/** Everything of one plan of it. */
export const planPrefix = (of: ExportId): string => `${exportPrefix(of)}${of.plan ?? 0}/`;

export const fileKey = (of: ExportId, name: string): string => `${planPrefix(of)}${name}`;

export const segmentPrefix = (of: ExportId): string => `${planPrefix(of)}segments/`;

/** A part of a file that is put together from several chunks; it goes when the export is finished. */
export const segmentKey = (of: ExportId, chunk: number): string => `${segmentPrefix(of)}${chunk}`;

export const manifestKey = (of: ExportId): string => fileKey(of, manifestName(of));

export const manifestName = (of: ExportId): string => `${of.id}-manifest.json`;
