/** /v1/api-keys: the keys of a space. A key is returned once, when it is created. */

import * as z from "zod";
import { deleteKey, insertKey, type KeyRow, listKeys } from "../../db/tenants/api-keys.ts";
import { iso } from "../../time/names.ts";
import { createKey } from "./new-key.ts";
import { byCreation, list } from "../list.ts";
import { resource } from "../resource.ts";
import { deleted, json, route, SCOPES } from "../route.ts";
import { IdInPath, Name, Time } from "../schemas.ts";

const Scopes = z
  .array(z.enum(SCOPES))
  .min(1)
  .refine((scopes) => new Set(scopes).size === scopes.length, "must name each scope at most once.");

const Key = z
  .object({ id: z.string(), name: z.string(), scopes: z.array(z.enum(SCOPES)), created_at: Time })
  .meta({ id: "ApiKey" });

export const apiKeysResource = resource("/v1/api-keys", "API keys", [
  route({
    method: "POST",
    operationId: "createApiKey",
    summary: "Create an API key",
    auth: "settings:write",
    body: {
      schema: z.strictObject({ name: Name, scopes: Scopes }),
      example: { name: "nightly export", scopes: ["exports:read", "exports:write"] },
    },
    responses: {
      201: {
        description: "The key. It is returned only here.",
        schema: Key.extend({ key: z.string() }).meta({ id: "NewApiKey" }),
      },
    },
    async handle(call, { space, body }) {
      const created = await createKey(call.runtime);
      const row: KeyRow = {
        id: created.id,
        space_id: space.id,
        name: body.name,
        scopes: JSON.stringify(body.scopes),
        created_at: call.runtime.now(),
      };
      await insertKey(call.databases.control, row, created.secretSha256);
      return json({ ...show(row), key: created.key }, 201);
    },
  }),
  list({
    operationId: "listApiKeys",
    summary: "List API keys",
    auth: "settings:write",
    item: Key,
    page: "Keys without their secrets, newest first.",
    read: (call, { space, limit, after }) => listKeys(call.databases.control, space.id, limit, after),
    positionOf: byCreation,
    show,
  }),
  route({
    method: "DELETE",
    path: "/{id}",
    operationId: "deleteApiKey",
    summary: "Revoke an API key",
    auth: "settings:write",
    params: IdInPath,
    responses: { 204: { description: "The key is revoked." } },
    async handle(call, { space, params }) {
      return deleted(await deleteKey(call.databases.control, space.id, params.id));
    },
  }),
]);

function show(row: KeyRow) {
  return { id: row.id, name: row.name, scopes: JSON.parse(row.scopes) as unknown, created_at: iso(row.created_at) };
}
