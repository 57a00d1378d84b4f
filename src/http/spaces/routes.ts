/** /v1/spaces: operators create, change and delete spaces. /v1/space: a key reads and changes its own space. */

import * as z from "zod";
import {
  findSpace,
  insertSpace,
  listSpaces,
  markSpaceDeleting,
  type SpaceRow,
  updateSpace,
} from "../../db/tenants/spaces.ts";
import { SpillwayError } from "../../errors.ts";
import { logFailure } from "../../log.ts";
import type { LimiterObject } from "../../limiter/limiter.ts";
import { iso } from "../../time/names.ts";
import { createKey } from "../api-keys/new-key.ts";
import { projectKeyOf } from "../dialects/batch/ids.ts";
import { DialectSettings, settingsOf } from "../dialects/settings.ts";
import { chooseHome } from "../homes/choice.ts";
import { byCreation, list } from "../list.ts";
import { resource } from "../resource.ts";
import { askMove, cancelMove, Move, shownMove } from "./move.ts";
import { type Call, found, json, PORTAL_SCOPES, route, SCOPES } from "../route.ts";
import { querySpace } from "./query.ts";
import { Branding, BrandingChange, brandingOf, checkPortalOrigins, PortalOrigins } from "./branding.ts";
import { isOneLine, NOT_ONE_LINE } from "../../names.ts";
import { Name, Time, TimeZone } from "../schemas.ts";
import { newSecret } from "../webhooks/secrets.ts";

const RetentionDays = z.number().int().min(1).max(36_500);

const Space = z
  .object({
    id: z.uuid(),
    name: z.string(),
    timezone: z.string(),
    retention_days: z.number().int(),
    status: z.enum(["active", "inactive"]),
    external_id: z
      .string()
      .meta({ description: "The external id for the trust policy of an AWS role. It never changes." }),
    project_key: z.string().meta({
      description: "The space's name in calls of APIs of other products that name a project. It never changes.",
    }),
    dialects: DialectSettings,
    branding: Branding,
    portal_origins: z.array(z.string()),
    home: z.string().meta({ description: "The home that has its data." }),
    created_at: Time,
  })
  .meta({ id: "Space" });

const NewSpace = z.strictObject({
  name: Name,
  timezone: TimeZone,
  retention_days: RetentionDays.default(180).meta({
    description: "Events are kept for this many days after `occurred_at`.",
  }),
  home: z.string().max(100).refine(isOneLine, NOT_ONE_LINE).optional().meta({
    description:
      "Where its data is kept: a name from `GET /v1/homes`. Without one, the home that the setting DEFAULT_HOME names; where it names none, the D1 database of the fewest bytes. `POST /v1/spaces/{id}/move` changes it.",
    example: "object",
  }),
});

const SpaceChange = z.strictObject({
  name: Name.optional(),
  timezone: TimeZone.optional(),
  retention_days: RetentionDays.optional(),
  dialects: DialectSettings.optional(),
  branding: BrandingChange.optional(),
  portal_origins: PortalOrigins.optional(),
});

const SpaceId = z.object({ id: z.uuid() });

const MovableSpace = Space.extend({ move: Move }).meta({ id: "MovableSpace" });
const example = { name: "Shop", timezone: "Europe/London" };

export const spacesResource = resource("/v1/spaces", "Spaces", [
  route({
    method: "POST",
    operationId: "createSpace",
    summary: "Create a space",
    description:
      "Creates a space with a first key, which has all scopes. The key and the webhook secret are returned only here.",
    auth: "admin",
    body: { schema: NewSpace, example },
    responses: {
      201: {
        description: "The space, with its first key.",
        schema: Space.extend({ api_key: z.string(), webhook_secret: z.string() }).meta({ id: "NewSpace" }),
      },
    },
    async handle(call, { body: { home: named, ...body } }) {
      const { runtime, databases } = call;
      const home = await chooseHome(call, named);
      const now = runtime.now();
      const row: SpaceRow = {
        id: runtime.uuid(),
        ...body,
        status: "active",
        external_id: `spillway-${runtime.uuid()}`,
        dialects: "{}",
        branding: "{}",
        portal_origins: "[]",
        home,
        created_at: now,
      };
      const { secret, encryptedSecret } = await newSecret(call, row.id);
      await insertSpace(databases.control, row, encryptedSecret);
      const { key } = await createKey(call, row.id, {
        name: "first key",
        scopes: SCOPES,
        origins: null,
        expiresAt: null,
      });
      return json({ ...show(row), api_key: key, webhook_secret: secret }, 201);
    },
  }),
  list({
    operationId: "listSpaces",
    summary: "List spaces",
    auth: "admin",
    item: Space,
    page: "Spaces, newest first.",
    read: (call, { limit, after }) => listSpaces(call.databases.control, limit, after),
    positionOf: byCreation,
    show,
  }),
  route({
    method: "GET",
    path: "/{id}",
    operationId: "getSpace",
    summary: "Show a space",
    auth: "admin",
    params: SpaceId,
    responses: { 200: { description: "The space.", schema: MovableSpace } },
    async handle(call, { params }) {
      return json(await showWithMove(call, params.id));
    },
  }),
  route({
    method: "POST",
    path: "/{id}/move",
    operationId: "moveSpace",
    summary: "Move a space to another home",
    description:
      "Calls and exports go on meanwhile. At the end, writes are answered with 503 for about a second (`unavailable`, `Retry-After: 2`): clients repeat them. The call may be repeated.",
    auth: "admin",
    params: SpaceId,
    body: {
      schema: z.strictObject({
        home: z.string().max(100).refine(isOneLine, NOT_ONE_LINE).meta({
          description: "A name from `GET /v1/homes`.",
          example: "object",
        }),
      }),
      example: { home: "object" },
    },
    responses: {
      200: { description: "The space is there already.", schema: MovableSpace },
      202: { description: "The space, which moves.", schema: MovableSpace },
    },
    errors: ["conflict"],
    async handle(call, { params, body }) {
      const space = found(await findSpace(call.databases.control, params.id));
      const moves = await askMove(call, space, body.home);
      return json(await showWithMove(call, params.id), moves ? 202 : 200);
    },
  }),
  route({
    method: "DELETE",
    path: "/{id}/move",
    operationId: "cancelMove",
    summary: "Cancel a space's move",
    description:
      "The space stays where it is, and the new copy is deleted. It cannot be canceled once it has switched.",
    auth: "admin",
    params: SpaceId,
    responses: { 202: { description: "The space, whose move is being undone.", schema: MovableSpace } },
    errors: ["conflict"],
    async handle(call, { params }) {
      found(await findSpace(call.databases.control, params.id));
      await cancelMove(call, params.id);
      return json(await showWithMove(call, params.id), 202);
    },
  }),
  route({
    method: "PATCH",
    path: "/{id}",
    operationId: "changeSpace",
    summary: "Change a space",
    auth: "admin",
    params: SpaceId,
    body: {
      schema: SpaceChange.extend({ status: z.enum(["active", "inactive"]).optional() }),
      example: { status: "inactive" },
    },
    responses: { 200: { description: "The space as it is now.", schema: Space } },
    async handle(call, { params, body }) {
      checkPortalOrigins(body.portal_origins, call.config.allowInsecureTargets);
      return json(show(found(await updateSpace(call.databases.control, params.id, body))));
    },
  }),
  route({
    method: "DELETE",
    path: "/{id}",
    operationId: "deleteSpace",
    summary: "Delete a space",
    description: "The space's keys are revoked at once. All its rows and files are deleted in the background.",
    auth: "admin",
    params: SpaceId,
    responses: { 202: { description: "The deletion has begun." } },
    async handle(call, { params }) {
      if (!(await markSpaceDeleting(call.databases.control, params.id, call.runtime.now())))
        throw new SpillwayError("not_found");
      const namespace = call.limiter as DurableObjectNamespace<LimiterObject>;
      // If this fails, the object keeps a few timestamps of a space without keys: harmless.
      const cleared = namespace.get(namespace.idFromName(params.id)).clear();
      call.waitUntil(
        cleared.catch((thrown: unknown) => logFailure("limiter.clear_failed", thrown, { space_id: params.id })),
      );
      return new Response(null, { status: 202 });
    },
  }),
  querySpace,
]);

export const ownSpaceResource = resource("/v1/space", "Spaces", [
  route({
    method: "GET",
    operationId: "getOwnSpace",
    summary: "Show your space",
    auth: "key",
    portal: PORTAL_SCOPES,
    responses: { 200: { description: "The key's own space.", schema: Space } },
    async handle(_call, { space }) {
      return json(show(space));
    },
  }),
  route({
    method: "PATCH",
    operationId: "changeOwnSpace",
    summary: "Change your space",
    auth: "settings:write",
    body: { schema: SpaceChange, example: { retention_days: 365 } },
    responses: { 200: { description: "The space as it is now.", schema: Space } },
    async handle(call, { space, body }) {
      checkPortalOrigins(body.portal_origins, call.config.allowInsecureTargets);
      return json(show(found(await updateSpace(call.databases.control, space.id, body))));
    },
  }),
]);

async function showWithMove(call: Call, spaceId: string) {
  const space = found(await findSpace(call.databases.control, spaceId));
  return { ...show(space), move: await shownMove(call, space.id) };
}

function show(row: SpaceRow) {
  return {
    id: row.id,
    name: row.name,
    timezone: row.timezone,
    retention_days: row.retention_days,
    status: row.status,
    external_id: row.external_id,
    project_key: projectKeyOf(row.id),
    dialects: settingsOf(row),
    branding: brandingOf(row),
    portal_origins: JSON.parse(row.portal_origins) as string[],
    home: row.home,
    created_at: iso(row.created_at),
  };
}
