/**
 * Merges two people. One profile ends and its rows belong to the other from then on, which gets what it lacks: external
 * id, company, identifiers, attributes, tags, topics and installations. No stored row changes.
 */

import type { Statement } from "../db/core/database.ts";
import { JsonLists } from "../db/core/json-lists.ts";
import { folded } from "../db/events/definitions.ts";
import {
  type IdLeftBehind,
  type MergeLink,
  mergeStatements,
  readLinks,
  readPair,
  type VersionedProfile,
} from "../db/profiles/merge-write.ts";
import { MAX_MERGED } from "../db/profiles/merges.ts";
import { findProfile, mergeProfiles, type ProfileMerge, type ProfileRow } from "../db/profiles/profiles.ts";
import { type Fault, invalid, SpillwayError } from "../errors.ts";
import type { IngestCall } from "./all-or-none.ts";
import { enabledDerived } from "./derived-rows.ts";
import { deriveAll } from "./profiles.ts";

/** What a profile got of the one that was merged into it: names and ids, without values. */
export interface CameAlong {
  external_person_id: boolean;
  company_id: boolean;
  identifiers: string[];
  attributes: string[];
  tags: string[];
  topics: string[];
  installations: string[];
}

export interface MergeResult {
  /** The current profile of the person. */
  profile: ProfileRow;
  cameAlong: CameAlong;
}

/** How often a merge is tried while other calls change its profiles: all tries together fit one invocation. */
const MAX_ATTEMPTS = 10;
/** The most tags and installations of a profile, as a PUT may set them. */
export const MAX_TAGS = 200;
export const MAX_INSTALLATIONS = 50;

/**
 * Merges a person into another one. A repeated call changes nothing and returns the same.
 * @param from the person whose profile ends. @param into may be merged itself: then this is the person whom it names.
 * @param guards statements that fail the batch where a condition of the caller is no longer true; the merge is then
 * tried again, ten times in all.
 * @throws invalid_request with the pointer `/from` or `/into`: an unknown person, one person twice, too many people or
 * values in one profile. conflict with such a pointer for a person who is merged into somebody else, and without one
 * when other calls changed the profiles at each attempt.
 */
export async function mergePersons(
  write: IngestCall,
  from: string,
  into: string,
  guards: readonly Statement[] = [],
): Promise<MergeResult> {
  if (from === into) throw invalid({ pointer: "/into", detail: "A person cannot be merged into itself." });
  const { db, space } = write;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const links = new Map((await readLinks(db, space.id, [from, into])).map((link) => [link.person_id, link]));
    const target = links.get(into)?.into_id ?? into;
    const link = links.get(from);
    if (link !== undefined && link.into_id !== target)
      throw refused("/from", `${from} was merged into ${link.into_id} before.`);
    if (target === from)
      throw refused("/into", `${into} was merged into ${from} before: they are one person, whose profile is ${from}.`);
    if (link !== undefined) {
      const profile = await findProfile(db, space.id, target);
      if (profile !== null) return { profile, cameAlong: JSON.parse(link.came_along) as CameAlong };
      continue;
    }
    const outcome = await mergeOnce(write, from, target, guards);
    if (outcome !== null) return outcome;
  }
  throw new SpillwayError("conflict", "Other calls changed these profiles at the same time. Send the request again.");
}

const refused = (pointer: "/from" | "/into", detail: string) =>
  new SpillwayError("conflict", detail, { faults: [{ pointer, detail }] });

/** @returns null where another call changed one of the profiles meanwhile. */
async function mergeOnce(
  write: IngestCall,
  from: string,
  into: string,
  guards: readonly Statement[],
): Promise<MergeResult | null> {
  const { db, space, now } = write;
  const { profiles, merged } = await readPair(db, space.id, [from, into]);
  const [ending, staying] = [from, into].map((id) => profiles.find((profile) => profile.person_id === id));
  if (ending === undefined || staying === undefined) {
    // Another call may have merged one of them since the links were read.
    if ((await readLinks(db, space.id, ending === undefined ? [from] : [into])).length > 0) return null;
    throw invalid(...unknown("/from", from, ending), ...unknown("/into", into, staying));
  }
  rejectTooMany(merged, into);
  const { change, cameAlong, leftBehind } = moves(ending, staying);
  const changes = new JsonLists<ProfileMerge>();
  changes.add(change);
  const definitions = await enabledDerived(db, space);
  const also = [{ definition_id: "personMerged", properties: { mergedPersonId: from } }];
  const derived = await deriveAll(write, changes, definitions, also);
  const links = mergeStatements(
    space.id,
    { id: write.uuid(), now },
    ending,
    staying,
    JSON.stringify(cameAlong),
    leftBehind,
  );
  const outcome = await mergeProfiles(db, space.id, changes, now, derived, [...guards, ...links]);
  if (outcome === "too_large")
    throw invalid({ pointer: "/into", detail: "The two profiles are too large together to be one profile." });
  if (outcome !== "merged") return null;
  const profile = await findProfile(db, space.id, into);
  return profile === null ? null : { profile, cameAlong };
}

const unknown = (pointer: string, id: string, profile: VersionedProfile | undefined): Fault[] =>
  profile === undefined ? [{ pointer, detail: `The space has no profile ${id}.` }] : [];

function rejectTooMany(merged: readonly Pick<MergeLink, "person_id">[], into: string): void {
  if (merged.length < MAX_MERGED) return;
  throw invalid({
    pointer: "/into",
    detail: `At most ${MAX_MERGED} people can be merged into one. With this merge, ${merged.length + 1} would be in ${into}.`,
  });
}

/** What `into` gets of `from`: the change of its profile, the names in it, and the ids that `into` has of its own. */
function moves(from: VersionedProfile, into: VersionedProfile) {
  const identifiers = lacking(mapOf(from.identifiers), mapOf(into.identifiers));
  const attributes = lacking(mapOf(from.attributes), mapOf(into.attributes), folded);
  const topics = lackingConsents(topicsOf(from), topicsOf(into));
  const [tags, newTags] = union(listOf<string>(from.tags), listOf<string>(into.tags), (tag) => tag);
  const [installations, newInstallations] = union(
    listOf<Installation>(from.installations),
    listOf<Installation>(into.installations),
    (each) => each.installation_id,
  );
  const [external, company] = (["external_person_id", "company_id"] as const).map((name) =>
    into[name] === null ? from[name] : null,
  );
  const faults = [tooMany("tags", tags, MAX_TAGS), tooMany("installations", installations, MAX_INSTALLATIONS)].flat();
  if (faults.length > 0) throw invalid(...faults);
  const change: ProfileMerge = { person_id: into.person_id };
  if (typeof external === "string") change.external_person_id = external;
  if (typeof company === "string") change.company_id = company;
  if (Object.keys(identifiers).length > 0) change.identifiers = identifiers;
  if (Object.keys(attributes).length > 0) change.attributes = attributes;
  if (Object.keys(topics).length > 0) change.topics = topics;
  if (newTags.length > 0) change.tags = tags;
  if (newInstallations.length > 0) change.installations = installations;
  const cameAlong: CameAlong = {
    external_person_id: typeof external === "string",
    company_id: typeof company === "string",
    identifiers: Object.keys(identifiers).toSorted(),
    attributes: Object.keys(attributes).toSorted(),
    tags: newTags,
    topics: Object.keys(topics).toSorted(),
    installations: newInstallations,
  };
  return { change, cameAlong, leftBehind: leftBehind(from, cameAlong) };
}

type Installation = NonNullable<ProfileMerge["installations"]>[number];
type Topics = Record<string, Record<string, "opt-in" | "confirmed-opt-in" | "opt-out">>;

const mapOf = (json: string) => JSON.parse(json) as Record<string, unknown>;
const topicsOf = ({ topics }: VersionedProfile) => JSON.parse(topics) as Topics;
const listOf = <Item>(json: string) => JSON.parse(json) as Item[];

/** The members whose name the other object has not. @param keyOf names with one key are the same name. */
function lacking(
  of: Record<string, unknown>,
  than: Record<string, unknown>,
  keyOf = (name: string): string => name,
): Record<string, unknown> {
  const has = new Set(Object.keys(than).map(keyOf));
  return Object.fromEntries(Object.entries(of).filter(([name]) => !has.has(keyOf(name))));
}

/** The consents to topics on channels on which the other profile has none. */
function lackingConsents(of: Topics, than: Topics): Topics {
  const pairs = Object.entries(of).map(([topic, channels]) => {
    const own = Object.hasOwn(than, topic) ? (than[topic] ?? {}) : {};
    return [topic, lacking(channels, own) as Topics[string]] as const;
  });
  return Object.fromEntries(pairs.filter(([, channels]) => Object.keys(channels).length > 0));
}

/** Both lists as one in the order of the ids, and the ids of what the second list lacks. */
function union<Item>(of: Item[], than: Item[], idOf: (item: Item) => string): [Item[], string[]] {
  const has = new Set(than.map(idOf));
  const more = of.filter((item) => !has.has(idOf(item)));
  const all = [...than, ...more].toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  return [all, more.map(idOf)];
}

function tooMany(name: string, items: readonly unknown[], max: number): Fault[] {
  if (items.length <= max) return [];
  return [{ pointer: "/into", detail: `The profile would have ${items.length} ${name}: ${max} at most.` }];
}

/** Of the ids that name one profile, those that `into` could not take. */
function leftBehind(from: VersionedProfile, cameAlong: CameAlong): IdLeftBehind[] {
  const external = from.external_person_id;
  const custom = mapOf(from.identifiers)["custom_id"];
  return [
    ...(external === null || cameAlong.external_person_id
      ? []
      : [{ kind: "external_person_id" as const, id: external }]),
    ...(typeof custom !== "string" || cameAlong.identifiers.includes("custom_id")
      ? []
      : [{ kind: "custom_id" as const, id: custom }]),
  ];
}
