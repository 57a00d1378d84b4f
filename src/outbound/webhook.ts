/**
 * One POST of a webhook as Standard Webhooks describes it (github.com/standard-webhooks/standard-webhooks): its
 * headers, its signature, and how the receiver's answer counts. An attempt never throws: its outcome is a value.
 */

const SECRET_PREFIX = "whsec_";

/** Writes a signing secret as `whsec_<base64>`. @param bytes 24 to 64 random bytes. */
export function formatSecret(bytes: Uint8Array): string {
  return `${SECRET_PREFIX}${Buffer.from(bytes).toString("base64")}`;
}

/** One signature for each secret: while a secret changes, a receiver may know either. */
async function sign(secrets: readonly string[], id: string, seconds: number, body: string): Promise<string> {
  const text = new TextEncoder().encode(`${id}.${seconds}.${body}`);
  const signatures = secrets.map(async (secret) => {
    const bytes = Buffer.from(secret.slice(SECRET_PREFIX.length), "base64");
    const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    return `v1,${Buffer.from(await crypto.subtle.sign("HMAC", key, text)).toString("base64")}`;
  });
  return (await Promise.all(signatures)).join(" ");
}

export interface Webhook {
  url: string;
  /** The event's id: the same in every attempt. */
  id: string;
  body: string;
  /** `whsec_…`; the current one first. */
  secrets: readonly string[];
}

/** The outcome of an attempt. */
export interface Outcome {
  statusCode: number | null;
  /** Null: the receiver accepted the event, which any 2xx means. The API shows it. */
  error: "timeout" | "connection_failed" | "redirected" | "http_status" | null;
  /** From the receiver's `Retry-After`. */
  retryAfterSeconds: number | null;
  durationMs: number;
}

const ANSWER_TIMEOUT_MS = 15_000;

/**
 * Signs and sends one attempt. It follows no redirect and does not read the answer's body.
 * @param now epoch ms.
 */
export async function post(reach: typeof fetch, now: () => number, webhook: Webhook): Promise<Outcome> {
  const { url, id, body, secrets } = webhook;
  const startedAt = now();
  const seconds = Math.floor(startedAt / 1000);
  const signature = await sign(secrets, id, seconds, body);
  let response: Response;
  try {
    response = await reach(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "user-agent": "Spillway-Webhooks/1.0",
        "webhook-id": id,
        "webhook-timestamp": String(seconds),
        "webhook-signature": signature,
      },
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
  } catch (thrown) {
    const error = thrown instanceof Error && thrown.name === "TimeoutError" ? "timeout" : "connection_failed";
    return { statusCode: null, error, retryAfterSeconds: null, durationMs: now() - startedAt };
  }
  const durationMs = now() - startedAt;
  // The answer's status has arrived: a connection that breaks now does not change the outcome.
  await response.body?.cancel().catch(() => {});
  const { status: statusCode, ok } = response;
  if (ok) return { statusCode, error: null, retryAfterSeconds: null, durationMs };
  const error = statusCode >= 300 && statusCode < 400 ? "redirected" : "http_status";
  return { statusCode, error, retryAfterSeconds: retryAfter(response.headers.get("retry-after"), now()), durationMs };
}

const MAX_RETRY_AFTER_SECONDS = 86_400;

/**
 * Reads `Retry-After`: seconds, or a date (RFC 9110, section 10.2.3). @returns seconds, a day at most; null if it is
 * neither.
 */
export function retryAfter(header: string | null, now: number): number | null {
  const text = header?.trim() ?? "";
  // Date.parse also accepts many numbers: a text without letters is not a date.
  const seconds = /^\d+$/.test(text)
    ? Number(text)
    : /[A-Za-z]/.test(text)
      ? (Date.parse(text) - now) / 1000
      : Number.NaN;
  if (Number.isNaN(seconds)) return null;
  return Math.min(MAX_RETRY_AFTER_SECONDS, Math.max(0, Math.ceil(seconds)));
}
