/**
 * Telling the outside that an export has ended. Deliveries are rows, written with the move that ended the export; a message
 * only wakes one. Each attempt holds the row's lease, so a message that comes twice does no harm; an attempt that is cut off
 * after its POST is repeated with the same id and body. Nothing in here touches the export.
 */

import {
  type AttemptOutcome,
  leaseDelivery,
  type LeasedDelivery,
  recordAttempt,
  takeLostDeliveries,
} from "../db/webhooks/deliveries.ts";
import { findEndpointReceiver, findSpaceSecrets, type SealedSecrets } from "../db/webhooks/receivers.ts";
import { log, logFailure } from "../log.ts";
import { decrypt } from "../outbound/encryption.ts";
import { checkTarget } from "../outbound/url-guard.ts";
import { type Outcome, post } from "../outbound/webhook.ts";
import { renderBody } from "./events/index.ts";
import type { Context, WebhookMessage } from "../context.ts";
import { nextTryMs } from "./retry-schedule.ts";

/** Longer than an attempt can take: 5 s for its name, 15 s for its answer. */
const LEASE_MS = 60_000;
/** A message waits no longer than this in the queue; what is due later is left to the sweep. */
const MAX_DELAY_SECONDS = 86_400;
const MAX_AT_ONCE = 200;
const GONE = 410;

/** For the sweep: wakes deliveries whose messages seem lost. */
export async function redispatchDeliveries(context: Context): Promise<void> {
  const now = context.runtime.now();
  const { control } = context.databases;
  for (const { id, space_id } of await takeLostDeliveries(
    control,
    now,
    now - context.config.resendAfterMs,
    MAX_AT_ONCE,
  ))
    await context.sendWebhook({ space_id, delivery_id: id }, 0);
}

/**
 * Makes one attempt, if it is due, and sees to the next. Never throws, and a receiver that does not take it is no failure
 * of the message: only a database that does not answer is.
 */
export async function deliver(context: Context, message: WebhookMessage): Promise<"ack" | { retryInSeconds: number }> {
  const { space_id: spaceId, delivery_id: deliveryId } = message;
  try {
    const now = context.runtime.now();
    const leased = await leaseDelivery(context.databases.control, spaceId, deliveryId, now, now + LEASE_MS);
    if (leased !== null) await attempt(context, leased, now);
    return "ack";
  } catch (thrown) {
    logFailure("webhook.not_recorded", thrown, { space_id: spaceId, delivery_id: deliveryId });
    // By then the lease is over, whether it was taken or not.
    return { retryInSeconds: LEASE_MS / 1000 };
  }
}

async function attempt(context: Context, of: LeasedDelivery, at: number): Promise<void> {
  const made = await send(context, of);
  const tries = of.tries + 1;
  const taken = made.error === null;
  const delayMs = taken || made.final ? null : nextTryMs(tries, context.runtime.random(), made.retryAfterSeconds);
  const now = context.runtime.now();
  const recorded: AttemptOutcome = {
    at,
    durationMs: made.durationMs,
    statusCode: made.statusCode,
    error: made.error,
    status: taken ? "delivered" : delayMs === null ? "failed" : "pending",
    nextAttemptAt: delayMs === null ? null : now + delayMs,
    disable: made.gone === null ? null : { url: made.gone, reason: "gone" },
  };
  if (!(await recordAttempt(context.databases.control, of, recorded))) return;
  const outcome = recorded.status === "pending" ? "retrying" : recorded.status;
  log("webhook.attempt", {
    space_id: of.space_id,
    [`${of.subject_type}_id`]: of.subject_id,
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
  context.measure({ kind: "webhook", spaceId, eventType, outcome, attempt: tries, lagMs: now - eventAt });
  if (delayMs !== null) await wakeLater(context, of, delayMs);
}

/** A message that is not sent is made up for by the sweep. */
async function wakeLater(context: Context, of: LeasedDelivery, delayMs: number): Promise<void> {
  const delaySeconds = Math.ceil(delayMs / 1000);
  if (delaySeconds > MAX_DELAY_SECONDS) return;
  const about = { space_id: of.space_id, delivery_id: of.id };
  await context
    .sendWebhook(about, delaySeconds)
    .catch((thrown: unknown) => logFailure("webhook.not_sent", thrown, about));
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
async function send(context: Context, of: LeasedDelivery): Promise<Made> {
  const receiver = await receiverOf(context, of);
  if (typeof receiver === "string") return notSent(receiver, true);
  const { url, sealed } = receiver;
  let secrets: string[];
  try {
    secrets = await openAll(context, sealed);
  } catch (thrown) {
    logFailure("webhook.secret_does_not_open", thrown, { space_id: of.space_id, delivery_id: of.id });
    return notSent("internal", false);
  }
  const { fetch: reach, resolve, config, runtime } = context;
  const refused = await checkTarget(url, { allowInsecure: config.allowInsecureTargets, resolve });
  if (refused !== null) return notSent(refused, false);
  const outcome = await post(reach, () => runtime.now(), { url, id: of.event_id, body: renderBody(of), secrets });
  const gone = outcome.statusCode === GONE;
  return { ...outcome, final: gone, gone: gone ? url : null };
}

/** @returns the error's code where there is nobody to tell. */
async function receiverOf(
  context: Context,
  of: LeasedDelivery,
): Promise<{ url: string; sealed: SealedSecrets } | string> {
  const { control } = context.databases;
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
async function openAll(context: Context, from: SealedSecrets): Promise<string[]> {
  const { secretsKey } = context.config;
  const present = await decrypt(secretsKey, from.owner, from.secret);
  const both = from.previous_secret !== null && (from.previous_secret_until ?? 0) > context.runtime.now();
  return both ? [present, await decrypt(secretsKey, from.owner, from.previous_secret ?? "")] : [present];
}
