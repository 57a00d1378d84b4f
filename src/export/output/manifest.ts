/**
 * The manifest: the columns, files, rows and hashes of an export. It is derived from the ledger and the definitions as
 * of the snapshot, so it is the same each time.
 */

import type { ExportRow } from "../../db/exports/exports.ts";
import type { ChunkRow } from "../../db/exports/chunks.ts";
import type { FileRow } from "../../db/exports/files.ts";
import { shownName } from "../delivery/object-keys.ts";
import { shownRequest } from "../../outbound/shown-url.ts";
import { iso } from "../../time/names.ts";
import type { Column } from "../../datasets/column.ts";
import { encodingOf } from "./encode/encoder.ts";
import type { Encoding, Field } from "./encode/encoding.ts";
import { redactedFields } from "./encode/resolve.ts";

/** A record's key. A field is null when the export's redactions hide it in the rows too. */
interface Edge {
  time: string | null;
  id: string | null;
}

export type Manifest = ReturnType<typeof createManifest>;

/** A finished file as the manifest and the poll show it. */
export function fileFacts(row: ExportRow, file: FileRow) {
  return {
    name: shownName(row, file.name),
    rows: file.rows ?? 0,
    bytes: file.bytes ?? 0,
    uncompressed_bytes: file.uncompressed_bytes ?? 0,
    sha256: file.sha256 ?? "",
  };
}

/** A column of the files as the manifest shows it. */
export interface ManifestColumn extends Pick<Field, "name" | "type"> {
  nullable: boolean;
  /** Where a row of NDJSON has the value: the names from the row inwards, if not a member with the column's name. */
  path?: readonly string[];
}

/**
 * The columns of the files: of NDJSON, the members of its rows. `json`: an object, a list, or values of several types.
 * @param columns the dataset's.
 */
export function manifestColumns(encoding: Encoding | null, columns: readonly Column[]): ManifestColumn[] {
  if (encoding !== null && encoding.fields !== null)
    return encoding.fields.map(({ name, type, required }) => ({ name, type, nullable: required !== true }));
  const members = new Map<string, ManifestColumn>();
  for (const { path, type, required } of redactedFields(columns, encoding?.redact ?? [])) {
    const name = path.join(".");
    const before = members.get(name);
    const isMixed = before !== undefined && before.type !== type;
    const nested = path.length > 1 ? { path } : {};
    members.set(name, { name, type: isMixed ? "json" : type, nullable: required !== true, ...nested });
  }
  return [...members.values()];
}

/** The keys of a file's first and last row, as the ledger has them. */
type Edges = Pick<ChunkRow, "first_time" | "first_id" | "last_time" | "last_id">;

/** The member after the columns. The line break tells it from members of the request, which are indented deeper. */
const FILES_MEMBER = ',\n  "files": ';

/** By the number of the file. */
export type EdgesOfFiles = Map<number, Edges>;

/**
 * Adds the edges of the next chunks, in order: a file begins with its first chunk that has rows, and ends with its
 * last.
 */
export function addEdges(edges: EdgesOfFiles, chunks: readonly ChunkRow[]): void {
  for (const { file_n, rows, first_time, first_id, last_time, last_id } of chunks) {
    if ((rows ?? 0) === 0) continue;
    const first = edges.get(file_n) ?? { first_time, first_id };
    edges.set(file_n, { ...first, last_time, last_id });
  }
}

/** A finished file. @param edges of its chunks; a file that shares its chunk with others has its own. */
export function manifestFile(row: ExportRow, file: FileRow, edges: Edges | undefined) {
  const hidden = new Set(encodingOf(row)?.hidden);
  const edge = (time?: number | null, id?: string | null): Edge | null =>
    typeof time === "number" && typeof id === "string"
      ? { time: hidden.has("time") ? null : iso(time), id: hidden.has("id") ? null : id }
      : null;
  return {
    ...fileFacts(row, file),
    first: edge(file.first_time ?? edges?.first_time, file.first_id ?? edges?.first_id),
    last: edge(file.last_time ?? edges?.last_time, file.last_id ?? edges?.last_id),
  };
}

export type ManifestFile = ReturnType<typeof manifestFile>;

/**
 * @param files all of the export's, in order.
 * @param columns of its rows; null where the result is one document.
 * @param summary the dataset's totals; undefined for a dataset that has none.
 */
export function createManifest(
  row: ExportRow,
  files: readonly ManifestFile[],
  columns: readonly ManifestColumn[] | null,
  summary: unknown,
) {
  const sum = (of: (file: ManifestFile) => number) => files.reduce((total, file) => total + of(file), 0);
  return {
    export: { id: row.id, dataset: row.dataset, request: shownRequest(JSON.parse(row.request) as object) },
    snapshot: { sequence: row.snapshot_seq, at: iso(row.created_at) },
    ...(columns === null ? {} : { columns }),
    files,
    totals: {
      files: files.length,
      rows: sum((file) => file.rows),
      bytes: sum((file) => file.bytes),
      uncompressed_bytes: sum((file) => file.uncompressed_bytes),
    },
    ...(summary === undefined ? {} : { summary }),
  };
}

/**
 * The columns of a stored manifest, without its files, of which there may be thousands: reading ends where they begin.
 * @param text the manifest, as `finish` writes it. @returns null where the result is one document.
 */
export async function readManifestColumns(
  text: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<readonly ManifestColumn[] | null> {
  let head = "";
  for await (const piece of text.pipeThrough(new TextDecoderStream())) {
    head += piece;
    const end = head.indexOf(FILES_MEMBER);
    if (end >= 0) return (JSON.parse(`${head.slice(0, end)}}`) as { columns?: ManifestColumn[] }).columns ?? null;
  }
  throw new Error("a manifest has no files");
}
