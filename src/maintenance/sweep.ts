/**
 * The sweep, every minute (locally every few seconds): resends lost messages, runs schedules, and removes what has
 * expired. Each task is small and repeatable; the failure of one does not stop the others.
 */

import { listEncryptedWith, replaceSecret } from "../db/tenants/destinations.ts";
import { dropOldKeys } from "../db/exports/idempotency.ts";
import { deleteOldExports, purgeExport, hasUnpurgedExports, listPurgeable } from "../db/exports/cleanup.ts";
import { expireExport, listToExpire } from "../db/exports/transitions.ts";
import { claimStuckExports } from "../db/exports/progress.ts";
import { listDeletingSpaces, purgeControlRows, purgeSpaceRows } from "../db/tenants/spaces.ts";
import { entry } from "../db/exports/timeline.ts";
import { log, logFailure } from "../log.ts";
import { decrypt, encryptForStore, olderKeyIds } from "../outbound/encryption.ts";
import { erase } from "./erasure.ts";
import { type Context, MAX_INVOCATION_MS } from "../context.ts";
import { redispatchDeliveries } from "../webhooks/deliver.ts";
import { cleanUp } from "./cleanup.ts";
import { KEY_TTL_MS } from "../export/api/idempotency.ts";
import { retain } from "./retention.ts";
import { runSchedules } from "../schedules/run-due.ts";
import { dispatchDeliveries, dispatchIdle } from "../export/pipeline/dispatch.ts";
import { DAY_MS } from "../time/durations.ts";

const MAX_PER_SWEEP = 50;
/** Expiries, and deletions of old records, in one sweep. */
const MAX_ENDED = 400;
const PURGE_STEPS = 20;
/** How long the record of an ended export is kept. */
const RECORD_KEPT_MS = 90 * DAY_MS;

const TASKS: Record<string, (context: Context) => Promise<void>> = {
  resend,
  redispatchDeliveries,
  runSchedules,
  expire,
  cleanUp,
  deleteRecords,
  dropKeys,
  retain,
  erase,
  reencryptSecrets,
  purgeSpaces,
};

export async function sweep(context: Context): Promise<void> {
  const startedAt = context.runtime.now();
  for (const [name, task] of Object.entries(TASKS)) {
    try {
      await task(context);
    } catch (thrown) {
      logFailure("sweep.failed", thrown, { task: name });
    }
  }
  // The heartbeat: while this line is missing, lost messages are not resent.
  log("sweep", { ms: context.runtime.now() - startedAt });
}

/** Exports whose messages were lost, or never sent. */
async function resend(context: Context): Promise<void> {
  const { config, databases, runtime } = context;
  const { control } = databases;
  const now = runtime.now();
  for (const stuck of await claimStuckExports(control, now, config.resendAfterMs, MAX_PER_SWEEP)) {
    const { id, space_id, request_id, generation, phase, status } = stuck;
    const of = { space_id, export_id: id, request_id, generation };
    log("export.resent", { ...of, phase });
    await control.batch([entry({ space_id, id }, now, "export.resent", { phase })]);
    if (phase === "planning" || status === "queued") await context.send([{ ...of, step: "plan", n: 0 }]);
    else await dispatchIdle(context, of);
  }
}

async function expire(context: Pick<Context, "databases" | "runtime" | "sendWebhook">): Promise<void> {
  const { control } = context.databases;
  const now = context.runtime.now();
  for (const { id, space_id: spaceId, request_id } of await listToExpire(control, now, MAX_ENDED))
    if (await expireExport(control, { space_id: spaceId, id }, now)) {
      log("export.expired", { space_id: spaceId, export_id: id, request_id });
      await dispatchDeliveries(context, spaceId, id);
    }
}

/** The records of exports that ended long ago, or were deleted. */
async function deleteRecords(context: Pick<Context, "databases" | "runtime">): Promise<void> {
  const { control } = context.databases;
  const now = context.runtime.now();
  await deleteOldExports(control, now - RECORD_KEPT_MS, now, MAX_ENDED);
  for (const purgeable of await listPurgeable(control, MAX_ENDED)) await purgeExport(control, purgeable);
}

async function dropKeys(context: Pick<Context, "databases" | "runtime">): Promise<void> {
  await dropOldKeys(context.databases.control, context.runtime.now() - KEY_TTL_MS, 1_000);
}

/** After SECRETS_KEY was changed, destinations' access keys are encrypted again with the new key. */
async function reencryptSecrets(context: Pick<Context, "config" | "databases" | "runtime">): Promise<void> {
  const { config, databases, runtime } = context;
  const { control } = databases;
  const older = olderKeyIds(config.secretsKey);
  if (older.length === 0) return;
  for (const found of await listEncryptedWith(control, older, MAX_PER_SWEEP)) {
    try {
      const place = { purpose: "destination-secret", row: found.id } as const;
      const text = await decrypt(config.secretsKey, place, found.secret);
      await replaceSecret(
        control,
        found,
        await encryptForStore(config.secretsKey, place, text, runtime.randomBytes(12)),
      );
    } catch (thrown) {
      logFailure("destination.decrypt_failed", thrown, { space_id: found.space_id, destination_id: found.id });
    }
  }
}

/** Deletes the rows of deleted spaces, in slices. The files go first: their names are in the exports' rows. */
async function purgeSpaces(context: Pick<Context, "databases" | "runtime">): Promise<void> {
  for (const { id } of await listDeletingSpaces(context.databases.control, MAX_PER_SWEEP))
    await purgeSpace(context, id);
}

async function purgeSpace(context: Pick<Context, "databases" | "runtime">, spaceId: string): Promise<void> {
  const { control } = context.databases;
  for (let step = 0; step < PURGE_STEPS; step += 1) {
    if ((await purgeSpaceRows(context.databases.space(spaceId), spaceId)) > 0) continue;
    if (await hasUnpurgedExports(control, spaceId)) return;
    if ((await purgeControlRows(control, spaceId, context.runtime.now() - MAX_INVOCATION_MS)) === 0) return;
  }
}
