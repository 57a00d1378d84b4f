/** Profiles over HTTP. */

import * as z from "zod";
import { ATTRIBUTE_NAME } from "../../ingest/native-attributes.ts";
import { INEXACT } from "../../ingest/validate.ts";
import { inBatches } from "../../db/core/batching.ts";
import {
  findProfile,
  type Installation,
  MAX_PROFILE_BYTES,
  type ProfileMerge,
  type ProfileRow,
} from "../../db/profiles/profiles.ts";
import { type Fault, invalid, SpillwayError } from "../../errors.ts";
import { writeProfiles } from "../../ingest/profiles.ts";
import { iso } from "../../time/names.ts";
import { deleteProfile } from "./deletions.ts";
import { resource } from "../resource.ts";
import { json, route } from "../route.ts";
import { Id, textOf, Time, WholeText } from "../schemas.ts";

const MAX_PROFILES = 1000;
const MAX_BYTES = 15_728_640;
const MAX_TAGS = 200;
const MAX_INSTALLATIONS = 50;
const MAX_TOKEN_CHARACTERS = 4096;
const TOO_LARGE = `A profile has ${MAX_PROFILE_BYTES} bytes of identifiers, attributes, tags, topics and installations at most.`;

const exactNumber = z.number().refine((value) => !Number.isInteger(value) || Number.isSafeInteger(value), INEXACT);
export const AttributeName = z
  .string()
  .regex(
    ATTRIBUTE_NAME,
    "An attribute's name begins with a letter, a digit, _ or $, and goes on with those, dots, spaces or hyphens: 128 characters at most.",
  );
const Attributes = z.record(AttributeName, z.union([WholeText, exactNumber, z.boolean(), z.null()])).meta({
  description:
    "Merged by name; null removes. Names that begin with `$` are native: `GET /v1/attributes` shows them. Their values are texts, `$email_marketing` and `$sms_marketing` are `subscribed` or `unsubscribed`, `$date_of_birth` is a date (`1815-12-10`). A value of an attribute that the space defined is of its type; others may have any.",
});
const Identifiers = z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/), Id.nullable());

const CONSENTS = ["opt-in", "confirmed-opt-in", "opt-out"] as const;
const Topics = z.record(Id, z.record(Id, z.enum(CONSENTS).nullable()).nullable()).meta({
  description:
    "Topic → channel → what the person said to it. Merged by topic and channel; null removes a channel or a topic, and a topic without channels goes.",
});

/** A set as a list: what names an item stands once. @param at where in an item its name stands. */
function setOf<Item extends z.ZodType>(
  item: Item,
  most: number,
  nameOf: (item: z.output<Item>) => string,
  at: readonly string[],
) {
  return z
    .array(item)
    .max(most)
    .superRefine((items, context) => {
      const names = new Set<string>();
      for (const [index, each] of items.entries()) {
        const name = nameOf(each);
        if (names.has(name))
          context.addIssue({
            code: "custom",
            path: [index, ...at],
            message: "This one stands before already: once in a set.",
          });
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
).meta({ description: "Replaces the installations, each id once; null or an empty list removes them all." });

const Merge = z.strictObject({
  person_id: Id,
  external_person_id: Id.nullable().optional(),
  company_id: Id.nullable().optional(),
  type: textOf(100).min(1).nullable().optional(),
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
    created_at: Time,
    updated_at: Time,
  })
  .meta({ id: "Profile" });

export const profilesResource = resource("/v1/profiles", [
  route({
    method: "PUT",
    path: "/",
    operationId: "mergeProfiles",
    summary: "Make or change profiles",
    description:
      "Merges up to 1,000 profiles, all or nothing. What is left out stays; identifiers, attributes and topics are merged by key, tags and installations are replaced as a whole; null removes. What changes makes an event of each people definition that is enabled for it: `personCreated`, `nameChanged`, `emailAddressAdded` and the like. What changes how a profile can be reached (`$phone_number`, `$sms_marketing`, `$email_address`, `$email_marketing`, an installation's `is_optin` and `push_token`) always makes a reachability event: one a channel, of push one an installation, with each reason that applies. Who comes to `subscribed` subscribes; who comes to `unsubscribed`, or was `subscribed` and is not any more, unsubscribes. At most 100,000 events a call.",
    tag: "Profiles",
    auth: "profiles:write",
    body: {
      schema: z.strictObject({ profiles: z.array(Merge).min(1).max(MAX_PROFILES) }),
      maxBytes: MAX_BYTES,
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
        description: "All of them are merged.",
        schema: z.object({ merged: z.number().int() }).meta({ id: "Merged" }),
      },
    },
    errors: ["conflict"],
    async handle(call, { space, body }) {
      const merges = body.profiles.map(canonical);
      checkTogether(merges);
      const { runtime, databases } = call;
      const write = { db: databases.space(space.id), space, now: runtime.now(), uuid: () => runtime.uuid() };
      const outcome = await writeProfiles(write, inBatches(merges));
      if (outcome === "external_id_taken")
        throw new SpillwayError("conflict", "An external_person_id of these belongs to another profile.");
      if (outcome === "too_large") throw invalid({ pointer: "/profiles", detail: TOO_LARGE });
      return json({ merged: merges.length });
    },
  }),
  route({
    method: "GET",
    path: "/{person_id}",
    operationId: "getProfile",
    summary: "Show a profile",
    tag: "Profiles",
    auth: "profiles:read",
    params: z.object({ person_id: z.string() }),
    responses: { 200: { description: "The profile.", schema: Profile } },
    errors: ["not_found"],
    async handle(call, { space, params }) {
      const row = await findProfile(call.databases.space(space.id), space.id, params.person_id);
      if (row === null) throw new SpillwayError("not_found");
      return json(show(row));
    },
  }),
  deleteProfile,
]);

/** Sets in one order and with every field: the same set is the same bytes, and null is the empty one. */
function canonical({ tags, installations, ...merge }: z.output<typeof Merge>): ProfileMerge {
  return {
    ...merge,
    // A map that is null changes nothing: each of its members is removed by a null of its own.
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

/** @throws invalid_request for a profile that stands twice in one call, or is too large. */
function checkTogether(merges: readonly ProfileMerge[]): void {
  const faults: Fault[] = [];
  const persons = new Set<string>();
  const externals = new Set<string>();
  for (const [index, merge] of merges.entries()) {
    const at = `/profiles/${index}`;
    if (persons.has(merge.person_id))
      faults.push({ pointer: `${at}/person_id`, detail: "This profile stands before already: once a call." });
    persons.add(merge.person_id);
    const external = merge.external_person_id;
    if (typeof external === "string" && externals.has(external))
      faults.push({ pointer: `${at}/external_person_id`, detail: "This external id stands before already." });
    if (typeof external === "string") externals.add(external);
    if (Buffer.byteLength(JSON.stringify(merge)) > MAX_PROFILE_BYTES) faults.push({ pointer: at, detail: TOO_LARGE });
  }
  if (faults.length > 0) throw invalid(...faults.slice(0, 100));
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
    created_at: iso(row.created_at),
    updated_at: iso(row.updated_at),
  };
}
