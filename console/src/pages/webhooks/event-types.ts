/** The events that a webhook can tell, and the names of the webhooks' lists in the cache. */

import type { WebhookEndpoint } from "spillway-client";
import { texts } from "../../texts.ts";

export type EventType = WebhookEndpoint["event_types"][number];

/** In the order of the forms. The texts have a sentence about every type. */
export const EVENT_TYPES = Object.keys(texts.webhooks.types satisfies Record<EventType, string>) as EventType[];

export const ENDPOINTS_KEY = ["webhook-endpoints"] as const;
export const DELIVERIES_KEY = ["webhook-deliveries"] as const;
