/**
 * A webhook as its receiver sees it, by Standard Webhooks (github.com/standard-webhooks/standard-webhooks): the body, the
 * signature, one POST. The same event gives the same body each time. What the receiver answers is not read, and an attempt
 * never throws: what became of it is a value.
 */

import * as z from "zod";
import { publicError } from "../errors.ts";

export const EVENT_TYPES = ["export.completed", "export.failed", "export.canceled", "export.expired"] as const;

export type EventType = (typeof EVENT_TYPES)[number];

const Time = z.iso
  .datetime()
  .meta({ description: "RFC 3339, UTC, with milliseconds.", example: "2026-01-15T10:23:58.902Z" });

/** As `publicError` says it: to the poll as to a receiver. */
export const ExportError = z.object({
  code: z.string(),
  message: z.string(),
  owner: z.enum(["customer", "service"]),
  retryable: z.boolean(),
});

export const WebhookBody = z
  .object({
    type: z.enum(EVENT_TYPES),
    timestamp: Time.meta({ description: "When it happened: the same in every attempt." }),
    data: z.object({
      export_id: z.string(),
      dataset: z.string(),
      status: z.enum(["completed", "failed", "canceled", "expired"]),
      rows: z.int().meta({ description: "In its files." }),
      files: z.int(),
      completed_at: Time.nullable().meta({ description: "When it ended." }),
      error: ExportError.nullable().meta({
        description: "Of a failed export: what went wrong, and whose turn it is.",
      }),
    }),
  })
  .meta({ id: "WebhookBody" });

/** What is stored of an event when it happens. */
export interface WebhookEvent {
  event_type: string;
  /** Epoch ms. */
  event_at: number;
  /** JSON. */
  data: string;
}

interface StoredData extends Omit<z.output<typeof WebhookBody>["data"], "completed_at" | "error"> {
  completed_at: number | null;
  error_code: string | null;
  error_owner: "customer" | "service" | null;
  /** Missing in what was stored before it was known. */
  error_detail?: string | null;
  error_retryable?: number | null;
}

/** The body's text. It names no file and no address: whoever may see those asks for the export. */
export function renderBody({ event_type, event_at, data }: WebhookEvent): string {
  const { export_id, dataset, status, rows, files, completed_at, ...error } = JSON.parse(data) as StoredData;
  return JSON.stringify({
    type: event_type as EventType,
    timestamp: new Date(event_at).toISOString(),
    data: {
      export_id,
      dataset,
      status,
      rows,
      files,
      completed_at: completed_at === null ? null : new Date(completed_at).toISOString(),
      error: publicError(error.error_code, error.error_owner, {
        detail: error.error_detail,
        retryable: error.error_retryable,
      }),
    },
  } satisfies z.output<typeof WebhookBody>);
}

const SECRET_PREFIX = "whsec_";

/** @param bytes 24 to 64 unpredictable ones. */
export function secretOf(bytes: Uint8Array): string {
  return `${SECRET_PREFIX}${Buffer.from(bytes).toString("base64")}`;
}

/** One signature for each secret, so that a receiver may know either while they change. */
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
  /** The event's: the same in every attempt. */
  id: string;
  body: string;
  /** `whsec_…`; the present one first. */
  secrets: readonly string[];
}

/** What became of an attempt. `error` is short and public; null: the receiver took it. */
export interface Outcome {
  statusCode: number | null;
  error: "timeout" | "connection_failed" | "redirected" | "http_status" | null;
  /** How long the receiver asks to be left alone. */
  retryAfterSeconds: number | null;
  durationMs: number;
}

const ANSWERED_WITHIN_MS = 15_000;

/** @param now epoch ms. */
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
      signal: AbortSignal.timeout(ANSWERED_WITHIN_MS),
    });
  } catch (thrown) {
    const error = thrown instanceof Error && thrown.name === "TimeoutError" ? "timeout" : "connection_failed";
    return { statusCode: null, error, retryAfterSeconds: null, durationMs: now() - startedAt };
  }
  const durationMs = now() - startedAt;
  // A connection that breaks now takes nothing back.
  await response.body?.cancel().catch(() => {});
  const { status: statusCode, ok } = response;
  if (ok) return { statusCode, error: null, retryAfterSeconds: null, durationMs };
  const error = statusCode >= 300 && statusCode < 400 ? "redirected" : "http_status";
  return { statusCode, error, retryAfterSeconds: retryAfter(response.headers.get("retry-after"), now()), durationMs };
}

const MOST_RETRY_AFTER_SECONDS = 86_400;

/** Seconds, or a date (RFC 9110, section 10.2.3); a day at most. @returns null where it says neither. */
export function retryAfter(header: string | null, now: number): number | null {
  const text = header?.trim() ?? "";
  // Without letters it is no date, though Date.parse takes many a number for one.
  const seconds = /^\d+$/.test(text)
    ? Number(text)
    : /[A-Za-z]/.test(text)
      ? (Date.parse(text) - now) / 1000
      : Number.NaN;
  if (Number.isNaN(seconds)) return null;
  return Math.min(MOST_RETRY_AFTER_SECONDS, Math.max(0, Math.ceil(seconds)));
}
