import { COMPLETED_AT, type Examples, EXPORT_ID, TIMES } from "../example-values.ts";

const ENDPOINT = {
  id: "0d5b7e1c-93aa-4c6f-8e21-6f4b2d9c1a37",
  url: "https://shop.example/hooks/spillway",
  event_types: ["export.completed", "export.failed"],
  enabled: true,
  disabled_reason: null,
  ...TIMES,
};

const NEXT_SECRET = { secret: "whsec_<secret>", previous_secret_expires_at: "2026-01-16T10:23:45.123Z" };

const EVENT_ID = `evt_${EXPORT_ID}_completed_0`;

const DELIVERY = {
  id: `${EVENT_ID}.${ENDPOINT.id}`,
  webhook_id: EVENT_ID,
  type: "export.completed",
  export_id: EXPORT_ID,
  schedule_id: null,
  endpoint_id: ENDPOINT.id,
  status: "delivered",
  created_at: COMPLETED_AT,
  next_attempt_at: null,
  attempts: [
    { n: 1, at: "2026-01-15T10:23:58.960Z", duration_ms: 118, status_code: 503, error: "http_status" },
    { n: 2, at: "2026-01-15T10:24:04.611Z", duration_ms: 74, status_code: 204, error: null },
  ],
};

export const webhookExamples: Examples = {
  WebhookEndpoint: ENDPOINT,
  changeWebhookEndpoint: { ...ENDPOINT, enabled: false },
  NewWebhookEndpoint: { ...ENDPOINT, secret: "whsec_<secret>" },
  RotatedWebhookEndpoint: { ...ENDPOINT, ...NEXT_SECRET },
  RotatedWebhookSecret: {
    webhook_secret: NEXT_SECRET.secret,
    previous_secret_expires_at: NEXT_SECRET.previous_secret_expires_at,
  },
  WebhookDelivery: DELIVERY,
  redeliverWebhook: { ...DELIVERY, status: "pending", next_attempt_at: "2026-01-15T11:00:00.000Z" },
};
