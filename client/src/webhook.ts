/** Verifies a webhook as Standard Webhooks defines it, and gives its body as a union by `type`. */

import { Webhook } from "standardwebhooks";
import { failure } from "./errors.ts";
import type { Webhooks } from "./generated/types.gen.ts";

/** Every event that a webhook can tell. */
export type WebhookEvent = Webhooks["body"];

/** Headers of the received request: of `fetch`, or of Node's `request.headers`. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

const SIGNED = ["webhook-id", "webhook-timestamp", "webhook-signature"] as const;

/**
 * @param body the request's body, exactly as it came: text, or bytes of UTF-8.
 * @param secret `whsec_…`; several while a secret is being rotated: one of them must fit.
 * @returns the event. The header `webhook-id` is the same in every attempt: keep it to work on an event once.
 * @throws SpillwayError `webhook_rejected`: no secret fits, a header is missing, or the request is older than 5
 * minutes.
 */
export function verifyWebhook(
  body: string | Uint8Array,
  headers: WebhookHeaders,
  secret: string | readonly string[],
): WebhookEvent {
  const secrets = typeof secret === "string" ? [secret] : secret;
  if (secrets.length === 0) throw new TypeError("No secret was given.");
  const text = typeof body === "string" ? body : new TextDecoder().decode(body);
  const signed = Object.fromEntries(SIGNED.map((name) => [name, valueOf(headers, name)]));
  const reasons: unknown[] = [];
  for (const each of secrets) {
    try {
      return readerOf(each).verify(text, signed) as WebhookEvent;
    } catch (thrown) {
      if (thrown instanceof TypeError) throw thrown;
      reasons.push(thrown);
    }
  }
  const [reason] = reasons;
  const why = reason instanceof Error ? reason.message : String(reason);
  const detail = `This is not a webhook of Spillway with this secret: ${why}.`;
  throw failure({ code: "webhook_rejected", status: 0, detail }, { cause: reason });
}

/** @throws TypeError where the secret is none: without showing it. */
function readerOf(secret: string): Webhook {
  try {
    return new Webhook(secret);
  } catch {
    throw new TypeError("The secret is not one of a webhook: those begin with whsec_.");
  }
}

function valueOf(headers: WebhookHeaders, name: string): string {
  if (headers instanceof Headers) return headers.get(name) ?? "";
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  return typeof found === "string" ? found : (found?.[0] ?? "");
}
