/**
 * Checks after every run: the export is final by legal transitions alone, it delivered what an undisturbed run
 * delivers, its webhooks have one id, and the bucket has no other objects.
 */

import type { ExportStatus } from "../../../src/db/exports/status.ts";
import { TRANSITIONS } from "../../../src/export/pipeline/state.ts";
import { exportPrefix } from "../../../src/export/delivery/object-keys.ts";
import { type ExportEnd, expectDelivered, type Facts } from "./delivered.ts";
import { expectSame, query, CheckFailed } from "./look.ts";
import type { Play } from "./play.ts";
import type { Rig } from "./rig.ts";
import type { Seen } from "./witness.ts";

/** Errors of the service's own bucket. */
const REFUSALS: ReadonlySet<string> = new Set(["destination_unavailable", "destination_conflict", "clock_skew"]);

export async function verify(rig: Rig, play: Play, { first }: { first: boolean }): Promise<Facts> {
  if (play.thrown.length > 0)
    throw new CheckFailed(`something was thrown where nothing may be: ${String(play.thrown[0])}`);
  const id = play.exportId;
  if (id === null) throw new CheckFailed("no export was created");
  const all = await query<{ id: string }>("SELECT id FROM exports WHERE space_id = ?1", rig.owner.id);
  expectSame(
    "exports that were created",
    all.map((row) => row.id),
    [id],
  );
  const [row] = await query<ExportEnd>(
    `SELECT id, space_id, status, plan_version, rows_total, error_code, error_owner, cleanup_at,
       (SELECT sum(rows_so_far) FROM export_chunks c WHERE c.export_id = e.id) AS rows_written FROM exports e WHERE id = ?1`,
    id,
  );
  if (row === undefined) throw new CheckFailed("the export is missing");
  await expectLegal(id, row);
  await expectNotified(play, row);
  for (const { code, owner } of play.failures)
    if (owner !== "service" || !REFUSALS.has(code))
      throw new CheckFailed(`it failed with ${code}, said to be the ${owner}'s`);
  if (row.status === "canceled" && play.canceled) return expectNothing(rig, play, row);
  expectSame("the final status", row.status, "completed");
  if (!play.mayFail) expectSame("how often it failed", play.failures, []);
  return expectDelivered(rig, play, row, first);
}

/** Each change of status is a legal transition, and finished rows of the ledger never change. */
async function expectLegal(id: string, row: ExportEnd): Promise<void> {
  const seen = await query<Seen>("SELECT what, before, after FROM witness WHERE export_id = ?1 ORDER BY rowid", id);
  let at: string = "";
  for (const { what, before, after } of seen) {
    if (what !== "status") throw new CheckFailed(`${what} was done as ${before} and then as ${after}`);
    const legal =
      before === "" ? after === "queued" : TRANSITIONS[before as ExportStatus].includes(after as ExportStatus);
    if (!legal || before !== at) throw new CheckFailed(`an illegal move: ${at} … ${before} → ${after}`);
    at = after;
  }
  expectSame("the last transition", at, row.status);
  expectSame("cleanup_at of the export", row.cleanup_at, null);
}

/** Each end has one entry in the timeline, one event, and is measured at most once. */
async function expectNotified(play: Play, row: ExportEnd): Promise<void> {
  const ends = [...play.failures.map(() => "failed"), row.status];
  const ownEvents = await query<{ type: string }>(
    `SELECT type FROM export_events WHERE export_id = ?1
       AND type IN ('export.completed', 'export.failed', 'export.canceled') ORDER BY n`,
    row.id,
  );
  expectSame(
    "ends in the timeline",
    ownEvents.map(({ type }) => type),
    ends.map((status) => `export.${status}`),
  );
  const deliveries = await query<{ event_id: string; status: string }>(
    "SELECT event_id, status FROM webhook_deliveries WHERE subject_id = ?1 ORDER BY event_id",
    row.id,
  );
  const events = ends.map((status, generation) => `evt_${row.id}_${status}_${generation}`);
  expectSame("events", deliveries.map((each) => each.event_id).toSorted(), events.toSorted());
  const measured = (status: string) => play.measured.filter((each) => each === status).length;
  for (const status of new Set(ends))
    if (measured(status) > ends.filter((each) => each === status).length)
      throw new CheckFailed(`${status} was measured ${measured(status)} times`);
  expectReceived(play, deliveries, events);
  await expectCounted(row, ends, deliveries.length);
}

/** Each end and each delivery is counted once, whatever was repeated. */
async function expectCounted(row: ExportEnd, ends: readonly string[], deliveries: number): Promise<void> {
  const [exports] = await query<Record<string, number>>(
    `SELECT sum(created) AS created, sum(completed) AS completed, sum(failed_customer + failed_service) AS failed,
       sum(canceled) AS canceled FROM daily_exports WHERE space_id = ?1`,
    row.space_id,
  );
  const ended = (status: string) => ends.filter((each) => each === status).length;
  expectSame("exports that were counted", exports, {
    created: 1,
    completed: ended("completed"),
    failed: ended("failed"),
    canceled: ended("canceled"),
  });
  const [webhooks] = await query<{ delivered: number }>(
    "SELECT sum(delivered) AS delivered FROM daily_webhooks WHERE space_id = ?1",
    row.space_id,
  );
  expectSame("deliveries that were counted", webhooks?.delivered, deliveries);
  const durations = await query<{ kind: string; n: number }>(
    "SELECT kind, sum(n) AS n FROM daily_durations WHERE space_id = ?1 GROUP BY kind ORDER BY kind",
    row.space_id,
  );
  const counted = [
    { kind: "export", n: ended("completed") },
    { kind: "webhook", n: deliveries },
  ];
  expectSame(
    "durations that were counted",
    durations,
    counted.filter(({ n }) => n > 0),
  );
}

/** Every event came, always under its own id and with the same body. */
function expectReceived(play: Play, deliveries: { event_id: string; status: string }[], events: string[]): void {
  expectSame(
    "deliveries",
    deliveries.map(({ status }) => status),
    deliveries.map(() => "delivered"),
  );
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
