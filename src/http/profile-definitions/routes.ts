/**
 * /v1/attributes, /v1/tags, /v1/topics: definitions of what profiles have. /v1/sections: the sections that they belong
 * to.
 */

import * as z from "zod";
import {
  type AttributeType,
  type DefinedKind,
  type ProfileDefinitionRow,
  putProfileDefinition,
} from "../../db/profiles/definitions.ts";
import { DEFAULT_SECTION, listSections } from "../../db/core/sections.ts";
import { invalid, SpillwayError } from "../../errors.ts";
import { NATIVE_MARK, nativeAttribute } from "../../ingest/native-attributes.ts";
import { findDefined, listDefined } from "../../ingest/profile-definitions.ts";
import { checkSpellings } from "../../ingest/spellings.ts";
import { AttributeName } from "../profiles/routes.ts";
import { refuseOneTooMany } from "../caps.ts";
import { byId, list } from "../list.ts";
import { type Resource, resource } from "../resource.ts";
import { found, json, route } from "../route.ts";
import { Id, IdInPath, Name, SectionId, times, timesOf } from "../schemas.ts";

const TYPES = ["text", "boolean", "date", "number"] as const satisfies readonly AttributeType[];

const Type = z
  .enum(TYPES)
  .meta({ description: "`date`: a text with an RFC 3339 time, with an offset, or a plain day (`2026-01-31`)." });
const shown = { id: z.string(), section_id: z.string(), name: z.string() };
const sent = {
  section_id: SectionId.nullish()
    .transform((id) => id ?? DEFAULT_SECTION)
    .meta({ description: "A new section is created." }),
  name: Name,
};

/** How the three kinds of definitions differ. */
interface Kind {
  kind: DefinedKind;
  /** Part of operation ids; its plural, of paths. */
  one: string;
  /** With its article, for texts. */
  an: string;
  id: z.ZodType<string>;
  body: z.ZodType<{ section_id: string; name: string; type?: AttributeType }>;
  example: unknown;
  shape: z.ZodType;
  /** An addition to the description of PUT. */
  remarks: string;
  show: (row: ProfileDefinitionRow) => unknown;
}

const attribute: Kind = {
  kind: "attribute",
  one: "Attribute",
  an: "an attribute",
  id: AttributeName,
  body: z.strictObject({ ...sent, type: Type }),
  example: { section_id: "loyalty", name: "Points", type: "number" },
  shape: z
    .object({
      ...shown,
      type: Type,
      native: z.boolean().meta({ description: "Native attributes exist in every space and cannot be changed." }),
      ...times,
    })
    .meta({ id: "Attribute" }),
  remarks:
    "From then on profiles accept only values of this type; existing values stay. The type cannot be changed: another type is answered with 409, as is a name that differs in letter case alone from one that the space's definitions of attributes or events have. Names that begin with `$` are native: they can be read, but not defined.",
  show: (row) => ({
    id: row.id,
    section_id: row.section_id,
    name: row.name,
    type: row.type,
    native: nativeAttribute(row.id) !== undefined,
    ...timesOf(row),
  }),
};

const labeled = {
  id: Id,
  body: z.strictObject(sent),
  remarks: "",
  show: (row: ProfileDefinitionRow) => ({ id: row.id, section_id: row.section_id, name: row.name, ...timesOf(row) }),
};

const tag: Kind = {
  ...labeled,
  kind: "tag",
  one: "Tag",
  an: "a tag",
  example: { section_id: "loyalty", name: "Very important" },
  shape: z.object({ ...shown, ...times }).meta({ id: "Tag" }),
};

const topic: Kind = {
  ...labeled,
  kind: "topic",
  one: "Topic",
  an: "a topic",
  example: { name: "Newsletter" },
  shape: z.object({ ...shown, ...times }).meta({ id: "Topic" }),
};

const search = { q: z.string().max(200).optional().meta({ description: "Text in the id or the name, in any case." }) };

function resourceOf({ kind, one, an, id, body, example, shape, remarks, show }: Kind): Resource {
  const many = `${one}s`;
  return resource(`/v1/${many.toLowerCase()}`, "Profile definitions", [
    route({
      method: "PUT",
      path: "/{id}",
      operationId: `put${one}`,
      summary: `Define ${an}`,
      description:
        `Creates the definition, or changes its name and section. Exports that already exist keep the previous definition. ${remarks}`.trim(),
      auth: "profiles:write",
      params: IdInPath,
      body: { schema: body, example },
      responses: { 200: { description: "The definition as it is now.", schema: shape } },
      errors: ["conflict"],
      async handle(call, { space, params, body }) {
        const definition = { ...body, id: parseId(params.id, id), type: body.type ?? null };
        if (kind === "attribute") refuseNative(definition.id);
        await refuseOneTooMany(call, space, kind, definition.id);
        const db = call.databases.space(space.id);
        const names = kind === "attribute" ? [{ name: definition.id, pointer: "#path/id" }] : [];
        const guards = await checkSpellings(db, space.id, names);
        const row = await putProfileDefinition(db, space.id, kind, definition, call.runtime.now(), guards);
        if (row === null)
          throw new SpillwayError(
            "conflict",
            `The attribute ${definition.id} already exists with another type, which cannot be changed.`,
          );
        return json(show(row));
      },
    }),
    list({
      operationId: `list${many}`,
      summary: `List ${many.toLowerCase()}`,
      auth: "profiles:read",
      ...(kind === "topic" ? {} : { portal: ["exports:write"] as const }),
      filters: search,
      item: shape,
      page: `Definitions of ${many.toLowerCase()}, by id.`,
      read: (call, { space, filters: { q = null }, limit, after }) =>
        listDefined(call.databases.space(space.id), space, kind, { q, afterId: after?.id ?? null, limit }),
      positionOf: byId,
      show,
    }),
    route({
      method: "GET",
      path: "/{id}",
      operationId: `get${one}`,
      summary: `Show ${an}`,
      auth: "profiles:read",
      params: IdInPath,
      responses: { 200: { description: "The definition.", schema: shape } },
      async handle(call, { space, params }) {
        return json(show(found(await findDefined(call.databases.space(space.id), space, kind, params.id))));
      },
    }),
  ]);
}

/** @throws invalid_request for an id that the schema rejects. */
function parseId(text: string, schema: z.ZodType<string>): string {
  const read = schema.safeParse(text);
  if (read.success) return read.data;
  throw invalid({
    pointer: "#path/id",
    detail: read.error.issues[0]?.message ?? "The id in the address is not valid.",
  });
}

function refuseNative(id: string): void {
  if (nativeAttribute(id) !== undefined)
    throw new SpillwayError("conflict", `The attribute ${id} is native to the service and cannot be changed.`);
  if (id.startsWith(NATIVE_MARK))
    throw invalid({
      pointer: "#path/id",
      detail: `Names that begin with ${NATIVE_MARK} are reserved for native attributes. Choose another name.`,
    });
}

const sectionsResource = resource("/v1/sections", "Profile definitions", [
  list({
    operationId: "listSections",
    summary: "List sections",
    description:
      "`default`, and every section that a definition of an event, an attribute, a tag or a topic has named so far.",
    auth: "profiles:read",
    filters: search,
    item: z.object({ id: z.string(), name: z.string() }).meta({ id: "Section" }),
    page: "Sections, by id.",
    read: (call, { space, filters: { q = null }, limit, after }) =>
      listSections(call.databases.space(space.id), space.id, { q, afterId: after?.id ?? null, limit }),
    positionOf: byId,
    show: ({ id, name }: { id: string; name: string }) => ({ id, name }),
  }),
]);

export const profileDefinitionResources: readonly Resource[] = [
  ...[attribute, tag, topic].map(resourceOf),
  sectionsResource,
];
