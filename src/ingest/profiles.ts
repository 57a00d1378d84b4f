/**
 * Writes profiles, with the people events and the reachability events that are derived from their changes. A write that
 * cannot have derived events is the merge alone. Otherwise the current profiles are read first and compared with the
 * merged ones; the write fails and is repeated when another call changed them meanwhile, so that events derive from
 * what was really replaced.
 */

import { BatchMemory } from "../db/core/batch-memory.ts";
import { JsonLists } from "../db/core/json-lists.ts";
import { eventBytes, EventRows, type NewEvent } from "../db/events/event-rows.ts";
import { type DerivedFromMerge, MAX_PROFILE_BYTES, mergeProfiles, type ProfileMerge } from "../db/profiles/profiles.ts";
import { type NewReachability, reachabilityBytes } from "../db/events/reachability.ts";
import { currentBytes } from "../db/profiles/lookup.ts";
import { readCurrent, type ExpectedVersion, type CurrentProfile } from "../db/profiles/current.ts";
import { mergedNow, noneMerged } from "../db/profiles/merges.ts";
import { type Fault, invalid, MAX_FAULTS, SpillwayError } from "../errors.ts";
import type { IngestCall } from "./all-or-none.ts";
import { checkAttributes } from "./attribute-values.ts";
import { type FoundDefinition, premiseOf } from "./definitions.ts";
import { type DerivedEvent, deriveEvents, type ProfileState } from "./derived.ts";
import { enabledDerived, derivedIds, derivedReachability, derivedRows, reachabilityIds } from "./derived-rows.ts";
import { deriveReachability, touchesReachability } from "./reachability.ts";
import { throwTaken } from "./taken-ids.ts";

/** How often a conflicting write is repeated. Of concurrent calls, one succeeds each time. */
const MAX_ATTEMPTS = 50;
/** The derived events of one call: what one transaction writes in a few seconds. */
const MAX_DERIVED = 100_000;
const MAX_DERIVED_BYTES = 15_728_640;
/** The bytes of the profiles that one call writes: each of them as a whole, however little of it is sent. */
const MAX_PROFILES_BYTES = 31_457_280;
const TOO_WIDE =
  "These profiles have too many characters that are not Latin, or quotes, to be written in one call of this size. Send fewer profiles per request.";
const TOO_MUCH_TOGETHER =
  "These profiles are too large to be written in one call together with the events that follow from their changes. Send fewer profiles per request.";
/** Fewer profiles cannot exceed this. */
const MIN_COUNTED = Math.floor(MAX_PROFILES_BYTES / MAX_PROFILE_BYTES);

/**
 * Merges profiles, all or nothing. What is sent for a person who was merged into another is written to that one.
 * @param sent each person once.
 * @throws invalid_request for values of a wrong type or form, and for a call with too many derived events;
 * payload_too_large for profiles that are too large together; conflict
 * with a pointer to each id that another profile has, and when other calls changed the profiles at each attempt.
 */
export async function writeProfiles(write: IngestCall, sent: JsonLists<ProfileMerge>): Promise<"merged" | "too_large"> {
  await rejectTooMuch(write, sent);
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const merges = await withoutMerged(write, sent);
    const guards = [
      ...noneMerged(write.space.id, Array.from(merges, personIdOf)),
      ...(await checkAttributes(write.db, write.space.id, merges)),
    ];
    const definitions = await enabledDerived(write.db, write.space);
    const made = await deriveAll(write, merges, definitions);
    const outcome = await mergeProfiles(write.db, write.space.id, merges, write.now, made, guards);
    if (outcome === "id_taken") await throwTaken(write.db, write.space.id, merges);
    else if (outcome !== "moved") return outcome;
  }
  throw new SpillwayError("conflict", "Other calls changed these profiles at the same time. Send the request again.");
}

const personIdOf = (merge: ProfileMerge): string => merge.person_id;

/**
 * The same with the current ids of merged people.
 * @throws invalid_request where two of them are of one person then.
 */
async function withoutMerged(
  { db, space }: IngestCall,
  sent: JsonLists<ProfileMerge>,
): Promise<JsonLists<ProfileMerge>> {
  const links = await mergedNow(db, space.id, Array.from(sent, personIdOf));
  if (links.length === 0) return sent;
  const into = new Map(links.map((link) => [link.person_id, link.into_id]));
  const persons = new Set(Array.from(sent, personIdOf));
  const merges = new JsonLists<ProfileMerge>();
  const faults: Fault[] = [];
  for (const merge of sent) {
    const person = into.get(merge.person_id);
    if (person !== undefined && persons.has(person))
      faults.push({
        pointer: `/profiles/${merges.length}/person_id`,
        detail: `${merge.person_id} was merged into ${person}, whom this request changes already.`,
      });
    persons.add(person ?? merge.person_id);
    merges.add({ ...merge, person_id: person ?? merge.person_id });
  }
  if (faults.length > 0) throw invalid(...faults.slice(0, MAX_FAULTS));
  return merges;
}

/** What the profiles alone take while they are written. */
function memoryOf(merges: JsonLists<ProfileMerge>): BatchMemory {
  const memory = new BatchMemory();
  for (const list of merges.texts) memory.add(list, Buffer.byteLength(list));
  return memory;
}

/** @throws payload_too_large for profiles that are too large together. */
async function rejectTooMuch({ db, space }: IngestCall, merges: JsonLists<ProfileMerge>): Promise<void> {
  if (memoryOf(merges).isTooLarge) throw new SpillwayError("payload_too_large", TOO_WIDE);
  if (merges.length <= MIN_COUNTED) return;
  const ids = Array.from(merges, personIdOf);
  const bytes = (await currentBytes(db, space.id, ids)) + merges.bytes;
  if (bytes > MAX_PROFILES_BYTES)
    throw new SpillwayError(
      "payload_too_large",
      `A change writes the whole profile anew, and these have ${bytes} bytes together: a call may write ${MAX_PROFILES_BYTES}. Send fewer profiles per request.`,
    );
}

/**
 * @param also further events of each person.
 * @returns null where no event can follow from these merges.
 * @throws invalid_request, payload_too_large for events that are too many or too large.
 */
export async function deriveAll(
  write: IngestCall,
  merges: JsonLists<ProfileMerge>,
  definitions: ReadonlyMap<string, FoundDefinition>,
  also: readonly DerivedEvent[] = [],
): Promise<DerivedFromMerge | null> {
  const derives = (merge: ProfileMerge) => definitions.size > 0 || touchesReachability(merge);
  const persons: string[] = [];
  for (const merge of merges) if (derives(merge)) persons.push(merge.person_id);
  if (persons.length === 0) return null;
  const memory = memoryOf(merges);
  const expected: ExpectedVersion[] = [];
  const events = new EventRows(memory);
  const reachability = new JsonLists<NewReachability>(memory);
  const firsts = new Map<string, Pick<NewEvent, "id" | "definition_id">>();
  const [ids, reachIds] = [derivedIds(write.uuid()), reachabilityIds(write.uuid())];
  let [count, bytes] = [0, 0];
  const current = currentOf(write, persons);
  for (const merge of merges) {
    if (!derives(merge)) continue;
    const row = (await current.next()).value;
    if (row?.person_id !== merge.person_id) throw new Error("The current profiles are not in the order of the merges.");
    expected.push([row.person_id, row.seq_from]);
    const before = stateOf(row);
    const after = merged(before, merge);
    const person = { person_id: row.person_id, company_id: after.company_id };
    const made = [...deriveEvents(before, after), ...also];
    for (const event of derivedRows(definitions, person, made, write.now, ids)) {
      events.add(event);
      count += 1;
      bytes += eventBytes(event);
      if (definitions.get(event.definition_id)?.used === false) firsts.set(event.definition_id, event);
    }
    for (const event of derivedReachability(row.person_id, deriveReachability(before, after), write.now, reachIds)) {
      reachability.add(event);
      count += 1;
      bytes += reachabilityBytes(event);
    }
    if (count > MAX_DERIVED || bytes > MAX_DERIVED_BYTES)
      throw invalid({
        pointer: "/profiles",
        detail: `These changes would create more than ${MAX_DERIVED} events, or ${MAX_DERIVED_BYTES} bytes of events. Send fewer profiles per request.`,
      });
    if (memory.isTooLarge) throw new SpillwayError("payload_too_large", TOO_MUCH_TOGETHER);
  }
  const made = { events, reachability, firstEvents: [...firsts.values()], profiles: expected };
  return { ...made, definitions: [...definitions.values()].map(premiseOf) };
}

/** The current versions of these persons' profiles, in the order of the persons, a page of them in memory at a time. */
async function* currentOf(
  { db, space }: IngestCall,
  persons: readonly string[],
): AsyncGenerator<CurrentProfile, undefined> {
  for (let left = persons; left.length > 0;) {
    const rows = await readCurrent(db, space.id, left);
    yield* rows;
    left = left.slice(rows.length);
  }
}

function stateOf(row: CurrentProfile): ProfileState | null {
  if (row.seq_from === null) return null;
  return {
    external_person_id: row.external_person_id,
    company_id: row.company_id,
    type: row.type,
    identifiers: JSON.parse(row.identifiers ?? "{}") as ProfileState["identifiers"],
    attributes: JSON.parse(row.attributes ?? "{}") as ProfileState["attributes"],
    tags: JSON.parse(row.tags ?? "[]") as ProfileState["tags"],
    installations: JSON.parse(row.installations ?? "[]") as ProfileState["installations"],
  };
}

/** The result of the merge in mergeProfiles: absent fields stay, null removes, lists are replaced. */
function merged(before: ProfileState | null, merge: ProfileMerge): ProfileState {
  const scalar = (name: "external_person_id" | "company_id" | "type") => {
    const sent = merge[name];
    return sent === undefined ? (before?.[name] ?? null) : sent;
  };
  return {
    external_person_id: scalar("external_person_id"),
    company_id: scalar("company_id"),
    type: scalar("type"),
    identifiers: patched(before?.identifiers, merge.identifiers) as ProfileState["identifiers"],
    attributes: patched(before?.attributes, merge.attributes) as ProfileState["attributes"],
    tags: merge.tags ?? before?.tags ?? [],
    installations: merge.installations ?? before?.installations ?? [],
  };
}

function patched(old: object = {}, patch: object = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...old, ...patch }).filter(([, value]) => value !== null));
}
