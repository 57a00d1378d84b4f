/**
 * What a completed export delivered: the events, each once and in order, in the objects of an undisturbed run, and no
 * other.
 */

import type { ExportStatus } from "../../../src/db/exports/status.ts";
import { exportPrefix, fileKey, manifestKey, segmentPrefix } from "../../../src/export/delivery/object-keys.ts";
import { lines, unpack } from "../gunzip.ts";
import { figures } from "./figures.ts";
import { expectSame, query } from "./look.ts";
import type { Play } from "./play.ts";
import type { Rig } from "./rig.ts";

/** The results of a run. */
export interface Facts {
  status: string;
  files: { rows: number; bytes: number; uncompressed_bytes: number; sha256: string }[];
  /** Segment → the hash of it. */
  segments: Record<string, string>;
  ids: string[];
  /** The summary in the manifest. */
  summary?: unknown;
}

export interface ExportEnd {
  id: string;
  space_id: string;
  status: ExportStatus;
  plan_version: number;
  rows_total: number | null;
  rows_written: number;
  error_code: string | null;
  error_owner: string | null;
  cleanup_at: number | null;
}

interface FileEnd {
  name: string;
  done: number;
  rows: number;
  bytes: number;
  uncompressed_bytes: number;
  sha256: string;
}

/** @param first it is the undisturbed run itself: there is nothing yet to compare it with. */
export async function expectDelivered(rig: Rig, play: Play, row: ExportEnd, first: boolean): Promise<Facts> {
  const of = { space_id: rig.owner.id, id: row.id, plan: row.plan_version };
  const files = await query<FileEnd>(
    "SELECT name, done, rows, bytes, uncompressed_bytes, sha256 FROM export_files WHERE export_id = ?1 ORDER BY n",
    row.id,
  );
  const facts: Facts = {
    status: row.status,
    files: files.map(({ rows, bytes, uncompressed_bytes, sha256 }) => ({ rows, bytes, uncompressed_bytes, sha256 })),
    segments: segmentsWritten(play, segmentPrefix(of)),
    ids: files.flatMap((file) => idsIn(rig, file.name, play.s3.objects.get(fileKey(of, file.name)))),
  };
  const { lost, doubled } = compare(rig.ids, facts.ids);
  figures.lost += lost;
  figures.doubled += doubled;
  expectSame("the events that were delivered", facts.ids, rig.ids);
  if (!first) expectSame("the files", facts.files, rig.expected.files);
  for (const [name, sha256] of Object.entries(first ? {} : facts.segments)) {
    // Where an attempt stops depends on the faults; the bytes that it leaves there do not.
    if (name.startsWith("rest-")) expectSame(`hashes of ${name}`, sha256.split(" and ").length, 1);
    else expectSame(`segment ${name}`, sha256, rig.expected.segments[name]);
  }
  expectSame("rows written", [row.rows_written, row.rows_total], [rig.ids.length, rig.records]);
  facts.summary = expectManifest(play, of, files);
  if (!first) expectSame("the summary", facts.summary, rig.expected.summary);
  expectSame(
    "objects",
    play.s3.keysBelow(exportPrefix(of)),
    [...files.map((file) => fileKey(of, file.name)), manifestKey(of)].toSorted(),
  );
  for (const file of files)
    expectSame(`every write of ${file.name}`, hashesWritten(play, fileKey(of, file.name)), [file.sha256]);
  expectSame("every write of the manifest", hashesWritten(play, manifestKey(of)).length, 1);
  expectSame("uploads that were not ended", play.s3.uploadsBelow(exportPrefix(of)), []);
  return facts;
}

function expectManifest(play: Play, of: { space_id: string; id: string; plan: number }, files: FileEnd[]): unknown {
  const manifest = JSON.parse(new TextDecoder().decode(play.s3.objects.get(manifestKey(of)) ?? new Uint8Array())) as {
    files: FileEnd[];
    totals: Record<string, number>;
    summary?: unknown;
  };
  const listed = manifest.files.map(({ name, rows, bytes, sha256 }) => ({ name, rows, bytes, sha256 }));
  const stored = files.map(({ name, rows, bytes }) => ({
    name,
    rows,
    bytes,
    sha256: play.s3.sha256Of(fileKey(of, name)),
  }));
  expectSame("files in the manifest", listed, stored);
  const sum = (of: (file: FileEnd) => number) => files.reduce((total, file) => total + of(file), 0);
  const totals = {
    files: files.length,
    rows: sum((file) => file.rows),
    bytes: sum((file) => file.bytes),
    uncompressed_bytes: sum((file) => file.uncompressed_bytes),
  };
  expectSame("totals in the manifest", manifest.totals, totals);
  return manifest.summary;
}

/** The different hashes of all objects that were ever written to a key. */
function hashesWritten(play: Play, key: string): string[] {
  return [...new Set(play.s3.writes.filter((write) => write.key === key).map((write) => write.sha256))];
}

function segmentsWritten(play: Play, prefix: string): Record<string, string> {
  const written = play.s3.writes.filter((write) => write.key.startsWith(prefix));
  return Object.fromEntries(
    [...new Set(written.map((write) => write.key))].map((key) => [
      key.slice(prefix.length),
      hashesWritten(play, key).join(" and "),
    ]),
  );
}

function idsIn(rig: Rig, name: string, object: Uint8Array | undefined): string[] {
  return object === undefined ? [] : lines(unpack(name, object)).map(rig.idOf);
}

/** How many of the wanted are missing, and how many came more than once. */
export function compare(wanted: readonly string[], found: readonly string[]): { lost: number; doubled: number } {
  const distinct = new Set(found);
  return { lost: wanted.filter((id) => !distinct.has(id)).length, doubled: found.length - distinct.size };
}
