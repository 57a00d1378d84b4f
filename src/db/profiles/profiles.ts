/** Profiles, stored as versions [seq_from, seq_to): an export reads them as of its snapshot. */

import type { Row } from "../core/columns.ts";
import {
  type Database,
  isGuardFailure,
  isSizeFailure,
  isTooBig,
  isUniqueFailure,
  type Statement,
  statement,
} from "../core/database.ts";
import { type JsonLists, jsonLists } from "../core/json-lists.ts";
import { type ExpectedDefinition, definitionsUnchanged } from "../events/definitions.ts";
import type { EventRows, NewEvent } from "../events/event-rows.ts";
import { recordFirstEvents } from "../events/first-events.ts";
import { insertReachability, type NewReachability } from "../events/reachability.ts";
import { type ExpectedVersion, versionsUnchanged } from "./current.ts";
import { rememberNames } from "./names.ts";
import { nextSequence, THIS_SEQUENCE, versionAsOf } from "../core/sequences.ts";

interface Profiles {
  person_id: string;
  external_person_id: string | null;
  company_id: string | null;
  type: string | null;
  identifiers: string;
  attributes: string;
  tags: string;
  topics: string;
  installations: string;
  created_at: number;
  updated_at: number;
}

export const PROFILE_COLUMNS =
  "person_id, external_person_id, company_id, type, identifiers, attributes, tags, topics, installations, created_at, updated_at";

export type ProfileRow = Row<Profiles, typeof PROFILE_COLUMNS>;

/** Ids that belong to at most one current profile of a space. */
const UNIQUE_IDS = ["external_person_id", "custom_id"];

/** The limit of a profile's JSON columns together: D1 accepts a row of 2,000,000 bytes, with ids and times. */
export const MAX_PROFILE_BYTES = 1_890_000;

/** An app or a browser that can receive push messages. */
export interface Installation {
  installation_id: string;
  platform: "iOS" | "Android" | "Webpush";
  push_token: string | null;
  is_optin: boolean;
}

/** A person's consent to messages about a topic on a channel. */
export type Consent = "opt-in" | "confirmed-opt-in" | "opt-out";

/**
 * The changes of a merge: an absent field stays, null removes it. Maps are merged by key (RFC 7396), topics by topic
 * and channel; the sets `tags` and `installations` are replaced with the given ones, in their canonical order.
 */
export interface ProfileMerge {
  person_id: string;
  external_person_id?: string | null | undefined;
  company_id?: string | null | undefined;
  type?: string | null | undefined;
  identifiers?: Record<string, unknown> | undefined;
  attributes?: Record<string, unknown> | undefined;
  tags?: readonly string[] | undefined;
  topics?: Record<string, Record<string, Consent | null> | null> | undefined;
  installations?: readonly Installation[] | undefined;
}

/** SQL: the sent scalar, of which null removes the old one, or without a sent one the old scalar. */
const sentOrOld = (column: string) =>
  `CASE WHEN json_type(j.value, '$.${column}') IS NULL THEN p.${column} ELSE j.value ->> '${column}' END`;

/** SQL: the merged topics, without topics that have no channel any more. */
const MERGED_TOPICS = `(SELECT json_group_object(t.key, json(t.value))
  FROM json_each(json_patch(coalesce(p.topics, '{}'), coalesce(j.value -> 'topics', '{}'))) t WHERE t.value <> '{}')`;

/** Events that the service derives from a merge, and the versions that it read for them. */
export interface DerivedFromMerge {
  events: EventRows;
  /** Of each definition that was unused, one of these events. */
  firstEvents: readonly Pick<NewEvent, "id" | "definition_id">[];
  reachability: JsonLists<NewReachability>;
  profiles: readonly ExpectedVersion[];
  definitions: readonly ExpectedDefinition[];
}

/** The persons of merges, and the names that these give a value to. */
function namesIn(merges: Iterable<ProfileMerge>) {
  const names = {
    persons: [] as string[],
    attributes: new Set<string>(),
    identifiers: new Set<string>(),
    tags: new Set<string>(),
  };
  for (const merge of merges) {
    names.persons.push(merge.person_id);
    for (const members of ["attributes", "identifiers"] as const)
      for (const [name, value] of Object.entries(merge[members] ?? {})) if (value !== null) names[members].add(name);
    for (const tag of merge.tags ?? []) names.tags.add(tag);
  }
  return names;
}

/**
 * Merges profiles, all or nothing: at one sequence number the current versions end and new ones begin.
 * @param merges each person at most once.
 * @param derived events to write with the profiles; null: none.
 * @param guards statements that fail the batch where a condition of the caller is no longer true.
 * @returns `id_taken` if an external id or custom id belongs to another profile, `too_large` if a profile would exceed
 * a row, `moved` if a version that `derived` or a guard names is not current any more; nothing is written then.
 */
export async function mergeProfiles(
  db: Database,
  spaceId: string,
  merges: JsonLists<ProfileMerge>,
  now: number,
  derived: DerivedFromMerge | null = null,
  guards: readonly Statement[] = [],
): Promise<"merged" | "id_taken" | "too_large" | "moved"> {
  const close = `UPDATE profiles SET seq_to = ${THIS_SEQUENCE}
     WHERE space_id = ?1 AND seq_to IS NULL AND person_id IN (SELECT value FROM json_each(?2))`;
  const open = `INSERT INTO profiles (space_id, seq_from, seq_to, ${PROFILE_COLUMNS})
     SELECT ?1, ${THIS_SEQUENCE}, NULL, j.value ->> 'person_id',
       ${sentOrOld("external_person_id")}, ${sentOrOld("company_id")}, ${sentOrOld("type")},
       json_patch(coalesce(p.identifiers, '{}'), coalesce(j.value -> 'identifiers', '{}')),
       json_patch(coalesce(p.attributes, '{}'), coalesce(j.value -> 'attributes', '{}')),
       coalesce(j.value -> 'tags', p.tags, '[]'), ${MERGED_TOPICS}, coalesce(j.value -> 'installations', p.installations, '[]'),
       coalesce(p.created_at, ?3), ?3
     FROM json_each(?2) j
     LEFT JOIN profiles p ON p.space_id = ?1 AND p.person_id = j.value ->> 'person_id' AND p.seq_to = ${THIS_SEQUENCE}
     WHERE true`;
  const names = namesIn(merges);
  try {
    await db.batch([
      nextSequence(spaceId),
      ...guards,
      ...(derived === null
        ? []
        : [versionsUnchanged(spaceId, derived.profiles), definitionsUnchanged(spaceId, derived.definitions)]),
      ...jsonLists(names.persons).map((list) => statement(close, [spaceId, list])),
      ...merges.texts.map((list) => statement(open, [spaceId, list, now])),
      statement(
        `INSERT INTO guard SELECT NULL FROM profiles WHERE space_id = ?1 AND seq_from = ${THIS_SEQUENCE} AND seq_to IS NULL
           AND person_id IN (SELECT value FROM json_each(?2))
           AND octet_length(identifiers) + octet_length(attributes) + octet_length(tags) + octet_length(topics)
             + octet_length(installations) > ?3`,
        [spaceId, JSON.stringify(names.persons), MAX_PROFILE_BYTES],
      ),
      ...rememberNames(spaceId, "attribute", names.attributes),
      ...rememberNames(spaceId, "identifier", names.identifiers),
      ...rememberNames(spaceId, "tag", names.tags),
      ...(derived?.events.statements(spaceId, now) ?? []),
      ...recordFirstEvents(spaceId, derived?.definitions ?? [], derived?.firstEvents ?? []),
      ...insertReachability(spaceId, derived?.reachability.texts ?? [], now),
    ]);
    return "merged";
  } catch (thrown) {
    if (isGuardFailure(thrown)) return "moved";
    if (isSizeFailure(thrown) || isTooBig(thrown)) return "too_large";
    if (UNIQUE_IDS.some((id) => isUniqueFailure(thrown, `profiles.space_id, profiles.${id}`))) return "id_taken";
    throw thrown;
  }
}

export async function findProfile(db: Database, spaceId: string, personId: string): Promise<ProfileRow | null> {
  const sql = `SELECT ${PROFILE_COLUMNS} FROM profiles WHERE space_id = ?1 AND person_id = ?2 AND seq_to IS NULL`;
  return db.first<ProfileRow>(sql, [spaceId, personId]);
}

/** The external ids of these persons as of a sequence number; persons without one are left out. */
export const externalIdsAt = (db: Database, spaceId: string, seq: number, personIds: readonly string[]) =>
  db.all<{ person_id: string; external_person_id: string }>(
    `SELECT p.person_id, p.external_person_id FROM json_each(?3) j CROSS JOIN profiles p
       ON p.space_id = ?1 AND p.person_id = j.value AND ${versionAsOf("profiles", "p", { person_id: "j.value" }, "?2")}
     WHERE p.external_person_id IS NOT NULL`,
    [spaceId, seq, JSON.stringify(personIds)],
  );

/** The identifiers of a person. */
export interface PersonIdentifiers {
  person_id: string;
  external_person_id: string | null;
  /** JSON object: the requested identifiers that the person has. */
  identifiers: string;
  /** JSON array of ids; empty if they were not requested. */
  installation_ids: string;
}

/** The identifiers of these persons as of a sequence number. @param names the requested identifiers. */
export async function identifiersAt(
  db: Database,
  spaceId: string,
  seq: number,
  personIds: readonly string[],
  names: readonly string[],
  withInstallations: boolean,
): Promise<PersonIdentifiers[]> {
  return db.all<PersonIdentifiers>(
    `SELECT p.person_id, p.external_person_id,
       (SELECT json_group_object(i.key, i.value) FROM json_each(p.identifiers) i
        WHERE i.key IN (SELECT value FROM json_each(?4))) AS identifiers,
       (SELECT json_group_array(i.value ->> 'installation_id') FROM json_each(p.installations) i WHERE ?5) AS installation_ids
     FROM json_each(?3) j CROSS JOIN profiles p ON p.space_id = ?1 AND p.person_id = j.value AND ${versionAsOf("profiles", "p", { person_id: "j.value" }, "?2")}`,
    [spaceId, seq, JSON.stringify(personIds), JSON.stringify(names), Number(withInstallations)],
  );
}
