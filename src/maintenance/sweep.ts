/**
 * sweep: every minute (locally every few seconds), whatever is late is sent again, and what is over is put away. Each part is
 * small and repeatable; one that fails leaves the others to run.
 */

import { listEncryptedWith, replaceSecret } from "../db/tenants/destinations.ts";
import { dropOldKeys } from "../db/exports/idempotency.ts";
import { deleteOldExports, purgeExport, hasUnpurgedExports, listPurgeable } from "../db/exports/cleanup.ts";
import { expireExport, listToExpire } from "../db/exports/transitions.ts";
import { takeStuckExports } from "../db/exports/progress.ts";
import { listDeletingSpaces, purgeControlRows, purgeSpaceRows } from "../db/tenants/spaces.ts";
import { entry } from "../db/exports/timeline.ts";
import { log, logFailure } from "../log.ts";
import { decrypt, encryptForStore, olderKeyIds } from "../outbound/encryption.ts";
import { erase } from "./erasure.ts";
import { type Context, LAST_CALL_MS } from "../context.ts";
import { redispatchDeliveries } from "../webhooks/deliver.ts";
import { cleanUp } from "./cleanup.ts";
import { KEY_KEPT_MS } from "../export/api/idempotency.ts";
import { retain } from "./retention.ts";
import { runSchedules } from "../schedules/run-due.ts";
import { dispatchDeliveries, dispatchIdle } from "../export/pipeline/dispatch.ts";
import { DAY_MS } from "../time/durations.ts";

const MAX_AT_ONCE = 50;
/** Ends and records a minute. */
const MAX_ENDS = 400;
const PURGE_STEPS = 20;
/** The record of an export that is over stays this long. */
const RECORD_KEPT_MS = 90 * DAY_MS;

const PARTS: Record<string, (context: Context) => Promise<void>> = {
  resend,
  redispatchDeliveries,
  runSchedules,
  expire,
  cleanUp,
  forget,
  dropKeys,
  retain,
  erase,
  resealSecrets,
  purgeSpaces,
};

export async function sweep(context: Context): Promise<void> {
  const startedAt = context.runtime.now();
  for (const [name, part] of Object.entries(PARTS)) {
    try {
      await part(context);
    } catch (thrown) {
      logFailure("sweep.failed", thrown, { part: name });
    }
  }
  // The heartbeat: where this line is missing, nothing that was lost is found again.
  log("sweep", { ms: context.runtime.now() - startedAt });
}

/** Exports whose messages were lost, or never sent. */
async function resend(context: Context): Promise<void> {
  const { config, databases, runtime } = context;
  const { control } = databases;
  const now = runtime.now();
  for (const stuck of await takeStuckExports(control, now, config.resendAfterMs, MAX_AT_ONCE)) {
    const { id, space_id, request_id, generation, phase, status } = stuck;
    const of = { space_id, export_id: id, request_id, generation };
    log("export.resent", { ...of, phase });
    await control.batch([entry(space_id, id, now, "export.resent", { phase })]);
    if (phase === "planning" || status === "queued") await context.send([{ ...of, step: "plan", n: 0 }]);
    else await dispatchIdle(context, of);
  }
}

async function expire(context: Context): Promise<void> {
  const { control } = context.databases;
  const now = context.runtime.now();
  for (const { id, space_id: spaceId, request_id } of await listToExpire(control, now, MAX_ENDS))
    if (await expireExport(control, spaceId, id, now)) {
      log("export.expired", { space_id: spaceId, export_id: id, request_id });
      await dispatchDeliveries(context, spaceId, id);
    }
}

/** Records that nobody asks for any more. */
async function forget(context: Context): Promise<void> {
  const { control } = context.databases;
  const now = context.runtime.now();
  await deleteOldExports(control, now - RECORD_KEPT_MS, now, MAX_ENDS);
  for (const { id, space_id: spaceId } of await listPurgeable(control, MAX_ENDS))
    await purgeExport(control, spaceId, id);
}

async function dropKeys(context: Context): Promise<void> {
  await dropOldKeys(context.databases.control, context.runtime.now() - KEY_KEPT_MS, 1_000);
}

/** After SECRETS_KEY was changed, what destinations have sealed moves to the new key. */
async function resealSecrets(context: Context): Promise<void> {
  const { config, databases, runtime } = context;
  const { control } = databases;
  const older = olderKeyIds(config.secretsKey);
  if (older.length === 0) return;
  for (const found of await listEncryptedWith(control, older, MAX_AT_ONCE)) {
    try {
      const text = await decrypt(config.secretsKey, found.id, found.secret);
      await replaceSecret(
        control,
        found,
        await encryptForStore(config.secretsKey, found.id, text, runtime.randomBytes(12)),
      );
    } catch (thrown) {
      logFailure("destination.secret_does_not_open", thrown, { space_id: found.space_id, destination_id: found.id });
    }
  }
}

/** Deleted spaces' rows go a slice at a time; their files first, while their exports still tell their names. */
async function purgeSpaces(context: Context): Promise<void> {
  for (const { id } of await listDeletingSpaces(context.databases.control, MAX_AT_ONCE)) await purgeSpace(context, id);
}

async function purgeSpace(context: Context, spaceId: string): Promise<void> {
  const { control } = context.databases;
  for (let step = 0; step < PURGE_STEPS; step += 1) {
    if ((await purgeSpaceRows(context.databases.space(spaceId), spaceId)) > 0) continue;
    if (await hasUnpurgedExports(control, spaceId)) return;
    if ((await purgeControlRows(control, spaceId, context.runtime.now() - LAST_CALL_MS)) === 0) return;
  }
}
