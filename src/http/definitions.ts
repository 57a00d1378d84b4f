/** Event definitions over HTTP. */

import * as z from "zod";
import {
  type DefinitionRow,
  findDefinition,
  insertDefinition,
  listDefinitions,
  replaceDefinition,
} from "../db/definitions.ts";
import { SpillwayError } from "../errors.ts";
import { checkProperties, DefinitionId, grow, MOST_PROPERTIES, Property } from "../events/definition.ts";
import { iso } from "../time/names.ts";
import { json, route } from "./route.ts";
import { listOf, listQuery, Name, page, readCursor, textOf, Time } from "./schemas.ts";

const CATEGORIES = ["custom", "template", "people", "channel", "product", "conversion"] as const;
const MAX_BYTES = 1_048_576;

const Properties = z.array(Property).max(MOST_PROPERTIES);
const Description = textOf(2000).nullable();
const SectionId = z.string().regex(/^[A-Za-z0-9_.-]{1,100}$/);

const Definition = z
  .object({
    id: DefinitionId,
    name: z.string(),
    description: z.string().nullable(),
    section_id: z.string(),
    category: z.enum(CATEGORIES),
    enabled: z.boolean(),
    version: z.number().int(),
    properties: z.array(Property),
    created_at: Time,
    updated_at: Time,
  })
  .meta({ id: "EventDefinition" });

const params = z.object({ id: z.string() });
const example = {
  id: "order_placed",
  name: "Order placed",
  properties: [
    { name: "order_id", type: "text", required: true },
    { name: "amount", type: "number" },
    { name: "lines", type: "list", fields: [{ name: "sku", type: "text" }] },
  ],
};

export const definitionRoutes = [
  route({
    method: "POST",
    path: "/v1/event-definitions",
    operationId: "createEventDefinition",
    summary: "Define a custom event",
    description: "Events of it can be sent at once. Afterwards a definition only grows: see PATCH.",
    tag: "Event definitions",
    auth: "events:write",
    body: {
      schema: z.strictObject({
        id: DefinitionId,
        name: Name,
        description: Description.default(null),
        section_id: SectionId.default("default"),
        category: z.literal("custom").default("custom"),
        enabled: z.boolean().default(true),
        properties: Properties.default([]),
      }),
      maxBytes: MAX_BYTES,
      example,
    },
    responses: { 201: { description: "The definition.", schema: Definition } },
    errors: ["conflict"],
    async handle(call, { space, body }) {
      checkProperties(body.properties);
      const now = call.world.now();
      const row: DefinitionRow = {
        ...body,
        version: 1,
        enabled: body.enabled ? 1 : 0,
        properties: JSON.stringify(body.properties),
        created_at: now,
        updated_at: now,
      };
      if (!(await insertDefinition(call.databases.space(space.id), space.id, row)))
        throw new SpillwayError("conflict", `There is an event definition ${body.id} already. Add to it with PATCH.`);
      return json(show(row), 201);
    },
  }),
  route({
    method: "GET",
    path: "/v1/event-definitions",
    operationId: "listEventDefinitions",
    summary: "List event definitions",
    tag: "Event definitions",
    auth: "events:read",
    query: z.strictObject({
      category: z.enum(CATEGORIES).optional(),
      q: z.string().max(200).optional().meta({ description: "Found in the id or the name, whatever the case." }),
      ...listQuery,
    }),
    responses: { 200: { description: "Definitions, by id.", schema: listOf(Definition) } },
    async handle(call, { space, query }) {
      const rows = await listDefinitions(call.databases.space(space.id), space.id, {
        category: query.category ?? null,
        q: query.q ?? null,
        afterId: readCursor(query.cursor)?.id ?? null,
        limit: query.limit + 1,
      });
      return page(call, rows, query.limit, (row) => ({ time: 0, id: row.id }), show);
    },
  }),
  route({
    method: "GET",
    path: "/v1/event-definitions/{id}",
    operationId: "getEventDefinition",
    summary: "Show an event definition",
    tag: "Event definitions",
    auth: "events:read",
    params,
    responses: { 200: { description: "The definition.", schema: Definition } },
    errors: ["not_found"],
    async handle(call, { space, params: { id } }) {
      const row = await findDefinition(call.databases.space(space.id), space.id, id);
      if (row === null) throw new SpillwayError("not_found");
      return json(show(row));
    },
  }),
  route({
    method: "PATCH",
    path: "/v1/event-definitions/{id}",
    operationId: "growEventDefinition",
    summary: "Add to an event definition",
    description:
      "`properties` are added at the end, and fields to a list's; one that is there keeps its type. Each change raises `version`.",
    tag: "Event definitions",
    auth: "events:write",
    params,
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
    responses: { 200: { description: "The definition as it is now.", schema: Definition } },
    errors: ["not_found", "conflict"],
    async handle(call, { space, params: { id }, body }) {
      const db = call.databases.space(space.id);
      const old = await findDefinition(db, space.id, id);
      if (old === null) throw new SpillwayError("not_found");
      const row: DefinitionRow = {
        ...old,
        name: body.name ?? old.name,
        description: body.description === undefined ? old.description : body.description,
        enabled: body.enabled === undefined ? old.enabled : body.enabled ? 1 : 0,
        properties: JSON.stringify(grow(propertiesOf(old), body.properties ?? [])),
      };
      if (JSON.stringify(row) === JSON.stringify(old)) return json(show(old));
      const next = { ...row, version: old.version + 1, updated_at: call.world.now() };
      if (!(await replaceDefinition(db, space.id, next)))
        throw new SpillwayError("conflict", "The definition was changed by another call at the same time. Try again.");
      return json(show(next));
    },
  }),
];

function propertiesOf(row: DefinitionRow): Property[] {
  return z.array(Property).parse(JSON.parse(row.properties));
}

function show(row: DefinitionRow) {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    section_id: row.section_id,
    category: row.category,
    enabled: row.enabled === 1,
    version: row.version,
    properties: propertiesOf(row),
    created_at: iso(row.created_at),
    updated_at: iso(row.updated_at),
  };
}
