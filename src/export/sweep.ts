/**
 * sweep: every minute (locally every few seconds), whatever is late is sent again, and what is over is put away. Each part is
 * small and repeatable; one that fails leaves the others to run.
 */

import { exportsToPurge, expireExports, hasUnpurgedExports, markPurged, takeStuckExports } from "../db/exports.ts";
import { listChunks } from "../db/chunks.ts";
import { listFiles } from "../db/files.ts";
import { listDeletingSpaces, purgeControlRows, purgeSpaceRows } from "../db/spaces.ts";
import { log, logFailure } from "../log.ts";
import type { Hall } from "./hall.ts";
import { fileKey, manifestKey, segmentKey } from "./objects.ts";
import { inParallel } from "./parallel.ts";
import { wakeIdle } from "./wake.ts";

const MOST_AT_ONCE = 50;
const PURGE_STEPS = 20;
/** No call and no step that was let in before its space was deleted is still at work after this. */
const LAST_CALL_MS = 15 * 60_000;

export async function sweep(hall: Hall): Promise<void> {
  for (const [name, part] of Object.entries({ resend, expire, purgeFiles, purgeSpaces })) {
    try {
      await part(hall);
    } catch (thrown) {
      logFailure("sweep.failed", thrown, { part: name });
    }
  }
}

/** Exports whose messages were lost, or never sent. */
async function resend(hall: Hall): Promise<void> {
  const { config, databases, world } = hall;
  const stuck = await takeStuckExports(databases.control, world.now(), config.resendAfterMs, MOST_AT_ONCE);
  for (const { id, space_id: spaceId, phase } of stuck) {
    log("export.resent", { space_id: spaceId, export_id: id, phase });
    if (phase === "planning") await hall.send([{ space_id: spaceId, export_id: id, step: "plan", n: 0 }]);
    else await wakeIdle(hall, spaceId, id);
  }
}

async function expire(hall: Hall): Promise<void> {
  await expireExports(hall.databases.control, hall.world.now(), MOST_AT_ONCE);
}

/** The files of expired exports, and of deleted spaces' ones, go from the service's own bucket. One that fails waits. */
async function purgeFiles(hall: Hall): Promise<void> {
  for (const row of await exportsToPurge(hall.databases.control, hall.world.now(), MOST_AT_ONCE)) {
    try {
      await purgeExport(hall, row);
    } catch (thrown) {
      logFailure("sweep.failed", thrown, { part: "purgeFiles", space_id: row.space_id, export_id: row.id });
    }
  }
}

async function purgeExport(hall: Hall, row: { id: string; space_id: string }): Promise<void> {
  const { control } = hall.databases;
  const files = await listFiles(control, row.space_id, row.id);
  const chunks = await listChunks(control, row.space_id, row.id);
  for (const file of files)
    if (file.upload_id !== null) await hall.bucket.abortUpload(fileKey(row, file.name), file.upload_id);
  const keys = [
    ...files.map((file) => fileKey(row, file.name)),
    ...(chunks.length === files.length ? [] : chunks.map((chunk) => segmentKey(row, chunk.n))),
    manifestKey(row),
  ];
  await inParallel(keys, 6, (key) => hall.bucket.delete(key));
  await markPurged(control, row.space_id, row.id, hall.world.now());
}

/** Deleted spaces' rows go a slice at a time; their files first, while their exports still tell their names. */
async function purgeSpaces(hall: Hall): Promise<void> {
  for (const { id } of await listDeletingSpaces(hall.databases.control, MOST_AT_ONCE)) await purgeSpace(hall, id);
}

async function purgeSpace(hall: Hall, spaceId: string): Promise<void> {
  const { control } = hall.databases;
  for (let step = 0; step < PURGE_STEPS; step += 1) {
    if ((await purgeSpaceRows(hall.databases.space(spaceId), spaceId)) > 0) continue;
    if (await hasUnpurgedExports(control, spaceId)) return;
    if ((await purgeControlRows(control, spaceId, hall.world.now() - LAST_CALL_MS)) === 0) return;
  }
}
