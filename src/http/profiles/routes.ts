/** /v1/profiles: merge, read and delete profiles. */

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
import { writeProfiles } from "../../ingest/profiles.ts";
import type { SentItems } from "../../ingest/sent-items.ts";
import { deleteProfile } from "./deletions.ts";
import { listProfiles } from "../../db/profiles/lookup.ts";
import { list } from "../list.ts";
import { ingestOf, MAX_RECORDS_BYTES } from "../records.ts";
import { resource } from "../resource.ts";
import { found, json, route } from "../route.ts";
import { recordsBody, SentRecords } from "../sent-records.ts";
import { Id, nameOf, textOf, times, timesOf, WholeText } from "../schemas.ts";

const MAX_PROFILES = 1000;
const MAX_TAGS = 200;
const MAX_INSTALLATIONS = 50;
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

const CONSENTS = ["opt-in", "confirmed-opt-in", "opt-out"] as const;
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

const installation = { installation_id: Id, platform: z.enum(["iOS", "Android", "Webpush"]), is_optin: z.boolean() };
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

const Profile = z
  .object({
    person_id: z.string(),
    external_person_id: z.string().nullable(),
    company_id: z.string().nullable(),
    type: z.string().nullable(),
    identifiers: z.record(z.string(), z.string()),
    attributes: z.record(z.string(), z.unknown()),
    tags: z.array(z.string()),
    topics: z.record(z.string(), z.record(z.string(), z.enum(CONSENTS))),
    installations: z.array(
      z.object({ ...installation, installation_id: z.string(), push_token: z.string().nullable() }),
    ),
    ...times,
  })
  .meta({ id: "Profile" });

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
      "The profiles of the space as they are now, or the profile with an `external_person_id` or `custom_id`: an id names one profile, so the list then has at most one. A deleted person is not listed. A page ends early, with a cursor, if its profiles would exceed 8,000,000 bytes.",
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
      const { rows, cut } = await listProfiles(call.databases.space(space.id), space.id, filter);
      return cut ? { rows, shown: rows.length - 1 } : rows;
    },
    positionOf: (row) => ({ time: 0, id: row.person_id }),
    show,
  }),
  route({
    method: "GET",
    path: "/{person_id}",
    operationId: "getProfile",
    summary: "Show a profile",
    auth: "profiles:read",
    params: z.object({ person_id: z.string() }),
    responses: { 200: { description: "The profile.", schema: Profile } },
    async handle(call, { space, params }) {
      return json(show(found(await findProfile(call.databases.space(space.id), space.id, params.person_id))));
    },
  }),
  deleteProfile,
]);

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

function show(row: ProfileRow) {
  return {
    person_id: row.person_id,
    external_person_id: row.external_person_id,
    company_id: row.company_id,
    type: row.type,
    identifiers: JSON.parse(row.identifiers) as unknown,
    attributes: JSON.parse(row.attributes) as unknown,
    tags: JSON.parse(row.tags) as unknown,
    topics: JSON.parse(row.topics) as unknown,
    installations: JSON.parse(row.installations) as unknown,
    ...timesOf(row),
  };
}
