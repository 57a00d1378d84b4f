/** /v1/webhook-deliveries: list deliveries with every attempt, and deliver one again. */

import * as z from "zod";
import {
  type AttemptRow,
  type DeliveryRow,
  findDelivery,
  listAttempts,
  listDeliveries,
  restartDelivery,
} from "../../db/webhooks/deliveries.ts";
import { SpillwayError } from "../../errors.ts";
import { logFailure } from "../../log.ts";
import { EVENT_TYPES } from "../../webhooks/events/index.ts";
import { iso } from "../../time/names.ts";
import { byCreation, list } from "../list.ts";
import { resource } from "../resource.ts";
import { json, route } from "../route.ts";
import { IdInPath, Time } from "../schemas.ts";

const Status = z.enum(["pending", "delivered", "failed"]);

const Delivery = z
  .object({
    id: z.string(),
    webhook_id: z.string().meta({ description: "The event's id, which the receiver gets in `webhook-id`." }),
    type: z.enum(EVENT_TYPES),
    export_id: z.string().nullable().meta({ description: "null for a delivery about a schedule." }),
    schedule_id: z.string().nullable().meta({ description: "null for a delivery about an export." }),
    endpoint_id: z.string().nullable().meta({ description: "null for a delivery to the export's `callback_url`." }),
    status: Status,
    created_at: Time,
    next_attempt_at: Time.nullable(),
    attempts: z.array(
      z.object({
        n: z.int(),
        at: Time,
        duration_ms: z.int(),
        status_code: z.int().nullable(),
        error: z
          .enum([
            "http_status",
            "redirected",
            "timeout",
            "connection_failed",
            "target_not_allowed",
            "target_unresolved",
            "endpoint_disabled",
            "endpoint_deleted",
            "internal",
          ])
          .nullable()
          .meta({ description: "null if the receiver accepted the webhook." }),
      }),
    ),
  })
  .meta({ id: "WebhookDelivery" });

export const webhookDeliveriesResource = resource("/v1/webhook-deliveries", "Webhooks", [
  list({
    operationId: "listWebhookDeliveries",
    summary: "List webhook deliveries",
    auth: "settings:write",
    portal: ["settings:write"],
    filters: { export_id: z.string().optional(), endpoint_id: z.string().optional(), status: Status.optional() },
    item: Delivery,
    page: "Deliveries with their attempts, newest first.",
    async read(call, { space, filters, limit, after }) {
      const { control } = call.databases;
      const { export_id: subjectId = null, endpoint_id: endpointId = null, status = null } = filters;
      const rows = await listDeliveries(control, space.id, { subjectId, endpointId, status, limit, after });
      const shown = rows.slice(0, limit - 1).map((row) => row.id);
      const attempts = Map.groupBy(await listAttempts(control, space.id, shown), (each) => each.delivery_id);
      return rows.map((row) => ({ ...row, attempts: attempts.get(row.id) ?? [] }));
    },
    positionOf: byCreation,
    show,
  }),
  route({
    method: "POST",
    path: "/{id}/redeliver",
    operationId: "redeliverWebhook",
    summary: "Deliver a webhook again",
    description:
      "Sends the same event with the same `webhook-id` at once, and restarts its schedule of attempts. A delivery with an attempt that is due or in progress is answered with 409. A space may ask for 10 redeliveries in any 60 seconds.",
    auth: "settings:write",
    portal: ["settings:write"],
    limit: "redeliver",
    params: IdInPath,
    responses: { 202: { description: "The delivery is due now.", schema: Delivery } },
    errors: ["conflict"],
    async handle(call, { space, params: { id } }) {
      const { control } = call.databases;
      const row = await restartDelivery(control, space.id, id, call.runtime.now());
      if (row === null) {
        if ((await findDelivery(control, space.id, id)) === null) throw new SpillwayError("not_found");
        throw new SpillwayError(
          "conflict",
          "An attempt of this delivery is due or in progress. Try again when it has ended.",
        );
      }
      const about = { space_id: space.id, delivery_id: id };
      // The row is due: if sending the message fails here, the sweep sends one.
      await call.context
        .sendWebhook(about, 0)
        .catch((thrown: unknown) => logFailure("webhook.not_sent", thrown, about));
      return json(show({ ...row, attempts: await listAttempts(control, space.id, [id]) }), 202);
    },
  }),
]);

function show({ attempts, ...row }: DeliveryRow & { attempts: readonly AttemptRow[] }) {
  return {
    id: row.id,
    webhook_id: row.event_id,
    type: row.event_type,
    export_id: row.subject_type === "export" ? row.subject_id : null,
    schedule_id: row.subject_type === "schedule" ? row.subject_id : null,
    endpoint_id: row.endpoint_id,
    status: row.status,
    created_at: iso(row.created_at),
    next_attempt_at: row.next_attempt_at === null ? null : iso(row.next_attempt_at),
    attempts: attempts.map(({ n, at, duration_ms, status_code, error }) => ({
      n,
      at: iso(at),
      duration_ms,
      status_code,
      error,
    })),
  };
}
