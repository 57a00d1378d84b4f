/**
 * Deletions of people: a deleted person disappears from every answer at once, and from the database in the background.
 */

import * as z from "zod";
import { deletePerson, type DeletionRow, findDeletion, listDeletions } from "../../db/profiles/deletions.ts";
import { noteErasure } from "../../db/tenants/erasing.ts";
import { COUNTED } from "../../db/profiles/erasure.ts";
import { SETTLED_AFTER_MS } from "../../maintenance/erasure.ts";
import { iso } from "../../time/names.ts";
import { list } from "../list.ts";
import { resource } from "../resource.ts";
import { found, json, route } from "../route.ts";
import { IdInPath, Time } from "../schemas.ts";

const STATUSES = ["pending", "completed"] as const;

const Deletion = z
  .object({
    id: z.string(),
    person_id: z.string(),
    status: z.enum(STATUSES),
    requested_at: Time,
    completed_at: Time.nullable(),
    deleted: z
      .object(Object.fromEntries(COUNTED.map((of) => [of, z.number().int()])))
      .meta({ description: "Rows that are deleted so far." }),
  })
  .meta({ id: "ProfileDeletion" });

export const deleteProfile = route({
  method: "DELETE",
  path: "/{person_id}",
  operationId: "deleteProfile",
  summary: "Delete a person",
  description:
    "Deletes the profile and all data of the person, such as events and touchpoints. After this answer no call returns them, and exports that are created later do not contain them. The rows are deleted in the background, at least a minute later, and only after running exports have ended: those still contain the person as of their snapshot.\n\nFiles of completed exports stay unchanged until they expire. If they must not contain the person, delete those exports, and the files in your own bucket.\n\nA profile with the same `person_id` may be created again at once. It starts empty, and later writes to it stay. Until the deletion is completed, an event with the id of one of the deleted events counts as a duplicate. If a deletion of this person is already pending, the answer is that deletion.\n\nThe id of a merged person names the person into whom this one was merged. The rows of all people who were merged into the deleted person are deleted too: each of them has a deletion of its own in the list, and their ids are free again.",
  auth: "profiles:write",
  params: z.object({ person_id: z.string() }),
  responses: {
    202: {
      description: "The person no longer appears in answers; the rows will be deleted.",
      schema: Deletion,
      headers: { Location: "The deletion's address." },
    },
  },
  async handle(call, { space, params }) {
    const now = call.runtime.now();
    const deletion = { id: call.runtime.uuid(), requestedAt: now, dueAt: now + SETTLED_AFTER_MS };
    await noteErasure(call.databases.control, space.id, now, deletion.dueAt);
    const row = found(await deletePerson(call.databases.space(space.id), space.id, params.person_id, deletion));
    return json(show(row), 202, { location: `/v1/profile-deletions/${row.id}` });
  },
});

export const profileDeletionsResource = resource("/v1/profile-deletions", "Profiles", [
  list({
    operationId: "listProfileDeletions",
    summary: "List deletions of people",
    description:
      "Deletions are kept as long as the space, so that exports can report them to everyone who has a copy of the data.",
    auth: "profiles:read",
    filters: { status: z.enum(STATUSES).optional() },
    item: Deletion,
    page: "Deletions, newest first.",
    read(call, { space, filters: { status }, limit, after }) {
      const completed = status === undefined ? null : status === "completed";
      return listDeletions(call.databases.space(space.id), space.id, { completed, limit, after });
    },
    positionOf: (row) => ({ time: row.requested_at, id: row.id }),
    show,
  }),
  route({
    method: "GET",
    path: "/{id}",
    operationId: "getProfileDeletion",
    summary: "Show a deletion of a person",
    auth: "profiles:read",
    params: IdInPath,
    responses: { 200: { description: "The deletion in its current state.", schema: Deletion } },
    async handle(call, { space, params }) {
      return json(show(found(await findDeletion(call.databases.space(space.id), space.id, params.id))));
    },
  }),
]);

function show(row: DeletionRow) {
  const counts = JSON.parse(row.deleted) as Record<string, number>;
  return {
    id: row.id,
    person_id: row.person_id,
    status: row.completed_at === null ? "pending" : "completed",
    requested_at: iso(row.requested_at),
    completed_at: row.completed_at === null ? null : iso(row.completed_at),
    deleted: Object.fromEntries(COUNTED.map((of) => [of, counts[of] ?? 0])),
  };
}
