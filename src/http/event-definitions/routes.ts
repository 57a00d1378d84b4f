/** /v1/event-definitions: create, list and extend event definitions. */

import * as z from "zod";
import { insertDefinition } from "../../db/events/definitions.ts";
import { SpillwayError } from "../../errors.ts";
import { builtIn } from "../../ingest/catalogue/catalogue.ts";
import { applyChange } from "../../ingest/definition-change.ts";
import { checkProperties, DefinitionId, MAX_PROPERTIES, Property } from "../../ingest/definition.ts";
import { changeDefinition, type Definition, findDefinition, listDefinitions } from "../../ingest/definitions.ts";
import { refuseOneTooMany } from "../caps.ts";
import { byId, list } from "../list.ts";
import { resource } from "../resource.ts";
import { found, json, route } from "../route.ts";
import { IdInPath, Name, SectionId, textOf, times, timesOf } from "../schemas.ts";

const CATEGORIES = ["custom", "template", "people", "channel", "product", "conversion"] as const;
const MAX_BYTES = 1_048_576;

const Properties = z.array(Property).max(MAX_PROPERTIES);
const Description = textOf(2000).nullable();

const Shown = z
  .object({
    id: DefinitionId,
    name: z.string(),
    description: z.string().nullable(),
    section_id: z.string(),
    category: z.enum(CATEGORIES),
    enabled: z.boolean(),
    version: z.number().int(),
    properties: z.array(Property),
    ...times,
  })
  .meta({ id: "EventDefinition" });

const example = {
  id: "order_placed",
  name: "Order placed",
  properties: [
    { name: "order_id", type: "text", required: true },
    { name: "amount", type: "number" },
    { name: "lines", type: "list", fields: [{ name: "sku", type: "text" }] },
  ],
};

export const eventDefinitionsResource = resource("/v1/event-definitions", "Event definitions", [
  route({
    method: "POST",
    operationId: "createEventDefinition",
    summary: "Define a custom event",
    description:
      "Events of the new definition are accepted at once. Later a definition can only be extended: see PATCH.",
    auth: "events:write",
    body: {
      schema: z.strictObject({
        id: DefinitionId,
        name: Name,
        description: Description.default(null),
        section_id: SectionId.nullish().transform((id) => id ?? "default"),
        category: z.literal("custom").default("custom"),
        enabled: z.boolean().default(true),
        properties: Properties.default([]),
      }),
      maxBytes: MAX_BYTES,
      example,
    },
    responses: { 201: { description: "The definition.", schema: Shown } },
    errors: ["conflict"],
    async handle(call, { space, body }) {
      checkProperties(body.id, body.properties);
      await refuseOneTooMany(call, space, "event definition", body.id);
      const now = call.runtime.now();
      const definition: Definition = { ...body, version: 1, created_at: now, updated_at: now, stored: true };
      const row = { ...definition, enabled: body.enabled ? 1 : 0, properties: JSON.stringify(body.properties) };
      const isNew = builtIn(body.id) === undefined;
      if (!isNew || !(await insertDefinition(call.databases.space(space.id), space.id, row)))
        throw new SpillwayError("conflict", `An event definition ${body.id} already exists. Extend it with PATCH.`);
      return json(show(definition), 201);
    },
  }),
  list({
    operationId: "listEventDefinitions",
    summary: "List event definitions",
    description:
      "The service's built-in definitions and the space's own, by id. A built-in definition that was never changed has version 1 and the space's creation time.",
    auth: "events:read",
    filters: {
      category: z.enum(CATEGORIES).optional(),
      q: z.string().max(200).optional().meta({ description: "Text in the id or the name, in any case." }),
    },
    item: Shown,
    page: "Definitions, by id.",
    read: (call, { space, filters: { category = null, q = null }, limit, after }) =>
      listDefinitions(call.databases.space(space.id), space, { category, q, afterId: after?.id ?? null, limit }),
    positionOf: byId,
    show,
  }),
  route({
    method: "GET",
    path: "/{id}",
    operationId: "getEventDefinition",
    summary: "Show an event definition",
    auth: "events:read",
    params: IdInPath,
    responses: { 200: { description: "The definition.", schema: Shown } },
    async handle(call, { space, params: { id } }) {
      return json(show(found(await findDefinition(call.databases.space(space.id), space, id))));
    },
  }),
  route({
    method: "PATCH",
    path: "/{id}",
    operationId: "growEventDefinition",
    summary: "Extend an event definition",
    description:
      "New `properties` are appended, as are new fields of a list property; an existing property keeps its type. Each change increments `version`. Built-in definitions accept new properties and a change of `enabled`; only `custom_event_1` to `custom_event_50` accept a new `name`.",
    auth: "events:write",
    params: IdInPath,
    body: {
      schema: z.strictObject({
        name: Name.optional(),
        description: Description.optional(),
        enabled: z.boolean().optional(),
        properties: Properties.optional(),
      }),
      maxBytes: MAX_BYTES,
      example: { properties: [{ name: "currency", type: "text" }] },
    },
    responses: { 200: { description: "The definition as it is now.", schema: Shown } },
    errors: ["conflict"],
    async handle(call, { space, params: { id }, body }) {
      const db = call.databases.space(space.id);
      const old = found(await findDefinition(db, space, id));
      const next = applyChange(old, body, call.runtime.now());
      if (next === null) return json(show(old));
      if (!(await changeDefinition(db, space.id, old, next)))
        throw new SpillwayError(
          "conflict",
          "Another call changed this definition at the same time. Send the request again.",
        );
      return json(show(next));
    },
  }),
]);

function show(definition: Definition) {
  return {
    id: definition.id,
    name: definition.name,
    description: definition.description,
    section_id: definition.section_id,
    category: definition.category,
    enabled: definition.enabled,
    version: definition.version,
    properties: definition.properties,
    ...timesOf(definition),
  };
}
