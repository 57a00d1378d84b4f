/** What the list of deliveries asks for, how often it asks again, and what the last attempt says. */

import type { WebhookDelivery } from "spillway-client";
import { texts } from "../../texts.ts";
import { span } from "../../ui/format.ts";

export const STATUSES = ["pending", "delivered", "failed"] as const satisfies readonly WebhookDelivery["status"][];

/** The names in the address and in the query of the call. */
export interface DeliveryFilters {
  endpoint_id: string;
  export_id: string;
  status: "" | WebhookDelivery["status"];
}

const NAMES = ["endpoint_id", "export_id", "status"] as const satisfies readonly (keyof DeliveryFilters)[];

/** The filters that an address has. @param search without or with `?`. */
export function filtersIn(search: string): DeliveryFilters {
  const query = new URLSearchParams(search);
  const status = query.get("status") ?? "";
  return {
    endpoint_id: query.get("endpoint_id") ?? "",
    export_id: query.get("export_id") ?? "",
    status: STATUSES.find((each) => each === status) ?? "",
  };
}

/** The filters that are chosen, by name. */
export function chosen(filters: DeliveryFilters) {
  const { endpoint_id, export_id, status } = filters;
  return {
    ...(endpoint_id !== "" && { endpoint_id }),
    ...(export_id !== "" && { export_id }),
    ...(status !== "" && { status }),
  };
}

/** The query of an address with these filters; empty without any. */
export function searchOf(filters: DeliveryFilters): string {
  const query = new URLSearchParams(NAMES.flatMap((name) => (filters[name] === "" ? [] : [[name, filters[name]]])));
  return query.size === 0 ? "" : `?${query}`;
}

const POLL_MS = 5_000;
const SOON_MS = 60_000;

/** Milliseconds until the list is read again: while an attempt is due within a minute. @param now epoch ms */
export function pollDelay(deliveries: readonly WebhookDelivery[], now: number): number | false {
  const isSoon = ({ status, next_attempt_at: at }: WebhookDelivery) =>
    status === "pending" && (at === null || Date.parse(at) < now + SOON_MS);
  return deliveries.some(isSoon) ? POLL_MS : false;
}

type Attempt = WebhookDelivery["attempts"][number];

/** What the receiver answered: `204 after 0.1 s`, `503 after 15 s`, or why there was no answer. */
export function answerOf({ status_code: status, error, duration_ms: ms }: Attempt): string {
  const { errors, after } = texts.deliveries;
  const time = after(span(ms / 1000));
  if (status !== null)
    return error === null || error === "http_status" ? `${status} ${time}` : `${status}, ${errors[error]}`;
  return error === null ? time : `${errors[error]} ${time}`;
}
