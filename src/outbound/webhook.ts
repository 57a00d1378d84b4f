/**
 * A webhook as its receiver sees it, by Standard Webhooks (github.com/standard-webhooks/standard-webhooks): the body, the
 * signature, one POST. The same event gives the same body each time. What the receiver answers is not read, and an attempt
 * never throws: what became of it is a value.
 */

import * as z from "zod";
import { publicError } from "../errors.ts";

export const EXPORT_EVENTS = ["export.completed", "export.failed", "export.canceled", "export.expired"] as const;
export const SCHEDULE_PAUSED = "schedule.paused";
export const EVENT_TYPES = [...EXPORT_EVENTS, SCHEDULE_PAUSED] as const;

/** What is told of an export. */
export type ExportEvent = (typeof EXPORT_EVENTS)[number];

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
    type: z.enum(EXPORT_EVENTS),
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

export const SchedulePausedBody = z
  .object({
    type: z.literal(SCHEDULE_PAUSED),
    timestamp: Time.meta({ description: "When it happened: the same in every attempt." }),
    data: z.object({
      schedule_id: z.string(),
      name: z.string(),
      paused_at: Time,
      paused_reason: z.literal("failures"),
      failures: z.int().meta({ description: "Runs in a row that failed." }),
      last_export_id: z
        .string()
        .nullable()
        .meta({ description: "The export of the last of them; null: it could not be asked for." }),
      error: ExportError.nullable().meta({
        description: "What went wrong with the last of them, and whose turn it is.",
      }),
    }),
  })
  .meta({ id: "SchedulePausedBody" });

/** What is stored of an event when it happens. */
export interface WebhookEvent {
  event_type: string;
  /** Epoch ms. */
  event_at: number;
  /** JSON. */
  data: string;
}

/** An error as it is stored. */
interface StoredError {
  error_code: string | null;
  error_owner: "customer" | "service" | null;
  /** Missing in what was stored before it was known. */
  error_detail?: string | null;
  error_retryable?: number | null;
}

type Data<Body extends z.ZodType<{ data: object }>, Stored extends string> = Omit<z.output<Body>["data"], Stored>;

interface StoredData extends Data<typeof WebhookBody, "completed_at" | "error">, StoredError {
  completed_at: number | null;
}

interface StoredPause extends Data<typeof SchedulePausedBody, "paused_at" | "error">, StoredError {
  paused_at: number;
}

const errorOf = ({ error_code, error_owner, error_detail, error_retryable }: StoredError) =>
  publicError(error_code, error_owner, { detail: error_detail, retryable: error_retryable });

/** The body's text. It names no file and no address: whoever may see those asks for the export. */
export function renderBody(event: WebhookEvent): string {
  return event.event_type === SCHEDULE_PAUSED ? renderPause(event) : renderEnd(event);
}

function renderPause({ event_at, data }: WebhookEvent): string {
  const { schedule_id, name, paused_at, paused_reason, failures, last_export_id, ...error } = JSON.parse(
    data,
  ) as StoredPause;
  return JSON.stringify({
    type: SCHEDULE_PAUSED,
    timestamp: new Date(event_at).toISOString(),
    data: {
      schedule_id,
      name,
      paused_at: new Date(paused_at).toISOString(),
      paused_reason,
      failures,
      last_export_id,
      error: errorOf(error),
    },
  } satisfies z.output<typeof SchedulePausedBody>);
}

function renderEnd({ event_type, event_at, data }: WebhookEvent): string {
  const { export_id, dataset, status, rows, files, completed_at, ...error } = JSON.parse(data) as StoredData;
  return JSON.stringify({
    type: event_type as ExportEvent,
    timestamp: new Date(event_at).toISOString(),
    data: {
      export_id,
      dataset,
      status,
      rows,
      files,
      completed_at: completed_at === null ? null : new Date(completed_at).toISOString(),
      error: errorOf(error),
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

const MAX_RETRY_AFTER_SECONDS = 86_400;

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
  return Math.min(MAX_RETRY_AFTER_SECONDS, Math.max(0, Math.ceil(seconds)));
}
