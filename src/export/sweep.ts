/**
 * sweep: every minute (locally every few seconds), whatever is late is sent again, and what is over is put away. Each part is
 * small and repeatable; one that fails leaves the others to run.
 */

import { listSealedWith, reseal } from "../db/destinations.ts";
import { dropOldKeys } from "../db/idempotency.ts";
import { deleteOldExports, forgetExport, hasUnpurgedExports, listForgettable } from "../db/leftovers.ts";
import { expireExport, listToExpire } from "../db/moves.ts";
import { takeStuckExports } from "../db/progress.ts";
import { listDeletingSpaces, purgeControlRows, purgeSpaceRows } from "../db/spaces.ts";
import { entry } from "../db/timeline.ts";
import { log, logFailure } from "../log.ts";
import { open, sealForStore, olderKeyIds } from "../outbound/seal.ts";
import { erase } from "./erase.ts";
import { type Hall, LAST_CALL_MS } from "./hall.ts";
import { resendDeliveries, wakeDeliveries } from "./notify.ts";
import { putAway } from "./put-away.ts";
import { KEY_KEPT_MS } from "./reservation.ts";
import { retain } from "./retention.ts";
import { runSchedules } from "./schedule.ts";
import { wakeIdle } from "./wake.ts";

const MOST_AT_ONCE = 50;
/** Ends and records a minute. */
const MOST_ENDS = 400;
const PURGE_STEPS = 20;
/** The record of an export that is over stays this long. */
const RECORD_KEPT_MS = 90 * 86_400_000;

const PARTS: Record<string, (hall: Hall) => Promise<void>> = {
  resend,
  resendDeliveries,
  runSchedules,
  expire,
  putAway,
  forget,
  dropKeys,
  retain,
  erase,
  resealSecrets,
  purgeSpaces,
};

export async function sweep(hall: Hall): Promise<void> {
  const startedAt = hall.world.now();
  for (const [name, part] of Object.entries(PARTS)) {
    try {
      await part(hall);
    } catch (thrown) {
      logFailure("sweep.failed", thrown, { part: name });
    }
  }
  // The heartbeat: where this line is missing, nothing that was lost is found again.
  log("sweep", { ms: hall.world.now() - startedAt });
}

/** Exports whose messages were lost, or never sent. */
async function resend(hall: Hall): Promise<void> {
  const { config, databases, world } = hall;
  const { control } = databases;
  const now = world.now();
  for (const stuck of await takeStuckExports(control, now, config.resendAfterMs, MOST_AT_ONCE)) {
    const { id, space_id, request_id, generation, phase, status } = stuck;
    const of = { space_id, export_id: id, request_id, generation };
    log("export.resent", { ...of, phase });
    await control.batch([entry(space_id, id, now, "export.resent", { phase })]);
    if (phase === "planning" || status === "queued") await hall.send([{ ...of, step: "plan", n: 0 }]);
    else await wakeIdle(hall, of);
  }
}

async function expire(hall: Hall): Promise<void> {
  const { control } = hall.databases;
  const now = hall.world.now();
  for (const { id, space_id: spaceId, request_id } of await listToExpire(control, now, MOST_ENDS))
    if (await expireExport(control, spaceId, id, now)) {
      log("export.expired", { space_id: spaceId, export_id: id, request_id });
      await wakeDeliveries(hall, spaceId, id);
    }
}

/** Records that nobody asks for any more. */
async function forget(hall: Hall): Promise<void> {
  const { control } = hall.databases;
  const now = hall.world.now();
  await deleteOldExports(control, now - RECORD_KEPT_MS, now, MOST_ENDS);
  for (const { id, space_id: spaceId } of await listForgettable(control, MOST_ENDS))
    await forgetExport(control, spaceId, id);
}

async function dropKeys(hall: Hall): Promise<void> {
  await dropOldKeys(hall.databases.control, hall.world.now() - KEY_KEPT_MS, 1_000);
}

/** After SECRETS_KEY was changed, what destinations have sealed moves to the new key. */
async function resealSecrets(hall: Hall): Promise<void> {
  const { config, databases, world } = hall;
  const { control } = databases;
  const older = olderKeyIds(config.secretsKey);
  if (older.length === 0) return;
  for (const found of await listSealedWith(control, older, MOST_AT_ONCE)) {
    try {
      const text = await open(config.secretsKey, found.id, found.secret);
      await reseal(control, found, await sealForStore(config.secretsKey, found.id, text, world.randomBytes(12)));
    } catch (thrown) {
      logFailure("destination.secret_does_not_open", thrown, { space_id: found.space_id, destination_id: found.id });
    }
  }
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
