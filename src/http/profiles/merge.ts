/** POST /v1/profiles/merge: two people become one. */

import * as z from "zod";
import { MAX_MERGED } from "../../db/profiles/merges.ts";
import { MAX_INSTALLATIONS, MAX_TAGS, mergePersons } from "../../ingest/merge.ts";
import { ingestOf } from "../records.ts";
import { json, route } from "../route.ts";
import { Id } from "../schemas.ts";
import { Profile, show } from "./profile.ts";

const names = (what: string) => z.array(z.string()).meta({ description: what });

const Merging = z
  .object({
    profile: Profile,
    came_along: z
      .object({
        external_person_id: z.boolean(),
        company_id: z.boolean(),
        identifiers: names("Names of identifiers."),
        attributes: names("Names of attributes."),
        tags: names("Ids of tags."),
        topics: names("Topics of which at least one channel came along."),
        installations: names("Ids of installations."),
      })
      .meta({ description: "What the profile lacked and got of the merged one." }),
  })
  .meta({ id: "ProfileMerge" });

export const mergeProfile = route({
  method: "POST",
  path: "/merge",
  isAlsoId: true,
  operationId: "mergePeople",
  summary: "Merge two people",
  description: `Makes one person of two: the profile of \`from\` ends, and everything of this person belongs to \`into\` from then on. No event is rewritten: exports that are created later show the events, touchpoints and reachability events of \`from\` as those of \`into\`, count them for segments, and join them to one journey; exports with an earlier snapshot do not. A merge makes no event new for \`since\`.

\`into\` gets what it lacks: the external id, the company, and identifiers, attributes (whose names differ in more than letter case), tags, topics' channels and installations. What it has it keeps. Ids of \`from\` name \`into\` from then on, in events and in profile writes too: its \`person_id\`, and its \`external_person_id\` and \`custom_id\` as long as no profile has that id of its own. Changes of \`into\` create the events that a PUT of them would create, and the merge itself creates \`personMerged\`, where the space has enabled it.

A merge cannot be undone. The same call again changes nothing and has the same answer. If \`into\` was merged before, \`from\` is merged into the person whom it names. Refused with 422: a person who has no profile, one person twice, more than ${MAX_MERGED} people merged into one, and a profile that would exceed ${MAX_TAGS} tags, ${MAX_INSTALLATIONS} installations, or the size of a profile. Refused with 409: a \`from\` who is merged into another person, and an \`into\` who is merged into \`from\`.

Deleting the person deletes the rows of all people who were merged into it.`,
  auth: "profiles:write",
  limit: "write",
  body: {
    schema: z.strictObject({
      from: Id.meta({ description: "The `person_id` of the person whose profile ends." }),
      into: Id.meta({ description: "The `person_id` of the person whose profile stays." }),
    }),
    example: { from: "anonymous-7f3a", into: "p-1" },
  },
  responses: { 200: { description: "The two are one person.", schema: Merging } },
  errors: ["conflict"],
  async handle(call, { space, body }) {
    const { profile, cameAlong } = await mergePersons(ingestOf(call, space), body.from, body.into);
    return json({ profile: show(profile), came_along: cameAlong });
  },
});
