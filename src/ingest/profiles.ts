/**
 * Profiles are written here, together with the people events and the reachability events that their changes make. Where the
 * space has enabled none of the first, and no merge can make one of the second, a write is the merge alone. Else the standing
 * profiles are read first, compared with what they will be, and the merge holds only if they have not moved meanwhile: what
 * is written was derived from what was really replaced.
 */

import type { Database } from "../db/core/database.ts";
import type { NewEvent } from "../db/events/event-rows.ts";
import { type DerivedFromMerge, mergeProfiles, type ProfileMerge } from "../db/profiles/profiles.ts";
import type { NewReachability } from "../db/events/reachability.ts";
import { readCurrent, type ExpectedVersion, type CurrentProfile } from "../db/profiles/current.ts";
import { invalid, SpillwayError } from "../errors.ts";
import { checkAttributes } from "./attribute-values.ts";
import { type Definition, type DefinitionSpace, premiseOf } from "./definitions.ts";
import { deriveEvents, type ProfileState } from "./derived.ts";
import { enabledDerived, derivedIds, derivedReachability, derivedRows, reachabilityIds } from "./derived-rows.ts";
import { deriveReachability, touchesReachability } from "./reachability.ts";

export interface ProfileWrite {
  db: Database;
  space: DefinitionSpace;
  now: number;
  uuid: () => string;
}

/** Profiles that change between the look and the write are looked at again: of calls at once, one comes through each time. */
const MAX_LOOKS = 50;
/** What one call may make of events: what one transaction writes in a few seconds. */
const MAX_MADE = 100_000;
const MAX_MADE_BYTES = 15_728_640;

/**
 * Merges profiles, all or nothing.
 * @param merges in parts that fit a parameter; each person once.
 * @throws invalid_request for values that do not fit, and when the call would make too many events; conflict when the profiles never stand still.
 */
export async function writeProfiles(
  write: ProfileWrite,
  merges: readonly ProfileMerge[][],
): Promise<"merged" | "external_id_taken" | "too_large"> {
  for (let look = 1; look <= MAX_LOOKS; look += 1) {
    const guards = await checkAttributes(write.db, write.space.id, merges.flat());
    const definitions = await enabledDerived(write.db, write.space);
    const all = merges.flat();
    const looked = definitions.size === 0 ? all.filter(touchesReachability) : all;
    const made = looked.length === 0 ? null : await makeEvents(write, looked, definitions);
    const outcome = await mergeProfiles(write.db, write.space.id, merges, write.now, made, guards);
    if (outcome !== "moved") return outcome;
  }
  throw new SpillwayError("conflict", "These profiles were changed by other calls at the same time. Try again.");
}

async function makeEvents(
  write: ProfileWrite,
  merges: readonly ProfileMerge[],
  definitions: ReadonlyMap<string, Definition>,
): Promise<DerivedFromMerge> {
  const standing: ExpectedVersion[] = [];
  const events: NewEvent[] = [];
  const reachability: NewReachability[] = [];
  const [ids, reachIds] = [derivedIds(write.uuid()), reachabilityIds(write.uuid())];
  let bytes = 0;
  for await (const [row, merge] of standingOf(write, merges)) {
    standing.push([row.person_id, row.seq_from]);
    const before = stateOf(row);
    const after = merged(before, merge);
    const person = { person_id: row.person_id, company_id: after.company_id };
    for (const event of derivedRows(definitions, person, deriveEvents(before, after), write.now, ids)) {
      events.push(event);
      bytes += Buffer.byteLength(event.properties);
    }
    for (const event of derivedReachability(row.person_id, deriveReachability(before, after), write.now, reachIds)) {
      reachability.push(event);
      bytes += Buffer.byteLength(event.event);
    }
    if (events.length + reachability.length > MAX_MADE || bytes > MAX_MADE_BYTES)
      throw invalid({
        pointer: "/profiles",
        detail: `These changes would make more than ${MAX_MADE} events or ${MAX_MADE_BYTES} bytes of them. Send fewer profiles a call.`,
      });
  }
  return { events, reachability, profiles: standing, definitions: [...definitions.values()].map(premiseOf) };
}

/** Each merge with the version that stands, a page of profiles in memory at a time. */
async function* standingOf(
  write: ProfileWrite,
  merges: readonly ProfileMerge[],
): AsyncGenerator<[CurrentProfile, ProfileMerge]> {
  const byPerson = new Map(merges.map((merge) => [merge.person_id, merge]));
  for (let left = [...byPerson.keys()]; left.length > 0;) {
    const rows = await readCurrent(write.db, write.space.id, left);
    for (const row of rows) {
      const merge = byPerson.get(row.person_id);
      if (merge !== undefined) yield [row, merge];
    }
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

/** What the merge in mergeProfiles makes of a profile: what is absent stays, null removes, a set is replaced. */
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
