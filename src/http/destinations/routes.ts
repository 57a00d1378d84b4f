/** Destinations: customers' own buckets, described once and named by exports. */

import * as z from "zod";
import {
  deleteDestination,
  type DestinationRow,
  findDestination,
  insertDestination,
  listDestinations,
  replaceDestination,
  type Sealed,
} from "../../db/tenants/destinations.ts";
import { SpillwayError } from "../../errors.ts";
import { testConnection, STEPS } from "../../export/delivery/connection-test.ts";
import { encryptForStore } from "../../outbound/encryption.ts";
import { byCreation, list } from "../list.ts";
import { resource } from "../resource.ts";
import { type Call, json, route } from "../route.ts";
import { policiesRoute } from "./policies.ts";
import { apart, describe, Destination, DestinationChange, NewDestination, showDestination } from "./schemas.ts";

export const TAG = "Destinations";
export const MAX_DESTINATIONS = 50;
const MAX_BYTES = 65_536;
const params = z.object({ id: z.string() });
const example = {
  name: "Warehouse",
  bucket: "acme-exports",
  region: "eu-central-1",
  directory_path: "spillway/events/",
  auth: { type: "role", role_arn: "arn:aws:iam::123456789012:role/spillway-export" },
  encryption: { sse: "AES256" },
  key_template: "dt={date}/",
};

export const destinationsResource = resource("/v1/destinations", [
  route({
    method: "POST",
    path: "/",
    operationId: "createDestination",
    summary: "Make a destination",
    description: `Nothing is called yet: test it. A space has ${MAX_DESTINATIONS} destinations at most.`,
    tag: TAG,
    auth: "settings:write",
    body: { schema: NewDestination, maxBytes: MAX_BYTES, example },
    responses: { 201: { description: "The destination, without its secret.", schema: Destination } },
    errors: ["conflict"],
    async handle(call, { space, body }) {
      const now = call.runtime.now();
      const { auth, secret } = apart(body.auth);
      const row = { ...describe(call, { ...body, auth }), id: call.runtime.uuid(), space_id: space.id };
      const made: DestinationRow = { ...row, created_at: now, updated_at: now };
      const sealed = secret === null ? null : await sealSecret(call, made.id, secret);
      if (!(await insertDestination(call.databases.control, made, sealed, MAX_DESTINATIONS)))
        throw new SpillwayError("conflict", `A space has ${MAX_DESTINATIONS} destinations at most.`);
      return json(showDestination(made), 201);
    },
  }),
  list({
    path: "/",
    operationId: "listDestinations",
    summary: "List destinations",
    tag: TAG,
    auth: "settings:write",
    item: Destination,
    page: "Destinations, newest first.",
    read: (call, { space, limit, after }) => listDestinations(call.databases.control, space.id, limit, after),
    positionOf: byCreation,
    show: showDestination,
  }),
  policiesRoute(TAG),
  route({
    method: "GET",
    path: "/{id}",
    operationId: "getDestination",
    summary: "Show a destination",
    tag: TAG,
    auth: "settings:write",
    params,
    responses: { 200: { description: "The destination, without its secret.", schema: Destination } },
    errors: ["not_found"],
    async handle(call, { space, params }) {
      return json(showDestination(await destinationOf(call, space.id, params.id)));
    },
  }),
  route({
    method: "PATCH",
    path: "/{id}",
    operationId: "changeDestination",
    summary: "Change a destination",
    description:
      "Null takes a field away; `auth` and `encryption` are replaced as a whole. Exports that were asked for before keep their place: bucket, path, template, encryption and storage class are theirs. What opens the bucket (`auth`) is the destination's as it is now, so that an export that is refused goes on when it is mended.",
    tag: TAG,
    auth: "settings:write",
    params,
    body: { schema: DestinationChange, maxBytes: MAX_BYTES, example: { storage_class: "STANDARD_IA" } },
    responses: { 200: { description: "The destination as it is now.", schema: Destination } },
    errors: ["not_found", "conflict"],
    async handle(call, { space, params, body }) {
      const before = await destinationOf(call, space.id, params.id);
      const { id: _, created_at: __, updated_at: ___, ...shown } = showDestination(before);
      const { auth, secret } = body.auth === undefined ? { auth: shown.auth, secret: undefined } : apart(body.auth);
      // With another kind of address its defaults are taken anew.
      const moved = body.endpoint !== undefined && (body.endpoint === null) !== (shown.endpoint === null);
      const kept = moved ? { ...shown, provider: null, path_style: null } : shown;
      const { name = shown.name, bucket = shown.bucket, region = shown.region } = body;
      const described = describe(call, { ...kept, ...body, name, bucket, region, auth });
      const row = { ...before, ...described, updated_at: Math.max(call.runtime.now(), before.updated_at + 1) };
      const sealed = typeof secret === "string" ? await sealSecret(call, row.id, secret) : secret;
      if (!(await replaceDestination(call.databases.control, row, before.updated_at, sealed)))
        throw new SpillwayError("conflict", "The destination was changed by another call. Look at it, and ask again.");
      return json(showDestination(row));
    },
  }),
  route({
    method: "DELETE",
    path: "/{id}",
    operationId: "deleteDestination",
    summary: "Delete a destination",
    description:
      "Not while an export to it is under way. Files in its bucket stay. A failed export to it cannot be retried any more.",
    tag: TAG,
    auth: "settings:write",
    params,
    responses: { 204: { description: "It is gone." } },
    errors: ["not_found", "conflict"],
    async handle(call, { space, params }) {
      await destinationOf(call, space.id, params.id);
      if (!(await deleteDestination(call.databases.control, space.id, params.id)))
        throw new SpillwayError("conflict", "An export to this destination is under way: cancel it, or wait.");
      return new Response(null, { status: 204 });
    },
  }),
  route({
    method: "POST",
    path: "/{id}/test",
    operationId: "testDestination",
    summary: "Test a destination",
    description:
      "Assumes the role, sees that it refuses another external id, writes one small object below the directory path as an export would, and deletes it where that is allowed. Always 200: the steps say what does not work, and what to change.",
    tag: TAG,
    auth: "settings:write",
    params,
    responses: {
      200: {
        description: "What works.",
        schema: z
          .object({
            steps: z.array(
              z.object({
                name: z.enum(STEPS),
                status: z.enum(["passed", "failed", "skipped"]),
                detail: z.string().meta({ description: "What to do." }),
              }),
            ),
          })
          .meta({ id: "DestinationTest" }),
      },
    },
    errors: ["not_found"],
    async handle(call, { space, params }) {
      const destination = await destinationOf(call, space.id, params.id);
      return json({ steps: await testConnection(call.context, destination, space.external_id) });
    },
  }),
]);

/** @throws not_found for an id that the caller's space does not have. */
async function destinationOf(call: Call, spaceId: string, id: string): Promise<DestinationRow> {
  const row = await findDestination(call.databases.control, spaceId, id);
  if (row === null) throw new SpillwayError("not_found");
  return row;
}

async function sealSecret(call: Call, id: string, secret: string): Promise<Sealed> {
  return encryptForStore(call.config.secretsKey, id, secret, call.runtime.randomBytes(12));
}
