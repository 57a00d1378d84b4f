/**
 * The attempts of a webhook delivery. A delivery is a row of the outbox, and a message only triggers an attempt. Each
 * attempt leases the row, so that a duplicate message does nothing; an attempt that is cut off after its POST is
 * repeated with the same id and body. No attempt changes the export.
 */

import {
  type AttemptOutcome,
  deferDelivery,
  leaseDelivery,
  type LeasedDelivery,
  recordAttempt,
  takeLostDeliveries,
} from "../db/webhooks/deliveries.ts";
import { type EncryptedSecrets, findEndpointReceiver, findSpaceSecrets } from "../db/webhooks/receivers.ts";
import { log, logFailure } from "../log.ts";
import { decrypt } from "../outbound/encryption.ts";
import { checkTarget } from "../outbound/url-guard.ts";
import { type Outcome, post } from "../outbound/webhook.ts";
import type { Context, WebhookMessage } from "../context.ts";
import { renderBody } from "./events/index.ts";
import { nextTryMs } from "./retry-schedule.ts";
import { dayOf } from "../time/days.ts";

/** Longer than an attempt can take: 5 s for the DNS lookup, 15 s for the answer. */
const LEASE_MS = 60_000;
/**
 * Attempts under way at the same time. A receiver that does not answer takes its 15 seconds of its own space's share,
 * and of the six connections that an invocation has.
 */
const SHARE = { space: 4, endpoint: 2 };
/** How long a delivery waits while its share is used up: 5 to 15 seconds. */
const DEFER_MS = { min: 5_000, spread: 10_000 };
/** The queue's longest delay; the sweep dispatches what is due later. */
const MAX_DELAY_SECONDS = 86_400;
const REDISPATCHED = 200;
const GONE = 410;

/**
 * For the sweep, one slice: sends messages for deliveries that are overdue, because their messages were lost.
 * @returns whether more are due.
 */
export async function redispatchDeliveries(
  context: Pick<Context, "runtime" | "databases" | "config" | "budget" | "sendWebhook">,
): Promise<boolean> {
  const { control } = context.databases;
  do {
    const now = context.runtime.now();
    const lost = await takeLostDeliveries(control, now, now - context.config.resendAfterMs, REDISPATCHED);
    for (const { id, space_id } of lost) await context.sendWebhook({ space_id, delivery_id: id }, 0);
    if (lost.length < REDISPATCHED) return false;
  } while (!context.budget.isNearlySpent);
  return true;
}

type Sending = Pick<Context, "runtime" | "databases" | "config" | "fetch" | "resolve">;
type Attempting = Sending & Pick<Context, "sendWebhook" | "measure">;

/**
 * Makes one attempt if the delivery is due, and schedules the next.
 * @returns "ack" also when the receiver did not accept the event. The message is retried only when the database fails.
 */
export async function deliver(context: Attempting, message: WebhookMessage): Promise<Verdict> {
  const { space_id: spaceId, delivery_id: deliveryId } = message;
  try {
    const now = context.runtime.now();
    const lease = { now, until: now + LEASE_MS, share: SHARE };
    const leased = await leaseDelivery(context.databases.control, spaceId, deliveryId, lease);
    if (leased === null) await defer(context, message, now);
    else await attempt(context, leased, now);
    return "ack";
  } catch (thrown) {
    logFailure("webhook.record_failed", thrown, { space_id: spaceId, delivery_id: deliveryId });
    // The lease, if it was taken, has expired by then.
    return { retryInSeconds: LEASE_MS / 1000 };
  }
}

type Verdict = "ack" | { retryInSeconds: number };

/**
 * The same, for a consumer that does not wait for slow receivers: its next messages may be other spaces'.
 *
 * @param patience settles when the consumer stops waiting.
 * @param goOn receives an attempt that has not ended by then, and keeps it alive. If it is cut off, its lease expires
 *   and the sweep dispatches the delivery.
 */
export async function deliverWithin(
  context: Attempting,
  message: WebhookMessage,
  patience: Promise<void>,
  goOn: (attempt: Promise<unknown>) => void,
): Promise<Verdict> {
  const attempted = deliver(context, message);
  const verdict = await Promise.race([attempted, patience]);
  if (verdict !== undefined) return verdict;
  goOn(attempted);
  return "ack";
}

/** A due delivery for which there was no room waits for its turn, and holds no consumer up meanwhile. */
async function defer(context: Attempting, message: WebhookMessage, now: number): Promise<void> {
  const delayMs = DEFER_MS.min + Math.round(context.runtime.random() * DEFER_MS.spread);
  const { space_id: spaceId, delivery_id: deliveryId } = message;
  const isDeferred = await deferDelivery(context.databases.control, spaceId, deliveryId, { now, until: now + delayMs });
  if (isDeferred) await dispatchLater(context, message, delayMs);
}

async function attempt(context: Attempting, of: LeasedDelivery, at: number): Promise<void> {
  const sent = await send(context, of);
  const tries = of.tries + 1;
  const isAccepted = sent.error === null;
  const delayMs = isAccepted || sent.final ? null : nextTryMs(tries, context.runtime.random(), sent.retryAfterSeconds);
  const now = context.runtime.now();
  const recorded: AttemptOutcome = {
    at,
    durationMs: sent.durationMs,
    statusCode: sent.statusCode,
    error: sent.error,
    status: isAccepted ? "delivered" : delayMs === null ? "failed" : "pending",
    nextAttemptAt: delayMs === null ? null : now + delayMs,
    disable: sent.goneUrl === null ? null : { url: sent.goneUrl, reason: "gone" },
    day: dayOf(now, of.timezone),
    lagMs: isAccepted && of.tries === of.attempts ? now - of.event_at : null,
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
    status_code: sent.statusCode,
    error: sent.error,
    ms: sent.durationMs,
  });
  const { space_id: spaceId, event_type: eventType, event_at: eventAt } = of;
  context.measure({ kind: "webhook", spaceId, eventType, outcome, attempt: tries, lagMs: now - eventAt });
  if (delayMs !== null) await dispatchLater(context, { space_id: spaceId, delivery_id: of.id }, delayMs);
}

/** The sweep dispatches the attempt when this message cannot be sent. */
async function dispatchLater(
  context: Pick<Context, "sendWebhook">,
  message: WebhookMessage,
  delayMs: number,
): Promise<void> {
  const delaySeconds = Math.ceil(delayMs / 1000);
  if (delaySeconds > MAX_DELAY_SECONDS) return;
  await context
    .sendWebhook(message, delaySeconds)
    .catch((thrown: unknown) => logFailure("webhook.not_sent", thrown, { ...message }));
}

/** The outcome of an attempt, also of one that failed before its POST. */
interface Sent extends Omit<Outcome, "error"> {
  error: string | null;
  /** No further attempt can succeed. */
  final: boolean;
  /** The URL, when it answered 410. */
  goneUrl: string | null;
}

const notSent = (error: string, final: boolean): Sent => ({
  statusCode: null,
  error,
  retryAfterSeconds: null,
  durationMs: 0,
  final,
  goneUrl: null,
});

/** @throws when the database does not answer. */
async function send(context: Sending, of: LeasedDelivery): Promise<Sent> {
  const receiver = await findReceiver(context, of);
  if (typeof receiver === "string") return notSent(receiver, true);
  const { url, encrypted } = receiver;
  let secrets: string[];
  try {
    secrets = await decryptAll(context, encrypted);
  } catch (thrown) {
    logFailure("webhook.decrypt_failed", thrown, { space_id: of.space_id, delivery_id: of.id });
    return notSent("internal", false);
  }
  const { fetch: reach, resolve, config, runtime } = context;
  const refused = await checkTarget(url, { allowInsecure: config.allowInsecureTargets, resolve });
  if (refused !== null) return notSent(refused, false);
  const outcome = await post(reach, () => runtime.now(), { url, id: of.event_id, body: renderBody(of), secrets });
  const isGone = outcome.statusCode === GONE;
  return { ...outcome, final: isGone, goneUrl: isGone ? url : null };
}

/** @returns the error that the attempt records when there is no receiver. */
async function findReceiver(
  { databases: { control } }: Pick<Context, "databases">,
  of: LeasedDelivery,
): Promise<{ url: string; encrypted: EncryptedSecrets } | string> {
  if (of.endpoint_id !== null) {
    const endpoint = await findEndpointReceiver(control, of.space_id, of.endpoint_id);
    if (endpoint === null) return "endpoint_deleted";
    return endpoint.enabled === 1 ? { url: endpoint.url, encrypted: endpoint } : "endpoint_disabled";
  }
  const encrypted = await findSpaceSecrets(control, of.space_id);
  // Clients never see this error: a deleted space's deliveries are deleted too.
  return encrypted === null || of.url === null ? "space_deleted" : { url: of.url, encrypted };
}

/** The current secret, and for a day after a rotation the previous one. */
async function decryptAll({ config, runtime }: Sending, from: EncryptedSecrets): Promise<string[]> {
  const { secretsKey } = config;
  const place = { purpose: "webhook-secret", row: from.owner } as const;
  const current = await decrypt(secretsKey, place, from.secret);
  const previous = (from.previous_secret_until ?? 0) > runtime.now() ? from.previous_secret : null;
  return previous === null ? [current] : [current, await decrypt(secretsKey, place, previous)];
}
