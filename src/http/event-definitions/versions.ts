/** The versions of an event definition: what the `typeId` of an event in a document of `segment_profiles` names. */

import * as z from "zod";
import { findVersion, listVersions } from "../../ingest/definition-lists.ts";
import type { Definition } from "../../ingest/definitions.ts";
import { list } from "../list.ts";
import { found, json, type Operation, route } from "../route.ts";
import { IdInPath } from "../schemas.ts";
import { show, Shown } from "./shown.ts";

const VersionInPath = z.object({
  id: z.string(),
  version: z.string().regex(/^[1-9]\d{0,14}$/),
});

export const versionOperations: readonly Operation[] = [
  list<Definition, z.ZodRawShape, z.output<typeof IdInPath>>({
    path: "/{id}/versions",
    operationId: "listEventDefinitionVersions",
    summary: "List the versions of an event definition",
    auth: "events:read",
    params: IdInPath,
    item: Shown,
    page: "Versions, the newest first.",
    read: async (call, { space, params: { id }, limit, after }) =>
      found(await listVersions(call.databases.space(space.id), space, id, { below: after?.time ?? null, limit })),
    positionOf: ({ version, id }) => ({ time: version, id }),
    show,
  }),
  route({
    method: "GET",
    path: "/{id}/versions/{version}",
    operationId: "getEventDefinitionVersion",
    summary: "Show a version of an event definition",
    description:
      "An event in a document of `segment_profiles` has the `typeId` `<id>:<version>`: the definition as it was when the event was accepted. `updated_at` tells when the version was written. Versions stay readable until their definition is deleted, which only one without events can be.",
    auth: "events:read",
    params: VersionInPath,
    responses: { 200: { description: "The version.", schema: Shown } },
    async handle(call, { space, params: { id, version } }) {
      return json(show(found(await findVersion(call.databases.space(space.id), space, id, Number(version)))));
    },
  }),
];
