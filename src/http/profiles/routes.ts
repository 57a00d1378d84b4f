/** /v1/profiles: write, read, merge and delete profiles. */

import * as z from "zod";
import { ATTRIBUTE_NAME } from "../../ingest/native-attributes.ts";
import { INEXACT } from "../../ingest/validate.ts";
import { JsonLists } from "../../db/core/json-lists.ts";
import {
  findProfile,
  type Installation,
  MAX_PROFILE_BYTES,
  type ProfileMerge,
  type ProfileRow,
} from "../../db/profiles/profiles.ts";
import { type Fault, invalid } from "../../errors.ts";
import { MAX_INSTALLATIONS, MAX_TAGS } from "../../ingest/merge.ts";
import { writeProfiles } from "../../ingest/profiles.ts";
import type { SentItems } from "../../ingest/sent-items.ts";
import { deleteProfile } from "./deletions.ts";
import { mergeProfile } from "./merge.ts";
import { CONSENTS, installation, Profile, show } from "./profile.ts";
import { listProfiles, type PERSON_IDS, type ProfileFilter } from "../../db/profiles/lookup.ts";
import { resolveFormerIds } from "../../db/profiles/merges.ts";
import type { Database } from "../../db/core/database.ts";
import { list } from "../list.ts";
import { ingestOf, MAX_RECORDS_BYTES } from "../records.ts";
import { resource } from "../resource.ts";
import { found, json, route } from "../route.ts";
import { recordsBody, SentRecords } from "../sent-records.ts";
import { Id, nameOf, textOf, WholeText } from "../schemas.ts";

type PersonId = (typeof PERSON_IDS)[number];

const MAX_PROFILES = 1000;
const MAX_TOKEN_CHARACTERS = 4096;
const TOO_LARGE = `A profile may have at most ${MAX_PROFILE_BYTES} bytes of identifiers, attributes, tags, topics and installations.`;

const exactNumber = z.number().refine((value) => !Number.isInteger(value) || Number.isSafeInteger(value), INEXACT);
export const AttributeName = z
  .string()
  .regex(
    ATTRIBUTE_NAME,
    "An attribute's name starts with a letter, a digit, _ or $, continues with these, dots, spaces or hyphens, and has at most 128 characters.",
  );
const Attributes = z.record(AttributeName, z.union([WholeText, exactNumber, z.boolean(), z.null()])).meta({
  description:
    "Merged by name; null removes an attribute. Names that begin with `$` are native: `GET /v1/attributes` lists them. Native values are texts: `$email_marketing` and `$sms_marketing` are `subscribed` or `unsubscribed`, `$date_of_birth` is a date (`1815-12-10`). A value of a defined attribute must have its type; undefined attributes accept any type. A profile cannot have two attributes whose names differ in letter case alone.",
});
const IdentifierName = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_]{0,63}$/,
    "An identifier's name starts with a letter, continues with letters, digits and underscores, and has at most 64 characters.",
  );
const Identifiers = z.record(IdentifierName, Id.nullable()).meta({
  description: "Merged by name; null removes an identifier. `custom_id` names one profile of the space.",
});

const Topics = z.record(Id, z.record(Id, z.enum(CONSENTS).nullable()).nullable()).meta({
  description:
    "Topic → channel → consent. Merged by topic and channel; null removes a channel or a topic. A topic without channels is removed.",
});

/** A list without duplicates. @param nameOf the name of an item. @param at the path of the name inside an item. */
export function setOf<Item extends z.ZodType>(
  item: Item,
  max: number,
  nameOf: (item: z.output<Item>) => string,
  at: readonly string[],
) {
  return z
    .array(item)
    .max(max)
    .superRefine((items, context) => {
      const names = new Set<string>();
      for (const [index, each] of items.entries()) {
        const name = nameOf(each);
        if (names.has(name))
          context.addIssue({ code: "custom", path: [index, ...at], message: "Duplicate item in this list." });
        names.add(name);
      }
    });
}

const Tags = setOf(Id, MAX_TAGS, (tag) => tag, []).meta({
  uniqueItems: true,
  description: "Replaces the tags; null or an empty list removes them all.",
});

const Installations = setOf(
  z.strictObject({ ...installation, push_token: textOf(MAX_TOKEN_CHARACTERS).min(1).nullable().optional() }),
  MAX_INSTALLATIONS,
  (each) => each.installation_id,
  ["installation_id"],
).meta({ description: "Replaces the installations, whose ids must differ; null or an empty list removes them all." });

const Merge = z.strictObject({
  person_id: Id,
  external_person_id: Id.nullable().optional(),
  company_id: Id.nullable().optional(),
  type: nameOf(100).nullable().optional(),
  identifiers: Identifiers.nullable().optional(),
  attributes: Attributes.nullable().optional(),
  tags: Tags.nullable().optional(),
  topics: Topics.nullable().optional(),
  installations: Installations.nullable().optional(),
});

export const profilesResource = resource("/v1/profiles", "Profiles", [
  route({
    method: "PUT",
    operationId: "mergeProfiles",
    summary: "Create or change profiles",
    description:
      "Merges up to 1,000 profiles, all or nothing. Omitted fields stay unchanged; identifiers, attributes and topics are merged by key; tags and installations are replaced as a whole; null removes a value. An `external_person_id` and a `custom_id` belong to one profile of the space at a time: one that another profile has is a conflict, with a pointer to it. A change creates an event for each enabled people definition that it concerns, such as `personCreated`, `nameChanged` and `emailAddressAdded`. A change of `$phone_number`, `$sms_marketing`, `$email_address`, `$email_marketing`, or of an installation's `is_optin` or `push_token` always creates a reachability event with every reason that applies: one per channel, and for push one per installation. A change to `subscribed` is a subscription; a change to `unsubscribed`, or away from `subscribed`, is its end. A call may create at most 100,000 events.",
    auth: "profiles:write",
    limit: "write",
    body: {
      ...recordsBody("profiles", Merge, MAX_PROFILES),
      maxBytes: MAX_RECORDS_BYTES,
      example: {
        profiles: [
          {
            person_id: "p-1",
            external_person_id: "CRM-1",
            attributes: { $first_name: "Ada", tier: "gold" },
            tags: ["vip"],
            topics: { newsletter: { email: "confirmed-opt-in" } },
          },
        ],
      },
    },
    responses: {
      200: {
        description: "All profiles are merged.",
        schema: z.object({ merged: z.number().int() }).meta({ id: "Merged" }),
      },
    },
    errors: ["conflict"],
    async handle(call, { space, body }) {
      const merges = mergesOf(body["profiles"] ?? new SentRecords<z.input<typeof Merge>>());
      const outcome = await writeProfiles(ingestOf(call, space), merges);
      if (outcome === "too_large") throw invalid({ pointer: "/profiles", detail: TOO_LARGE });
      return json({ merged: merges.length });
    },
  }),
  list({
    operationId: "listProfiles",
    summary: "List and find profiles",
    description:
      "The profiles of the space as they are now, or the profile with an `external_person_id` or `custom_id`: an id names one profile, so the list then has at most one. An id that only a merged person had names the profile into which this person was merged. A deleted or merged person is not listed. A page ends early, with a cursor, if its profiles would exceed 8,000,000 bytes.",
    auth: "profiles:read",
    filters: {
      external_person_id: Id.optional().meta({ description: "Only the profile with this external id." }),
      custom_id: Id.optional().meta({ description: "Only the profile with this `custom_id` among its identifiers." }),
    },
    item: Profile,
    page: "Profiles, by person_id.",
    async read(call, { space, filters, limit, after }) {
      const { external_person_id = null, custom_id = null } = filters;
      const filter = { external_person_id, custom_id, afterId: after?.id ?? null, limit };
      const db = call.databases.space(space.id);
      const { rows, cut } = await listProfiles(db, space.id, filter);
      if (rows.length === 0 && after === null) return formerlyNamed(db, space.id, filter);
      return cut ? { rows, shown: rows.length - 1 } : rows;
    },
    positionOf: (row) => ({ time: 0, id: row.person_id }),
    show,
  }),
  mergeProfile,
  route({
    method: "GET",
    path: "/{person_id}",
    operationId: "getProfile",
    summary: "Show a profile",
    description:
      "The profile as it is now. The id of a merged person names the profile into which the person was merged: the answer's `person_id` is that of this profile.",
    auth: "profiles:read",
    params: z.object({ person_id: z.string() }),
    responses: { 200: { description: "The profile.", schema: Profile } },
    async handle(call, { space, params }) {
      const db = call.databases.space(space.id);
      const own = await findProfile(db, space.id, params.person_id);
      const row = own ?? (await profileOfMerged(db, space.id, "person_id", params.person_id));
      return json(show(found(row, "The space has no profile with this person_id, and no merged person had it.")));
    },
  }),
  deleteProfile,
]);

/** The profile of a merged person that an id names which no current profile has. */
async function profileOfMerged(db: Database, spaceId: string, kind: PersonId, id: string): Promise<ProfileRow | null> {
  const ids = { person_id: [], external_person_id: [], custom_id: [], [kind]: [id] };
  const [former] = await resolveFormerIds(db, spaceId, ids);
  return former === undefined ? null : findProfile(db, spaceId, former.person.person_id);
}

/** The profile that a list's filters name by ids which merged people had; with both filters, where both name it. */
async function formerlyNamed(
  db: Database,
  spaceId: string,
  filter: Pick<ProfileFilter, "external_person_id" | "custom_id">,
): Promise<ProfileRow[]> {
  const names = (["external_person_id", "custom_id"] as const).flatMap((kind) => {
    const id = filter[kind];
    return id === null ? [] : [[kind, id] as const];
  });
  const found: (ProfileRow | null)[] = [];
  for (const [kind, id] of names) {
    const { rows } = await listProfiles(db, spaceId, { ...NO_FILTER, [kind]: id });
    found.push(rows[0] ?? (await profileOfMerged(db, spaceId, kind, id)));
  }
  const [first = null] = found;
  return first !== null && found.every((each) => each?.person_id === first.person_id) ? [first] : [];
}

const NO_FILTER: ProfileFilter = { external_person_id: null, custom_id: null, afterId: null, limit: 1 };

/** Sorts lists and fills in absent fields: equal sets become equal bytes, and null becomes the empty set. */
function canonical({ tags, installations, ...merge }: z.output<typeof Merge>): ProfileMerge {
  return {
    ...merge,
    // A null instead of a map changes nothing: only a null inside the map removes a member.
    identifiers: merge.identifiers ?? undefined,
    attributes: merge.attributes ?? undefined,
    topics: merge.topics ?? undefined,
    tags: tags === undefined ? undefined : (tags ?? []).toSorted(),
    installations: installations === undefined ? undefined : (installations ?? []).map(complete).toSorted(byId),
  };
}

type SentInstallation = NonNullable<z.output<typeof Installations>>[number];

function complete({ installation_id, platform, push_token, is_optin }: SentInstallation): Installation {
  return { installation_id, platform, push_token: push_token ?? null, is_optin };
}

function byId(a: Installation, b: Installation): number {
  return a.installation_id < b.installation_id ? -1 : 1;
}

/** @throws invalid_request for a profile that occurs twice in one call, or is too large. */
function mergesOf(sent: SentItems<z.input<typeof Merge>>): JsonLists<ProfileMerge> {
  const merges = new JsonLists<ProfileMerge>();
  const faults: Fault[] = [];
  const persons = new Set<string>();
  const externals = new Set<string>();
  const customs = new Set<unknown>();
  for (const profile of sent.finalPass()) {
    const merge = canonical(profile);
    const at = `/profiles/${merges.length}`;
    if (persons.has(merge.person_id))
      faults.push({ pointer: `${at}/person_id`, detail: "Duplicate person_id in this request." });
    persons.add(merge.person_id);
    const external = merge.external_person_id;
    if (typeof external === "string" && externals.has(external))
      faults.push({ pointer: `${at}/external_person_id`, detail: "Duplicate external_person_id in this request." });
    if (typeof external === "string") externals.add(external);
    const custom = merge.identifiers?.["custom_id"];
    if (typeof custom === "string" && customs.has(custom))
      faults.push({ pointer: `${at}/identifiers/custom_id`, detail: "Duplicate custom_id in this request." });
    customs.add(custom);
    const before = merges.bytes;
    merges.add(merge);
    if (merges.bytes - before > MAX_PROFILE_BYTES) faults.push({ pointer: at, detail: TOO_LARGE });
  }
  if (faults.length > 0) throw invalid(...faults.slice(0, 100));
  return merges;
}
