/**
 * /v1/webhook-endpoints: addresses that receive the space's webhooks. A secret is returned once, when it is created.
 */

import * as z from "zod";
import {
  deleteEndpoint,
  type EndpointRow,
  findEndpoint,
  insertEndpoint,
  listEndpoints,
  updateEndpoint,
} from "../../db/webhooks/endpoints.ts";
import { invalid, SpillwayError } from "../../errors.ts";
import { urlFault } from "../../outbound/url-guard.ts";
import { EVENT_TYPES } from "../../webhooks/events/index.ts";
import { byCreation, list } from "../list.ts";
import { resource } from "../resource.ts";
import { type Call, deleted, found, json, route } from "../route.ts";
import { IdInPath, times, timesOf, Url } from "../schemas.ts";
import { newSecret, Secret } from "./secrets.ts";

export const MAX_ENDPOINTS = 20;

const EndpointUrl = Url(2_000).meta({
  description: "An https address that is not private.",
  example: "https://shop.example/hooks/spillway",
});

const EventTypes = z
  .array(z.enum(EVENT_TYPES))
  .min(1)
  .refine((types) => new Set(types).size === types.length, "must name each event type at most once.");

export const Endpoint = z
  .object({
    id: z.uuid(),
    url: z.string(),
    event_types: z.array(z.enum(EVENT_TYPES)),
    enabled: z.boolean(),
    disabled_reason: z
      .string()
      .nullable()
      .meta({ description: "Why the service disabled the endpoint. `gone`: its address answered 410." }),
    ...times,
  })
  .meta({ id: "WebhookEndpoint" });

export const webhookEndpointsResource = resource("/v1/webhook-endpoints", "Webhooks", [
  route({
    method: "POST",
    operationId: "createWebhookEndpoint",
    summary: "Create a webhook endpoint",
    description: `From now on the endpoint receives the events of its types: an export of the space ended, or a schedule was paused. A space may have at most ${MAX_ENDPOINTS} endpoints.`,
    auth: "settings:write",
    portal: ["settings:write"],
    body: {
      schema: z.strictObject({
        url: EndpointUrl,
        event_types: EventTypes.default([...EVENT_TYPES]),
        enabled: z.boolean().default(true),
      }),
      example: { url: "https://shop.example/hooks/spillway", event_types: ["export.completed", "export.failed"] },
    },
    responses: {
      201: {
        description: "The endpoint. Its secret is returned only here.",
        schema: Endpoint.extend({ secret: Secret }).meta({ id: "NewWebhookEndpoint" }),
      },
    },
    errors: ["conflict"],
    async handle(call, { space, body }) {
      checkUrl(call, body.url);
      const now = call.runtime.now();
      const row: EndpointRow = {
        id: call.runtime.uuid(),
        space_id: space.id,
        url: body.url,
        event_types: JSON.stringify(body.event_types),
        enabled: Number(body.enabled),
        disabled_reason: null,
        created_at: now,
        updated_at: now,
      };
      const { secret, encryptedSecret } = await newSecret(call, row.id);
      if (!(await insertEndpoint(call.databases.control, row, encryptedSecret, MAX_ENDPOINTS)))
        throw new SpillwayError(
          "conflict",
          `A space may have at most ${MAX_ENDPOINTS} webhook endpoints. Delete one first.`,
        );
      return json({ ...showEndpoint(row), secret }, 201);
    },
  }),
  list({
    operationId: "listWebhookEndpoints",
    summary: "List webhook endpoints",
    auth: "settings:write",
    portal: ["settings:write"],
    item: Endpoint,
    page: "Endpoints without their secrets, newest first.",
    read: (call, { space, limit, after }) => listEndpoints(call.databases.control, space.id, limit, after),
    positionOf: byCreation,
    show: showEndpoint,
  }),
  route({
    method: "GET",
    path: "/{id}",
    operationId: "getWebhookEndpoint",
    summary: "Show a webhook endpoint",
    auth: "settings:write",
    portal: ["settings:write"],
    params: IdInPath,
    responses: { 200: { description: "The endpoint, without its secret.", schema: Endpoint } },
    async handle(call, { space, params }) {
      return json(showEndpoint(found(await findEndpoint(call.databases.control, space.id, params.id))));
    },
  }),
  route({
    method: "PATCH",
    path: "/{id}",
    operationId: "changeWebhookEndpoint",
    summary: "Change a webhook endpoint",
    description:
      "Pending deliveries go to the new address. Deliveries that come due while the endpoint is disabled fail.",
    auth: "settings:write",
    portal: ["settings:write"],
    params: IdInPath,
    body: {
      schema: z.strictObject({
        url: EndpointUrl.optional(),
        event_types: EventTypes.optional(),
        enabled: z.boolean().optional().meta({ description: "`true` also clears `disabled_reason`." }),
      }),
      example: { enabled: false },
    },
    responses: { 200: { description: "The endpoint as it is now.", schema: Endpoint } },
    async handle(call, { space, params, body }) {
      if (body.url !== undefined) checkUrl(call, body.url);
      const { url, event_types: types, enabled } = body;
      const change = { url, event_types: types === undefined ? undefined : JSON.stringify(types), enabled };
      const { control } = call.databases;
      return json(showEndpoint(found(await updateEndpoint(control, space.id, params.id, change, call.runtime.now()))));
    },
  }),
  route({
    method: "DELETE",
    path: "/{id}",
    operationId: "deleteWebhookEndpoint",
    summary: "Delete a webhook endpoint",
    auth: "settings:write",
    portal: ["settings:write"],
    params: IdInPath,
    responses: { 204: { description: "The endpoint is deleted. Its pending deliveries fail." } },
    async handle(call, { space, params }) {
      return deleted(await deleteEndpoint(call.databases.control, space.id, params.id));
    },
  }),
]);

/** @throws invalid_request for an address that the service may not call. */
function checkUrl(call: Call, url: string): void {
  const refusal = urlFault(url, call.config.allowInsecureTargets);
  if (refusal !== null) throw invalid({ pointer: "/url", detail: refusal });
}

export function showEndpoint(row: EndpointRow) {
  return {
    id: row.id,
    url: row.url,
    event_types: JSON.parse(row.event_types) as unknown,
    enabled: row.enabled === 1,
    disabled_reason: row.disabled_reason,
    ...timesOf(row),
  };
}
