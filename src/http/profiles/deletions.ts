/** Deleting a person over HTTP: gone from every answer at once, from the database in the background. */

import * as z from "zod";
import { COUNTED, deletePerson, type DeletionRow, findDeletion, listDeletions } from "../../db/profiles/deletions.ts";
import { SpillwayError } from "../../errors.ts";
import { SETTLED_AFTER_MS } from "../../maintenance/erasure.ts";
import { iso } from "../../time/names.ts";
import { list } from "../list.ts";
import { resource } from "../resource.ts";
import { json, route } from "../route.ts";
import { Time } from "../schemas.ts";

const TAG = "Profiles";
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
      .meta({ description: "Rows that are gone by now." }),
  })
  .meta({ id: "ProfileDeletion" });

export const deleteProfile = route({
  method: "DELETE",
  path: "/{person_id}",
  operationId: "deleteProfile",
  summary: "Delete a person",
  description:
    "The profile and all that belongs to the person, events and touchpoints above all. No call shows them after this answer, and no export that is asked from then on has them. The rows themselves go in the background, a minute later at the earliest, and not before exports that were under way have ended: those still have what stood when they were asked for.\n\nFiles of exports that are completed stay as they are until they expire; delete those exports, and what was delivered to your own bucket, where that has to go too.\n\nA profile with the same `person_id` may be made again at once: it begins empty, and what is written from then on stays. Until the deletion is completed, the ids of the person's events still count as known: an event that is sent with one of them is a duplicate. Where the person is gone already and the deletion is pending, the answer is that deletion.",
  tag: TAG,
  auth: "profiles:write",
  params: z.object({ person_id: z.string() }),
  responses: {
    202: {
      description: "The person is gone; the rows are to go.",
      schema: Deletion,
      headers: { Location: "The deletion's address." },
    },
  },
  errors: ["not_found"],
  async handle(call, { space, params }) {
    const now = call.runtime.now();
    const deletion = { id: call.runtime.uuid(), requestedAt: now, dueAt: now + SETTLED_AFTER_MS };
    const row = await deletePerson(call.databases.space(space.id), space.id, params.person_id, deletion);
    if (row === null) throw new SpillwayError("not_found");
    return json(show(row), 202, { location: `/v1/profile-deletions/${row.id}` });
  },
});

export const profileDeletionsResource = resource("/v1/profile-deletions", [
  list({
    path: "/",
    operationId: "listProfileDeletions",
    summary: "List deletions of people",
    description:
      "Deletions are kept as long as the space, so that exports can report them to whoever has copies of the data.",
    tag: TAG,
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
    tag: TAG,
    auth: "profiles:read",
    params: z.object({ id: z.string() }),
    responses: { 200: { description: "The deletion as it stands.", schema: Deletion } },
    errors: ["not_found"],
    async handle(call, { space, params }) {
      const row = await findDeletion(call.databases.space(space.id), space.id, params.id);
      if (row === null) throw new SpillwayError("not_found");
      return json(show(row));
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
