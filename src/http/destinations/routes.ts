/** /v1/destinations: customers' own buckets, described once and named by exports. */

import * as z from "zod";
import {
  beginTest,
  deleteDestination,
  endTest,
  type DestinationRow,
  findDestination,
  insertDestination,
  listDestinations,
  replaceDestination,
  type EncryptedSecret,
} from "../../db/tenants/destinations.ts";
import { SpillwayError } from "../../errors.ts";
import { testConnection, STEPS } from "../../export/delivery/connection-test.ts";
import { encryptForStore } from "../../outbound/encryption.ts";
import { byCreation, list } from "../list.ts";
import { resource } from "../resource.ts";
import { type Call, found, json, route } from "../route.ts";
import {
  hasDestination,
  requireAllDestinations,
  requireDestination,
  requireNameAlone,
} from "../portal/destinations.ts";
import { policiesRoute } from "./policies.ts";
import { splitSecret, describe, Destination, DestinationChange, NewDestination, showDestination } from "./schemas.ts";
import { IdInPath } from "../schemas.ts";

const MAX_DESTINATIONS = 50;
/** Longer than a test takes: ten calls of a store that each take as long as they may. */
const TEST_WITHIN_MS = 300_000;
const example = {
  name: "Warehouse",
  bucket: "acme-exports",
  region: "eu-central-1",
  directory_path: "spillway/events/",
  auth: { type: "role", role_arn: "arn:aws:iam::123456789012:role/spillway-export" },
  encryption: { sse: "AES256" },
  key_template: "dt={date}/",
};

export const destinationsResource = resource("/v1/destinations", "Destinations", [
  route({
    method: "POST",
    operationId: "createDestination",
    summary: "Create a destination",
    description: `Stores the destination without contacting the bucket: test it afterwards. A space may have at most ${MAX_DESTINATIONS} destinations.`,
    auth: "settings:write",
    portal: ["settings:write"],
    body: { schema: NewDestination, example },
    responses: { 201: { description: "The destination, without its secret.", schema: Destination } },
    errors: ["conflict"],
    async handle(call, { space, session, body }) {
      requireAllDestinations(session, "it makes no others.");
      const now = call.runtime.now();
      const { auth, secret } = splitSecret(body.auth);
      const row = { ...describe(call, { ...body, auth }), id: call.runtime.uuid(), space_id: space.id };
      const created: DestinationRow = { ...row, created_at: now, updated_at: now };
      const encryptedSecret = secret === null ? null : await encryptSecret(call, created.id, secret);
      if (!(await insertDestination(call.databases.control, created, encryptedSecret, MAX_DESTINATIONS)))
        throw new SpillwayError(
          "conflict",
          `A space may have at most ${MAX_DESTINATIONS} destinations. Delete one first.`,
        );
      return json(showDestination(created), 201);
    },
  }),
  list({
    operationId: "listDestinations",
    summary: "List destinations",
    auth: "settings:write",
    portal: ["exports:write", "settings:write"],
    item: Destination,
    page: "Destinations, newest first.",
    async read(call, { space, session, limit, after }) {
      // A session may see only some of them: those are chosen from all that a space can have.
      const all = await listDestinations(call.databases.control, space.id, Math.max(limit, MAX_DESTINATIONS), after);
      return all.filter(({ id }) => hasDestination(session, id)).slice(0, limit);
    },
    positionOf: byCreation,
    show: showDestination,
  }),
  policiesRoute,
  route({
    method: "GET",
    path: "/{id}",
    operationId: "getDestination",
    summary: "Show a destination",
    auth: "settings:write",
    portal: ["settings:write"],
    params: IdInPath,
    responses: { 200: { description: "The destination, without its secret.", schema: Destination } },
    async handle(call, { space, session, params }) {
      requireDestination(session, params.id);
      return json(showDestination(found(await findDestination(call.databases.control, space.id, params.id))));
    },
  }),
  route({
    method: "PATCH",
    path: "/{id}",
    operationId: "changeDestination",
    summary: "Change a destination",
    description:
      "A null removes a field; `auth` and `encryption` are replaced as a whole. Exports that already exist keep their bucket, path, key template, encryption and storage class. They use the destination's current `auth`, so that correcting it unblocks an export whose access was denied. A portal session that is limited to some destinations changes their `name` alone.",
    auth: "settings:write",
    portal: ["settings:write"],
    params: IdInPath,
    body: { schema: DestinationChange, example: { storage_class: "STANDARD_IA" } },
    responses: { 200: { description: "The destination as it is now.", schema: Destination } },
    errors: ["conflict"],
    async handle(call, { space, session, params, body }) {
      requireDestination(session, params.id);
      requireNameAlone(session, body);
      const before = found(await findDestination(call.databases.control, space.id, params.id));
      const { id: _, created_at: __, updated_at: ___, ...shown } = showDestination(before);
      const { auth, secret } =
        body.auth === undefined ? { auth: shown.auth, secret: undefined } : splitSecret(body.auth);
      // Between AWS and another store, the defaults that depend on the endpoint apply again.
      const moved = body.endpoint !== undefined && (body.endpoint === null) !== (shown.endpoint === null);
      const kept = moved ? { ...shown, provider: null, path_style: null } : shown;
      const { name = shown.name, bucket = shown.bucket, region = shown.region } = body;
      const described = describe(call, { ...kept, ...body, name, bucket, region, auth });
      const row = { ...before, ...described, updated_at: Math.max(call.runtime.now(), before.updated_at + 1) };
      const encryptedSecret = typeof secret === "string" ? await encryptSecret(call, row.id, secret) : secret;
      if (!(await replaceDestination(call.databases.control, row, before.updated_at, encryptedSecret)))
        throw new SpillwayError(
          "conflict",
          "Another call changed this destination at the same time. GET it, then send the change again.",
        );
      return json(showDestination(row));
    },
  }),
  route({
    method: "DELETE",
    path: "/{id}",
    operationId: "deleteDestination",
    summary: "Delete a destination",
    description:
      "A destination with an export in progress is answered with 409. Files in its bucket stay. Failed exports to it can no longer be retried.",
    auth: "settings:write",
    portal: ["settings:write"],
    params: IdInPath,
    responses: { 204: { description: "The destination is deleted." } },
    errors: ["conflict"],
    async handle(call, { space, session, params }) {
      requireDestination(session, params.id);
      requireAllDestinations(session, "it deletes none.");
      found(await findDestination(call.databases.control, space.id, params.id));
      if (!(await deleteDestination(call.databases.control, space.id, params.id)))
        throw new SpillwayError(
          "conflict",
          "An export to this destination is in progress. Cancel it, or wait until it has ended.",
        );
      return new Response(null, { status: 204 });
    },
  }),
  route({
    method: "POST",
    path: "/{id}/test",
    operationId: "testDestination",
    summary: "Test a destination",
    description:
      "Assumes the role, checks that the role refuses another external id, writes a small object below the directory path like an export, and deletes the object if that is allowed. The status is 200 whatever the outcome: each step reports what does not work, and what to change. While another test of the destination runs, the answer is 409.",
    auth: "settings:write",
    portal: ["settings:write"],
    params: IdInPath,
    responses: {
      200: {
        description: "The outcome of each step.",
        schema: z
          .object({
            steps: z.array(
              z.object({
                name: z.enum(STEPS),
                status: z.enum(["passed", "failed", "skipped"]),
                detail: z.string().meta({ description: "The outcome of the step, and what to change." }),
              }),
            ),
          })
          .meta({ id: "DestinationTest" }),
      },
    },
    errors: ["conflict"],
    async handle(call, { space, session, params }) {
      requireDestination(session, params.id);
      const { control } = call.databases;
      const destination = found(await findDestination(control, space.id, params.id));
      const now = call.runtime.now();
      const until = now + TEST_WITHIN_MS;
      if (!(await beginTest(control, space.id, params.id, now, until)))
        throw new SpillwayError("conflict", "A test of this destination is in progress. Test again when it has ended.");
      try {
        return json({ steps: await testConnection(call.context, destination, space.external_id) });
      } finally {
        await endTest(control, space.id, params.id, until);
      }
    },
  }),
]);

async function encryptSecret(call: Call, id: string, secret: string): Promise<EncryptedSecret> {
  const place = { purpose: "destination-secret", row: id } as const;
  return encryptForStore(call.config.secretsKey, place, secret, call.runtime.randomBytes(12));
}
