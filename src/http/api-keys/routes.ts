/**
 * /v1/api-keys: a space manages its own keys. /v1/api-key: a key asks what it is. /v1/spaces/{id}/api-keys: operators
 * manage the keys of any space, so that a lost key can be replaced. A key is returned once, when it is created.
 */

import * as z from "zod";
import { deleteKey, findKey, type KeyRow, listKeys } from "../../db/tenants/api-keys.ts";
import { findSpace } from "../../db/tenants/spaces.ts";
import { invalid, SpillwayError } from "../../errors.ts";
import { iso } from "../../time/names.ts";
import { createKey } from "./new-key.ts";
import { checkOrigins, Origins } from "./origins.ts";
import { refuseForeignScopes } from "./scopes.ts";
import { byCreation, list } from "../list.ts";
import { resource } from "../resource.ts";
import { type Call, deleted, found, json, route, SCOPES } from "../route.ts";
import { IdInPath, Name, Time } from "../schemas.ts";
import { Instant } from "../../time/instant.ts";

const Scopes = z
  .array(z.enum(SCOPES))
  .min(1)
  .refine((scopes) => new Set(scopes).size === scopes.length, "must name each scope at most once.");

const NewKey = z.strictObject({
  name: Name,
  scopes: Scopes,
  origins: Origins,
  expires_at: Instant.nullish().meta({
    description: "From this time on the key is refused. By default it never expires.",
  }),
});

const Key = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(z.enum(SCOPES)),
    origins: z.array(z.string()).nullable().meta({ description: "Null: the key is not for web pages." }),
    expires_at: Time.nullable(),
    created_at: Time,
  })
  .meta({ id: "ApiKey" });

const example = { name: "nightly export", scopes: ["exports:read", "exports:write"] };
const created = {
  201: {
    description: "The key. It is returned only here.",
    schema: Key.extend({ key: z.string() }).meta({ id: "NewApiKey" }),
  },
};
const PAGE = "Keys without their secrets, newest first.";
const KEEPS_LAST =
  "The key ends at once where it was revoked, and within five seconds everywhere: until then an isolate of the service may still accept it for calls that read, and that write events, profiles and the like; never for calls that begin exports or change settings. The last key of a space with the scope `settings:write` is not revoked (409): create another one first.";

export const apiKeysResource = resource("/v1/api-keys", "API keys", [
  route({
    method: "POST",
    operationId: "createApiKey",
    summary: "Create an API key",
    description:
      "A key gets no scope that the key which creates it lacks (403). A key with `origins` is for web pages, which can hide nothing: it may send events, and do nothing else.",
    auth: "settings:write",
    body: { schema: NewKey, example },
    responses: created,
    errors: ["conflict"],
    async handle(call, { space, scopes, body }) {
      refuseForeignScopes(scopes, body.scopes);
      return create(call, space.id, body);
    },
  }),
  list({
    operationId: "listApiKeys",
    summary: "List API keys",
    auth: "settings:write",
    item: Key,
    page: PAGE,
    read: (call, { space, limit, after }) => listKeys(call.databases.control, space.id, limit, after),
    positionOf: byCreation,
    show,
  }),
  route({
    method: "DELETE",
    path: "/{id}",
    operationId: "deleteApiKey",
    summary: "Revoke an API key",
    description: KEEPS_LAST,
    auth: "settings:write",
    params: IdInPath,
    responses: { 204: { description: "The key is revoked." } },
    errors: ["conflict"],
    handle: (call, { space, params }) => revoke(call, space.id, params.id),
  }),
]);

export const ownApiKeyResource = resource("/v1/api-key", "API keys", [
  route({
    method: "GET",
    operationId: "getOwnApiKey",
    summary: "Show your API key",
    description: "What the key of this call may do, and until when. A portal session asks `GET /v1/portal-session`.",
    auth: "key",
    responses: { 200: { description: "The key of this call, without its secret.", schema: Key } },
    async handle(call, { space, keyId }) {
      const row = await findKey(call.databases.control, space.id, keyId);
      if (row === null) throw new SpillwayError("unauthenticated", "This API key was revoked.");
      return json(show(row));
    },
  }),
]);

const SpaceInPath = z.object({ id: z.uuid().meta({ description: "The space's id." }) });

export const spaceApiKeysResource = resource("/v1/spaces", "API keys", [
  route({
    method: "POST",
    path: "/{id}/api-keys",
    operationId: "createSpaceApiKey",
    summary: "Create an API key of a space",
    description: "For operators: replaces a key that was lost.",
    auth: "admin",
    params: SpaceInPath,
    body: { schema: NewKey, example: { name: "replacement", scopes: SCOPES } },
    responses: created,
    errors: ["conflict"],
    async handle(call, { params, body }) {
      return create(call, await knownSpace(call, params.id), body);
    },
  }),
  list({
    path: "/{id}/api-keys",
    operationId: "listSpaceApiKeys",
    summary: "List the API keys of a space",
    auth: "admin",
    params: SpaceInPath,
    item: Key,
    page: PAGE,
    async read(call, { params, limit, after }) {
      return listKeys(call.databases.control, await knownSpace(call, params.id), limit, after);
    },
    positionOf: byCreation,
    show,
  }),
  route({
    method: "DELETE",
    path: "/{id}/api-keys/{key_id}",
    operationId: "deleteSpaceApiKey",
    summary: "Revoke an API key of a space",
    description: KEEPS_LAST,
    auth: "admin",
    params: SpaceInPath.extend({ key_id: z.string() }),
    responses: { 204: { description: "The key is revoked." } },
    errors: ["conflict"],
    async handle(call, { params }) {
      return revoke(call, await knownSpace(call, params.id), params.key_id);
    },
  }),
]);

async function create(call: Call, spaceId: string, body: z.output<typeof NewKey>): Promise<Response> {
  const { name, scopes, origins = null, expires_at: expires } = body;
  if (origins !== null) checkOrigins(origins, scopes, call.config.allowInsecureTargets);
  const expiresAt = typeof expires === "string" ? Date.parse(expires) : null;
  if (expiresAt !== null && expiresAt <= call.runtime.now())
    throw invalid({ pointer: "/expires_at", detail: "expires_at must be in the future." });
  const row = await createKey(call, spaceId, { name, scopes, origins, expiresAt });
  return json({ ...show(row), key: row.key }, 201);
}

async function revoke(call: Call, spaceId: string, keyId: string): Promise<Response> {
  const outcome = await deleteKey(call.databases.control, spaceId, keyId, call.runtime.now());
  if (outcome === "last")
    throw new SpillwayError(
      "conflict",
      "This is the space's last key with the scope settings:write. Create another one first.",
    );
  return deleted(outcome === "deleted");
}

/** @throws not_found. */
async function knownSpace(call: Call, spaceId: string): Promise<string> {
  return found(await findSpace(call.databases.control, spaceId)).id;
}

function show(row: KeyRow) {
  return {
    id: row.id,
    name: row.name,
    scopes: JSON.parse(row.scopes) as unknown,
    origins: row.origins === null ? null : (JSON.parse(row.origins) as unknown),
    expires_at: row.expires_at === null ? null : iso(row.expires_at),
    created_at: iso(row.created_at),
  };
}
