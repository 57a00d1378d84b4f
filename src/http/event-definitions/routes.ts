/** /v1/event-definitions: create, list, extend and delete event definitions. */

import * as z from "zod";
import { invalid, SpillwayError } from "../../errors.ts";
import { DefinitionId, MAX_PROPERTIES, Property } from "../../ingest/definition.ts";
import { idFromName } from "../../ingest/definition-id.ts";
import { listDefinitions } from "../../ingest/definition-lists.ts";
import { findDefinition } from "../../ingest/definitions.ts";
import { changeDefinition, createDefinition, deleteDefinition } from "../../ingest/write-definition.ts";
import { refuseOneTooMany } from "../caps.ts";
import { byId, list } from "../list.ts";
import { AttributeName, setOf } from "../profiles/routes.ts";
import { resource } from "../resource.ts";
import { found, json, route } from "../route.ts";
import { IdInPath, Name, SectionId, textOf } from "../schemas.ts";
import { CATEGORIES, show, Shown } from "./shown.ts";
import { versionOperations } from "./versions.ts";

const MAX_BYTES = 1_048_576;
const MAX_ATTRIBUTES = 1_000;

const Properties = z.array(Property).max(MAX_PROPERTIES);
const Description = textOf(2000).nullable();

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
      "Without an `id`, the definition gets one from its name: `Trip booked` becomes `tripBooked`. An id that is taken is a conflict (409). Events of the new definition are accepted at once. Later a definition can only be extended: see PATCH. A name of a property or list field that differs in letter case alone from one that the space's definitions or attributes have is a conflict (409): many readers take the two for one column. A spelling that a built-in definition has is always accepted.",
    auth: "events:write",
    body: {
      schema: z.strictObject({
        id: DefinitionId.nullish().meta({ description: "Default: made from the name." }),
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
      const { id, place } = idOf(body);
      await refuseOneTooMany(call, space, "event definition", id);
      const db = call.databases.space(space.id);
      return json(show(await createDefinition(db, space, { ...body, id }, place, call.runtime.now())), 201);
    },
  }),
  list({
    operationId: "listEventDefinitions",
    summary: "List event definitions",
    description:
      "The service's built-in definitions and the space's own, by id. A built-in definition that was never changed has version 1 and the space's creation time.",
    auth: "events:read",
    portal: ["exports:write"],
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
  ...versionOperations,
  route({
    method: "PATCH",
    path: "/{id}",
    operationId: "growEventDefinition",
    summary: "Extend an event definition",
    description:
      "New `properties` are appended, as are new fields of a list property; an existing property keeps its type. Each change increments `version`; the versions before stay readable below `/versions`. Built-in definitions accept new properties and a change of `enabled`; only `custom_event_1` to `custom_event_50` accept a new `name`.",
    auth: "events:write",
    params: IdInPath,
    body: {
      schema: z.strictObject({
        name: Name.optional(),
        description: Description.optional(),
        enabled: z.boolean().optional(),
        properties: Properties.optional(),
        attributes: setOf(AttributeName, MAX_ATTRIBUTES, (name) => name, [])
          .nullish()
          .meta({
            uniqueItems: true,
            description:
              "Of `customAttributeChanged` alone: replaces the list of attributes whose changes give events; null: every attribute that is not native; an empty list: none. An attribute that is not defined and that no profile has is rejected.",
          }),
      }),
      maxBytes: MAX_BYTES,
      example: { properties: [{ name: "currency", type: "text" }] },
    },
    responses: { 200: { description: "The definition as it is now.", schema: Shown } },
    errors: ["conflict"],
    async handle(call, { space, params: { id }, body }) {
      const db = call.databases.space(space.id);
      return json(show(found(await changeDefinition(db, space, id, body, call.runtime.now()))));
    },
  }),
  route({
    method: "DELETE",
    path: "/{id}",
    operationId: "deleteEventDefinition",
    summary: "Delete an event definition that was never used",
    description:
      "For a definition that was made by mistake. A definition that has had an event cannot be deleted, even if all its events are deleted, and a built-in one neither: 409. Set `enabled` to `false` to refuse their events. Schedules that name a deleted definition are refused from the next run on.",
    auth: "events:write",
    params: IdInPath,
    responses: { 204: { description: "The definition is deleted. Its id and its names are free." } },
    errors: ["conflict"],
    async handle(call, { space, params: { id } }) {
      if (!(await deleteDefinition(call.databases.space(space.id), space.id, id))) throw new SpillwayError("not_found");
      return new Response(null, { status: 204 });
    },
  }),
]);

/**
 * The id of a new definition, and the member of the body that says it.
 * @throws invalid_request for a name of which no id can be made.
 */
function idOf({ id, name }: { id?: string | null | undefined; name: string }): { id: string; place: "id" | "name" } {
  const made = id ?? idFromName(name);
  if (made === null)
    throw invalid({
      pointer: "/name",
      detail: "No id can be made of this name, which has no Latin letter and no digit. Send an `id` too.",
    });
  return { id: made, place: typeof id === "string" ? "id" : "name" };
}
