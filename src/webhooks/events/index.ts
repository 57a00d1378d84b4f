/**
 * The registry of webhook events: a new event type is a file in this folder and a line in FAMILIES. The API's
 * `event_types`, the OpenAPI document and the bodies that are sent all read it.
 */

import type * as z from "zod";
import { damagedEvents } from "./damaged.ts";
import { exportEvents } from "./exports.ts";
import { type EventFamily, isoTime } from "./family.ts";
import { scheduleEvents } from "./schedules.ts";

const FAMILIES = [exportEvents, damagedEvents, scheduleEvents] as const;

export type EventType = z.output<(typeof FAMILIES)[number]["body"]>["type"];

const BY_TYPE = new Map<string, EventFamily>(
  FAMILIES.flatMap((family) => Object.keys(family.summaries).map((type) => [type, family] as const)),
);

export const EVENT_TYPES = [...BY_TYPE.keys()] as EventType[];

/** @throws when no family has the type. */
export function familyOf(type: string): EventFamily {
  const family = BY_TYPE.get(type);
  if (family === undefined) throw new Error(`${type} is not a registered event type`);
  return family;
}

/** An event as the outbox stores it. */
export interface WebhookEvent {
  event_type: string;
  /** Epoch ms. */
  event_at: number;
  /** JSON. */
  data: string;
}

/** The text of a webhook's body. The same event gives the same text in every attempt. */
export function renderBody({ event_type, event_at, data }: WebhookEvent): string {
  return JSON.stringify({
    type: event_type,
    timestamp: isoTime(event_at),
    data: familyOf(event_type).data(JSON.parse(data) as object),
  });
}
