/**
 * What must hold after any run: the export is final by legal moves alone, what it delivered is what an undisturbed run
 * delivers, told once, and nothing else stands in the bucket.
 */

import { env } from "cloudflare:workers";
import type { ExportStatus } from "../../../src/db/status.ts";
import { MOVES } from "../../../src/export/state.ts";
import { exportPrefix, fileKey, manifestKey, segmentPrefix } from "../../../src/export/objects.ts";
import { gunzip, lines } from "../gunzip.ts";
import { figures } from "./figures.ts";
import type { Play } from "./play.ts";
import { mayHaveFailed, type Rig } from "./rig.ts";
import type { Seen } from "./witness.ts";

/** What a run came to. */
export interface Facts {
  status: string;
  files: { rows: number; bytes: number; uncompressed_bytes: number; sha256: string }[];
  /** Segment → the hash of it. */
  segments: Record<string, string>;
  ids: string[];
}

interface ExportEnd {
  id: string;
  space_id: string;
  status: ExportStatus;
  plan: number;
  rows_total: number | null;
  rows_written: number;
  error_code: string | null;
  error_owner: string | null;
  put_away_at: number | null;
}

interface FileEnd {
  name: string;
  done: number;
  rows: number;
  bytes: number;
  uncompressed_bytes: number;
  sha256: string;
}

/** What the service's own bucket can refuse. */
const REFUSALS: ReadonlySet<string> = new Set([
  "destination_unavailable",
  "destination_conflict",
  "bucket_denied",
  "bucket_not_found",
  "clock_skew",
]);

class Wrong extends Error {}

function expectSame(what: string, found: unknown, wanted: unknown): void {
  const [left, right] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (left !== right) throw new Wrong(`${what}: ${left}, and not ${right}`);
}

export async function verify(rig: Rig, play: Play, { first }: { first: boolean }): Promise<Facts> {
  if (play.thrown.length > 0) throw new Wrong(`something was thrown where nothing may be: ${String(play.thrown[0])}`);
  const id = play.exportId;
  if (id === null) throw new Wrong("no export was made");
  const all = await query<{ id: string }>("SELECT id FROM exports WHERE space_id = ?1", rig.owner.id);
  expectSame("exports that were made", all.map((row) => row.id), [id]);
  const [row] = await query<ExportEnd>(
    `SELECT id, space_id, status, plan, rows_total, error_code, error_owner, put_away_at,
       (SELECT sum(rows_so_far) FROM chunks c WHERE c.export_id = e.id) AS rows_written FROM exports e WHERE id = ?1`,
    id,
  );
  if (row === undefined) throw new Wrong("the export is gone");
  await expectLegal(id, row);
  await expectTold(play, row);
  for (const { code, owner } of play.failures)
    if (owner !== "service" || !REFUSALS.has(code)) throw new Wrong(`it failed with ${code}, said to be the ${owner}'s`);
  if (row.status === "canceled" && play.canceled) return expectNothing(rig, play, row);
  expectSame("the final status", row.status, "completed");
  if (!mayHaveFailed(play)) expectSame("how often it failed", play.failures, []);
  return expectDelivered(rig, play, row, first);
}

/** Each change of status is a move, and what the ledger had for done never changed. */
async function expectLegal(id: string, row: ExportEnd): Promise<void> {
  const seen = await query<Seen>("SELECT what, before, after FROM witness WHERE export_id = ?1 ORDER BY rowid", id);
  let at: string = "";
  for (const { what, before, after } of seen) {
    if (what !== "status") throw new Wrong(`${what} was done as ${before} and then as ${after}`);
    const legal = before === "" ? after === "queued" : MOVES[before as ExportStatus].includes(after as ExportStatus);
    if (!legal || before !== at) throw new Wrong(`an illegal move: ${at} … ${before} → ${after}`);
    at = after;
  }
  expectSame("the last move", at, row.status);
  expectSame("what is left to put away", row.put_away_at, null);
}

/** Each end has one entry in the timeline, one event, and is measured at most once. */
async function expectTold(play: Play, row: ExportEnd): Promise<void> {
  const ends = [...play.failures.map(() => "failed"), row.status];
  const told = await query<{ type: string }>(
    `SELECT type FROM export_events WHERE export_id = ?1
       AND type IN ('export.completed', 'export.failed', 'export.canceled') ORDER BY n`,
    row.id,
  );
  expectSame("ends in the timeline", told.map(({ type }) => type), ends.map((status) => `export.${status}`));
  const deliveries = await query<{ event_id: string; status: string }>(
    "SELECT event_id, status FROM webhook_deliveries WHERE export_id = ?1 ORDER BY event_id",
    row.id,
  );
  const events = ends.map((status, generation) => `evt_${row.id}_${status}_${generation}`);
  expectSame("events", deliveries.map((each) => each.event_id).toSorted(), events.toSorted());
  const measured = (status: string) => play.measured.filter((each) => each === status).length;
  for (const status of new Set(ends))
    if (measured(status) > ends.filter((each) => each === status).length)
      throw new Wrong(`${status} was measured ${measured(status)} times`);
  expectReceived(play, deliveries, events);
}

/** Every event came, always under its own id and with the same body. */
function expectReceived(play: Play, deliveries: { event_id: string; status: string }[], events: string[]): void {
  expectSame("deliveries", deliveries.map(({ status }) => status), deliveries.map(() => "delivered"));
  const bodies = new Map<string, string>();
  for (const { id, body } of play.received) {
    const before = bodies.get(id);
    if (before !== undefined) expectSame(`the body of ${id}`, body, before);
    bodies.set(id, body);
  }
  expectSame("webhook ids", [...bodies.keys()].toSorted(), events.toSorted());
}

/** A canceled export leaves nothing in the bucket. */
function expectNothing(rig: Rig, play: Play, row: ExportEnd): Facts {
  const prefix = exportPrefix({ space_id: rig.owner.id, id: row.id });
  expectSame("objects of a canceled export", play.s3.keysBelow(prefix), []);
  expectSame("uploads of a canceled export", play.s3.uploadsBelow(prefix), []);
  return { status: row.status, files: [], segments: {}, ids: [] };
}

async function expectDelivered(rig: Rig, play: Play, row: ExportEnd, first: boolean): Promise<Facts> {
  const of = { space_id: rig.owner.id, id: row.id, plan: row.plan };
  const files = await query<FileEnd>(
    "SELECT name, done, rows, bytes, uncompressed_bytes, sha256 FROM files WHERE export_id = ?1 ORDER BY n",
    row.id,
  );
  const facts: Facts = {
    status: row.status,
    files: files.map(({ rows, bytes, uncompressed_bytes, sha256 }) => ({ rows, bytes, uncompressed_bytes, sha256 })),
    segments: segmentsWritten(play, segmentPrefix(of)),
    ids: files.flatMap((file) => idsIn(play.s3.objects.get(fileKey(of, file.name)))),
  };
  const { lost, doubled } = compare(rig.ids, facts.ids);
  figures.lost += lost;
  figures.doubled += doubled;
  expectSame("the events that were delivered", facts.ids, rig.ids);
  if (!first) expectSame("the files", facts.files, rig.expected.files);
  for (const [name, sha256] of Object.entries(first ? {} : facts.segments))
    expectSame(`segment ${name}`, sha256, rig.expected.segments[name]);
  expectSame("rows written", [row.rows_written, row.rows_total], [rig.ids.length, rig.ids.length]);
  expectManifest(play, of, files);
  expectSame("objects", play.s3.keysBelow(exportPrefix(of)), [...files.map((file) => fileKey(of, file.name)), manifestKey(of)].toSorted());
  for (const file of files) expectSame(`every write of ${file.name}`, hashesWritten(play, fileKey(of, file.name)), [file.sha256]);
  expectSame("every write of the manifest", hashesWritten(play, manifestKey(of)).length, 1);
  expectSame("uploads that were not ended", play.s3.uploadsBelow(exportPrefix(of)), []);
  return facts;
}

function expectManifest(play: Play, of: { space_id: string; id: string; plan: number }, files: FileEnd[]): void {
  const manifest = JSON.parse(new TextDecoder().decode(play.s3.objects.get(manifestKey(of)) ?? new Uint8Array())) as {
    files: FileEnd[];
    totals: Record<string, number>;
  };
  const said = manifest.files.map(({ name, rows, bytes, sha256 }) => ({ name, rows, bytes, sha256 }));
  const stored = files.map(({ name, rows, bytes }) => ({ name, rows, bytes, sha256: play.s3.sha256Of(fileKey(of, name)) }));
  expectSame("files in the manifest", said, stored);
  const sum = (of: (file: FileEnd) => number) => files.reduce((total, file) => total + of(file), 0);
  const totals = {
    files: files.length,
    rows: sum((file) => file.rows),
    bytes: sum((file) => file.bytes),
    uncompressed_bytes: sum((file) => file.uncompressed_bytes),
  };
  expectSame("totals in the manifest", manifest.totals, totals);
}

/** The different hashes that ever stood under a key. */
function hashesWritten(play: Play, key: string): string[] {
  return [...new Set(play.s3.writes.filter((write) => write.key === key).map((write) => write.sha256))];
}

function segmentsWritten(play: Play, prefix: string): Record<string, string> {
  const written = play.s3.writes.filter((write) => write.key.startsWith(prefix));
  return Object.fromEntries(
    [...new Set(written.map((write) => write.key))].map((key) => [key.slice(prefix.length), hashesWritten(play, key).join(" and ")]),
  );
}

function idsIn(object: Uint8Array | undefined): string[] {
  return object === undefined ? [] : lines<{ eventId: string }>(gunzip(object)).map((line) => line.eventId);
}

/** How many of the wanted are missing, and how many came more than once. */
export function compare(wanted: readonly string[], found: readonly string[]): { lost: number; doubled: number } {
  const distinct = new Set(found);
  return { lost: wanted.filter((id) => !distinct.has(id)).length, doubled: found.length - distinct.size };
}

async function query<Row>(sql: string, ...values: string[]): Promise<Row[]> {
  return (await env.CONTROL_DB.prepare(sql).bind(...values).all<Row>()).results;
}
