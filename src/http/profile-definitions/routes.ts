/** Definitions of profiles' attributes, tags and topics over HTTP, and the sections that they belong to. */

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
import { iso } from "../../time/names.ts";
import { AttributeName } from "../profiles/routes.ts";
import { byId, list } from "../list.ts";
import { type Resource, resource } from "../resource.ts";
import { json, route } from "../route.ts";
import { Id, Name, SectionId, Time } from "../schemas.ts";

const TAG = "Profile definitions";
const MAX_BYTES = 65_536;
const TYPES = ["text", "boolean", "date", "number"] as const satisfies readonly AttributeType[];

const Type = z.enum(TYPES).meta({ description: "`date`: a text as RFC 3339 writes a time, with an offset." });
const shown = { id: z.string(), section_id: z.string(), name: z.string() };
const times = { created_at: Time, updated_at: Time };
const sent = {
  section_id: SectionId.nullish()
    .transform((id) => id ?? DEFAULT_SECTION)
    .meta({ description: "One that is new is made." }),
  name: Name,
};

const timesOf = (row: ProfileDefinitionRow) => ({ created_at: iso(row.created_at), updated_at: iso(row.updated_at) });

/** What the three kinds of definitions have of their own. */
interface Kind {
  kind: DefinedKind;
  /** In addresses and operations. */
  one: string;
  many: string;
  /** In sentences. */
  an: string;
  id: z.ZodType<string>;
  body: z.ZodType<{ section_id: string; name: string; type?: AttributeType }>;
  example: unknown;
  shape: z.ZodType;
  /** Beside what every PUT says of itself. */
  says: string;
  show: (row: ProfileDefinitionRow) => unknown;
}

const attribute: Kind = {
  kind: "attribute",
  one: "Attribute",
  many: "Attributes",
  an: "an attribute",
  id: AttributeName,
  body: z.strictObject({ ...sent, type: Type }),
  example: { section_id: "loyalty", name: "Points", type: "number" },
  shape: z
    .object({
      ...shown,
      type: Type,
      native: z.boolean().meta({ description: "Every space has it, and it cannot be changed." }),
      ...times,
    })
    .meta({ id: "Attribute" }),
  says: "From then on profiles take values of its type alone; values that they have already stay. The type stays as it was first put: another one is 409. Names that begin with `$` are native to the service: they are shown, and cannot be defined.",
  show: (row) => ({
    id: row.id,
    section_id: row.section_id,
    name: row.name,
    type: row.type,
    native: nativeAttribute(row.id) !== undefined,
    ...timesOf(row),
  }),
};

const labelled = { id: Id, body: z.strictObject(sent) };
const label = (row: ProfileDefinitionRow) => ({
  id: row.id,
  section_id: row.section_id,
  name: row.name,
  ...timesOf(row),
});

const tag: Kind = {
  ...labelled,
  kind: "tag",
  one: "Tag",
  many: "Tags",
  an: "a tag",
  example: { section_id: "loyalty", name: "Very important" },
  shape: z.object({ ...shown, ...times }).meta({ id: "Tag" }),
  says: "",
  show: label,
};

const topic: Kind = {
  ...labelled,
  kind: "topic",
  one: "Topic",
  many: "Topics",
  an: "a topic",
  example: { name: "Newsletter" },
  shape: z.object({ ...shown, ...times }).meta({ id: "Topic" }),
  says: "",
  show: label,
};

const search = { q: z.string().max(200).optional().meta({ description: "Text in the id or the name, in any case." }) };

function resourceOf({ kind, one, many, an, id, body, example, shape, says, show }: Kind): Resource {
  const params = z.object({ id: z.string() });
  return resource(`/v1/${many.toLowerCase()}`, [
    route({
      method: "PUT",
      path: "/{id}",
      operationId: `put${one}`,
      summary: `Define ${an}`,
      description:
        `Makes it, or changes its name and section: an export has what stood when it was asked for. ${says}`.trim(),
      tag: TAG,
      auth: "profiles:write",
      params,
      body: { schema: body, maxBytes: MAX_BYTES, example },
      responses: { 200: { description: "The definition as it is now.", schema: shape } },
      errors: kind === "attribute" ? ["conflict"] : [],
      async handle(call, { space, params, body }) {
        const definition = { ...body, id: idOf(params.id, id), type: body.type ?? null };
        if (kind === "attribute") mustNotBeNative(definition.id);
        const db = call.databases.space(space.id);
        const row = await putProfileDefinition(db, space.id, kind, definition, call.runtime.now());
        if (row === null)
          throw new SpillwayError(
            "conflict",
            `There is an attribute ${definition.id} of another type: its type stays.`,
          );
        return json(show(row));
      },
    }),
    list({
      path: "/",
      operationId: `list${many}`,
      summary: `List ${many.toLowerCase()}`,
      tag: TAG,
      auth: "profiles:read",
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
      tag: TAG,
      auth: "profiles:read",
      params,
      responses: { 200: { description: "The definition.", schema: shape } },
      errors: ["not_found"],
      async handle(call, { space, params }) {
        const row = await findDefined(call.databases.space(space.id), space, kind, params.id);
        if (row === null) throw new SpillwayError("not_found");
        return json(show(row));
      },
    }),
  ]);
}

/** @throws invalid_request for what cannot be one. */
function idOf(text: string, schema: z.ZodType<string>): string {
  const read = schema.safeParse(text);
  if (read.success) return read.data;
  throw invalid({ pointer: "#path/id", detail: read.error.issues[0]?.message ?? "This is no id." });
}

function mustNotBeNative(id: string): void {
  if (nativeAttribute(id) !== undefined)
    throw new SpillwayError("conflict", `${id} is native to the service: it cannot be changed.`);
  if (id.startsWith(NATIVE_MARK))
    throw invalid({ pointer: "#path/id", detail: `Names that begin with ${NATIVE_MARK} are native to the service.` });
}

const sectionsResource = resource("/v1/sections", [
  list({
    path: "/",
    operationId: "listSections",
    summary: "List sections",
    description:
      "`default`, and every section that a definition of an event, an attribute, a tag or a topic has named so far.",
    tag: TAG,
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
