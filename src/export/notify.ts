/**
 * Telling the outside that an export has ended. Deliveries are rows, written with the move that ended the export; a message
 * only wakes one. Each attempt holds the row's lease, so a message that comes twice does no harm; an attempt that is cut off
 * after its POST is repeated with the same id and body. Nothing in here touches the export.
 */

import {
  leaseDelivery,
  type LeasedDelivery,
  listDueOfExport,
  recordAttempt,
  type Recorded,
  takeLostDeliveries,
} from "../db/webhook-deliveries.ts";
import { findEndpointReceiver, findSpaceSecrets, type SealedSecrets } from "../db/webhook-receivers.ts";
import { log, logFailure } from "../log.ts";
import { open } from "../outbound/seal.ts";
import { checkTarget } from "../outbound/target.ts";
import { type Outcome, post, renderBody } from "../outbound/webhook.ts";
import type { Hall, WebhookMessage } from "./hall.ts";
import { nextTryMs } from "./webhook-schedule.ts";

/** Longer than an attempt can take: 5 s for its name, 15 s for its answer. */
const LEASE_MS = 60_000;
/** A message waits no longer than this in the queue; what is due later is left to the sweep. */
const MOST_DELAY_SECONDS = 86_400;
const MOST_AT_ONCE = 200;
const GONE = 410;

/** Wakes the deliveries of an export, or of a schedule, that are due. */
export async function wakeDeliveries(hall: Hall, spaceId: string, exportId: string): Promise<void> {
  const now = hall.world.now();
  for (const id of await listDueOfExport(hall.databases.control, spaceId, exportId, now))
    await hall.sendWebhook({ space_id: spaceId, delivery_id: id }, 0);
}

/** For the sweep: wakes deliveries whose messages seem lost. */
export async function resendDeliveries(hall: Hall): Promise<void> {
  const now = hall.world.now();
  const { control } = hall.databases;
  for (const { id, space_id } of await takeLostDeliveries(control, now, now - hall.config.resendAfterMs, MOST_AT_ONCE))
    await hall.sendWebhook({ space_id, delivery_id: id }, 0);
}

/**
 * Makes one attempt, if it is due, and sees to the next. Never throws, and a receiver that does not take it is no failure
 * of the message: only a database that does not answer is.
 */
export async function deliver(hall: Hall, message: WebhookMessage): Promise<"ack" | { retryInSeconds: number }> {
  const { space_id: spaceId, delivery_id: deliveryId } = message;
  try {
    const now = hall.world.now();
    const leased = await leaseDelivery(hall.databases.control, spaceId, deliveryId, now, now + LEASE_MS);
    if (leased !== null) await attempt(hall, leased, now);
    return "ack";
  } catch (thrown) {
    logFailure("webhook.not_recorded", thrown, { space_id: spaceId, delivery_id: deliveryId });
    // By then the lease is over, whether it was taken or not.
    return { retryInSeconds: LEASE_MS / 1000 };
  }
}

async function attempt(hall: Hall, of: LeasedDelivery, at: number): Promise<void> {
  const made = await send(hall, of);
  const tries = of.tries + 1;
  const taken = made.error === null;
  const delayMs = taken || made.final ? null : nextTryMs(tries, hall.world.random(), made.retryAfterSeconds);
  const now = hall.world.now();
  const recorded: Recorded = {
    at,
    durationMs: made.durationMs,
    statusCode: made.statusCode,
    error: made.error,
    status: taken ? "delivered" : delayMs === null ? "failed" : "pending",
    nextAttemptAt: delayMs === null ? null : now + delayMs,
    disable: made.gone === null ? null : { url: made.gone, reason: "gone" },
  };
  if (!(await recordAttempt(hall.databases.control, of, recorded))) return;
  const outcome = recorded.status === "pending" ? "retrying" : recorded.status;
  log("webhook.attempt", {
    space_id: of.space_id,
    ...(of.schedule_id === null ? { export_id: of.export_id } : { schedule_id: of.schedule_id }),
    request_id: of.request_id,
    delivery_id: of.id,
    endpoint_id: of.endpoint_id,
    n: of.attempts + 1,
    outcome,
    status_code: made.statusCode,
    error: made.error,
    ms: made.durationMs,
  });
  const { space_id: spaceId, event_type: eventType, event_at: eventAt } = of;
  hall.measure({ kind: "webhook", spaceId, eventType, outcome, attempt: tries, lagMs: now - eventAt });
  if (delayMs !== null) await wakeLater(hall, of, delayMs);
}

/** A message that is not sent is made up for by the sweep. */
async function wakeLater(hall: Hall, of: LeasedDelivery, delayMs: number): Promise<void> {
  const delaySeconds = Math.ceil(delayMs / 1000);
  if (delaySeconds > MOST_DELAY_SECONDS) return;
  const about = { space_id: of.space_id, delivery_id: of.id };
  await hall.sendWebhook(about, delaySeconds).catch((thrown: unknown) => logFailure("webhook.not_sent", thrown, about));
}

/** What became of an attempt, also where it did not get as far as a call. */
interface Made extends Omit<Outcome, "error"> {
  error: string | null;
  /** There is no use in another try. */
  final: boolean;
  /** The address that answered that nobody is there any more. */
  gone: string | null;
}

const notSent = (error: string, final: boolean): Made => ({
  statusCode: null,
  error,
  retryAfterSeconds: null,
  durationMs: 0,
  final,
  gone: null,
});

/** @throws when the database does not answer. */
async function send(hall: Hall, of: LeasedDelivery): Promise<Made> {
  const receiver = await receiverOf(hall, of);
  if (typeof receiver === "string") return notSent(receiver, true);
  const { url, sealed } = receiver;
  let secrets: string[];
  try {
    secrets = await openAll(hall, sealed);
  } catch (thrown) {
    logFailure("webhook.secret_does_not_open", thrown, { space_id: of.space_id, delivery_id: of.id });
    return notSent("internal", false);
  }
  const { fetch: reach, resolve, config, world } = hall;
  const refused = await checkTarget(url, { allowInsecure: config.allowInsecureTargets, resolve });
  if (refused !== null) return notSent(refused, false);
  const outcome = await post(reach, () => world.now(), { url, id: of.event_id, body: renderBody(of), secrets });
  const gone = outcome.statusCode === GONE;
  return { ...outcome, final: gone, gone: gone ? url : null };
}

/** @returns the error's code where there is nobody to tell. */
async function receiverOf(hall: Hall, of: LeasedDelivery): Promise<{ url: string; sealed: SealedSecrets } | string> {
  const { control } = hall.databases;
  if (of.endpoint_id !== null) {
    const endpoint = await findEndpointReceiver(control, of.space_id, of.endpoint_id);
    if (endpoint === null) return "endpoint_deleted";
    return endpoint.enabled === 1 ? { url: endpoint.url, sealed: endpoint } : "endpoint_disabled";
  }
  const sealed = await findSpaceSecrets(control, of.space_id);
  // A space that is being deleted takes its deliveries along.
  return sealed === null || of.url === null ? "space_deleted" : { url: of.url, sealed };
}

/** The present secret, and for a day after a change the one before it. */
async function openAll(hall: Hall, from: SealedSecrets): Promise<string[]> {
  const { secretsKey } = hall.config;
  const present = await open(secretsKey, from.owner, from.secret);
  const both = from.previous_secret !== null && (from.previous_secret_until ?? 0) > hall.world.now();
  return both ? [present, await open(secretsKey, from.owner, from.previous_secret ?? "")] : [present];
}
