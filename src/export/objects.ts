/** Where an export's objects stand in the service's own bucket. No key carries an attempt. */

interface ExportId {
  space_id: string;
  id: string;
}

/** Everything of an export. */
export const exportPrefix = (of: ExportId): string => `spaces/${of.space_id}/exports/${of.id}/`;

export const fileKey = (of: ExportId, name: string): string => `${exportPrefix(of)}${name}`;

export const segmentPrefix = (of: ExportId): string => `${exportPrefix(of)}segments/`;

/** A part of a file that is put together from several chunks; it goes when the export is finished. */
export const segmentKey = (of: ExportId, chunk: number): string => `${segmentPrefix(of)}${chunk}`;

export const manifestKey = (of: ExportId): string => fileKey(of, manifestName(of));

export const manifestName = (of: ExportId): string => `${of.id}-manifest.json`;
