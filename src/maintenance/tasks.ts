/**
 * The tasks of the sweep. One call does a slice: it ends when nothing more is due, or when the invocation's budget is
 * nearly spent. What is due is found by the times in the rows, so a slice needs no memory of the one before; a task
 * whose rows have no such time gets a cursor.
 */

import { listEncryptedWith, replaceSecret } from "../db/tenants/destinations.ts";
import { dropOldKeys } from "../db/exports/idempotency.ts";
import { dropOldSessions } from "../db/tenants/portal-sessions.ts";
import { deleteOldExports, purgeExport, listPurgeable } from "../db/exports/cleanup.ts";
import { expireExport, listToExpire } from "../db/exports/transitions.ts";
import { claimStuckExports } from "../db/exports/progress.ts";
import { dropOldRuns } from "../db/schedules/history.ts";
import { recordSweep } from "../db/health/heartbeats.ts";
import { entry } from "../db/exports/timeline.ts";
import { log, logFailure } from "../log.ts";
import { decrypt, encryptForStore, olderKeyIds } from "../outbound/encryption.ts";
import { erase } from "./erasure.ts";
import type { Context, MaintenanceTask } from "../context.ts";
import { redispatchDeliveries } from "../webhooks/deliver.ts";
import { cleanUp } from "./cleanup.ts";
import { measureHomes } from "./home-sizes.ts";
import { moveSpaces } from "./moves.ts";
import { pruneVersions } from "./pruning.ts";
import { purgeSpaces } from "./purge.ts";
import { verifyExports } from "./verifications.ts";
import { KEY_TTL_MS } from "../export/api/idempotency.ts";
import { retain } from "./retention.ts";
import { runSchedules } from "../schedules/run-due.ts";
import { dispatchDeliveries, dispatchIdle } from "../export/pipeline/dispatch.ts";
import { DAY_MS } from "../time/durations.ts";

/** Rows of one query that a slice works through before it asks the budget again. */
const ROWS = 50;
/** Exports that are claimed at a time: to send the messages of one takes three queries. */
const STUCK = 25;
/** Rows that one statement deletes. */
const DELETED_ROWS = 1_000;
/** How long the record of an ended export or of a run is kept. */
const RECORD_KEPT_MS = 90 * DAY_MS;

/** How long an expired link to a portal is known: until then who opens it is told that it has expired. */
const SESSION_KEPT_MS = 7 * DAY_MS;

/** How a slice begins and goes on. */
export interface Slice {
  /** Where the slice before ended: a cursor of the task's own; empty for the first slice. */
  after: string;
  /** Sends the message of the next slice at once, so that both may run at the same time. */
  goOn: () => Promise<void>;
}

/**
 * Does one slice. @returns whether more is due now; a text is a cursor, after which the next slice begins.
 * @throws what fails: the next sweep begins the task again.
 */
export type Task = (context: Context, slice: Slice) => Promise<boolean | string>;

export const TASKS: Readonly<Record<MaintenanceTask, Task>> = {
  erase: (context) => erase(context),
  retain: (context) => retain(context),
  purgeSpaces: (context, { after }) => purgeSpaces(context, after),
  moveSpaces: (context) => moveSpaces(context),
  resend: (context) => resend(context),
  redispatchDeliveries: (context) => redispatchDeliveries(context),
  runSchedules: (context, { goOn }) => runSchedules(context, goOn),
  verifyExports: (context) => verifyExports(context),
  expire: (context) => expire(context),
  cleanUp: (context) => cleanUp(context),
  deleteRecords: (context) => deleteRecords(context),
  deleteRuns: (context) => deleteRuns(context),
  dropKeys: (context) => dropKeys(context),
  pruneVersions: (context) => pruneVersions(context),
  measureHomes: (context) => measureHomes(context),
  reencryptSecrets: (context, { after }) => reencryptSecrets(context, after),
  recordSweep: (context) => beat(context),
};

/** The cron fired, its messages were delivered, and the control database takes writes. */
async function beat({ databases, runtime }: Pick<Context, "databases" | "runtime">): Promise<false> {
  await recordSweep(databases.control, runtime.now());
  return false;
}

/** Exports whose messages were lost, or never sent. */
async function resend(context: Context): Promise<boolean> {
  const { budget, config, databases, runtime } = context;
  const { control } = databases;
  do {
    const now = runtime.now();
    const claimed = await claimStuckExports(control, now, config.resendAfterMs, STUCK);
    for (const stuck of claimed) {
      const { id, space_id, request_id, generation, phase, status } = stuck;
      const of = { space_id, export_id: id, request_id, generation };
      log("export.resent", { ...of, phase });
      await control.batch([entry({ space_id, id }, now, "export.resent", { phase })]);
      if (phase === "planning" || status === "queued") await context.send([{ ...of, step: "plan", n: 0 }]);
      else await dispatchIdle(context, of);
    }
    if (claimed.length < STUCK) return false;
  } while (!budget.isNearlySpent);
  return true;
}

async function expire(context: Pick<Context, "budget" | "databases" | "runtime" | "sendWebhook">): Promise<boolean> {
  const { control } = context.databases;
  for (;;) {
    const now = context.runtime.now();
    const due = await listToExpire(control, now, ROWS);
    for (const { id, space_id: spaceId, request_id } of due) {
      if (await expireExport(control, { space_id: spaceId, id }, now)) {
        log("export.expired", { space_id: spaceId, export_id: id, request_id });
        await dispatchDeliveries(context, spaceId, id);
      }
      if (context.budget.isNearlySpent) return true;
    }
    if (due.length < ROWS) return false;
  }
}

/** The records of exports that ended long ago, or were deleted. */
async function deleteRecords(context: Pick<Context, "budget" | "databases" | "runtime">): Promise<boolean> {
  const { control } = context.databases;
  for (;;) {
    const now = context.runtime.now();
    const old = await deleteOldExports(control, now - RECORD_KEPT_MS, now, ROWS);
    const purgeable = await listPurgeable(control, ROWS);
    for (const of of purgeable) {
      await purgeExport(control, of);
      if (context.budget.isNearlySpent) return true;
    }
    if (purgeable.length < ROWS && old < ROWS) return false;
  }
}

/** The history of schedules' runs. */
async function deleteRuns(context: Pick<Context, "budget" | "databases" | "runtime">): Promise<boolean> {
  const { control } = context.databases;
  do {
    if (!(await dropOldRuns(control, context.runtime.now() - RECORD_KEPT_MS, DELETED_ROWS))) return false;
  } while (!context.budget.isNearlySpent);
  return true;
}

/** Idempotency keys, and links and sessions of portals. */
async function dropKeys(context: Pick<Context, "budget" | "databases" | "runtime">): Promise<boolean> {
  const { control } = context.databases;
  do {
    const now = context.runtime.now();
    const keys = await dropOldKeys(control, now - KEY_TTL_MS, DELETED_ROWS);
    const sessions = await dropOldSessions(control, now - SESSION_KEPT_MS, DELETED_ROWS);
    if (keys < DELETED_ROWS && sessions < DELETED_ROWS) return false;
  } while (!context.budget.isNearlySpent);
  return true;
}

/**
 * After SECRETS_KEY was changed, destinations' access keys are encrypted again with the new key.
 * @param after the id of the destination before the slice.
 */
async function reencryptSecrets(context: Context, after: string): Promise<false | string> {
  const { budget, config, databases, runtime } = context;
  const { control } = databases;
  const older = olderKeyIds(config.secretsKey);
  if (older.length === 0) return false;
  let last = after;
  do {
    const found = await listEncryptedWith(control, older, last, ROWS);
    for (const each of found) {
      try {
        const place = { purpose: "destination-secret", row: each.id } as const;
        const text = await decrypt(config.secretsKey, place, each.secret);
        const encrypted = await encryptForStore(config.secretsKey, place, text, runtime.randomBytes(12));
        await replaceSecret(control, each, encrypted);
      } catch (thrown) {
        logFailure("destination.decrypt_failed", thrown, { space_id: each.space_id, destination_id: each.id });
      }
    }
    if (found.length < ROWS) return false;
    last = found.at(-1)?.id ?? last;
  } while (!budget.isNearlySpent);
  return last;
}
