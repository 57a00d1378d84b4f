/**
 * Links of visitors to people. A page's event `personMerged` names a person, and in `mergedPersonId` the visitor: the
 * visitor is merged into the person. A page can hide nothing and may be hostile, so it links visitors alone: profiles
 * with an id of tracker.js, which no profile write has given anything. The person gets the visitor's events, and its
 * profile does not change.
 */

import { JsonLists } from "../db/core/json-lists.ts";
import { isBare, stillBare } from "../db/profiles/bare.ts";
import { readPair } from "../db/profiles/merge-write.ts";
import { MAX_MERGED, mergedNow } from "../db/profiles/merges.ts";
import type { ProfileMerge } from "../db/profiles/profiles.ts";
import { type Fault, invalid, MAX_FAULTS, SpillwayError } from "../errors.ts";
import type { IngestCall } from "./all-or-none.ts";
import { ingestEvents, type SentEvent } from "./ingest.ts";
import { mergePersons } from "./merge.ts";
import { type Naming, Persons } from "./persons.ts";
import { writeProfiles } from "./profiles.ts";
import type { SentItems } from "./sent-items.ts";

/** The definition whose events are links when a page sends them. */
const LINK = "personMerged";
/** Each costs some twenty queries. */
const MAX_LINKS = 10;
/** The ids that tracker.js makes: no other profile has one by accident, and none can be guessed. */
const VISITOR_ID = /^visitor-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The property of a link that names the visitor. */
const MERGED_ID = "mergedPersonId";

interface Link {
  visitorId: string;
  /** By which the event names the person. */
  person: Naming;
  /** The visitor is linked to this person already. */
  isDone: boolean;
}

/**
 * Ingests the events of a page: all or nothing, and then links its visitors. A repeated call links no visitor twice.
 * @throws as `ingestEvents`, which see, and for links that are refused; nothing is written then.
 */
export async function ingestPageEvents(
  ingest: IngestCall,
  events: SentItems<SentEvent>,
  pointers: (index: number) => string,
): Promise<{ accepted: number; duplicates: number }> {
  const sent = Array.from(events, (event, index) => ({ event, pointer: pointers(index) }));
  const others = sent.filter(({ event }) => event.definition_id !== LINK);
  const links = await checkLinks(
    ingest,
    sent.filter(({ event }) => event.definition_id === LINK),
  );
  const stored =
    others.length === 0
      ? { accepted: 0, duplicates: 0 }
      : await ingestEvents(ingest, listOf(others.map(({ event }) => event)), (index) => others[index]?.pointer ?? "");
  const open = links.filter((link) => !link.isDone);
  for (const link of open) await linkVisitor(ingest, link);
  return { accepted: stored.accepted + open.length, duplicates: stored.duplicates + links.length - open.length };
}

/** Values as items. */
const listOf = (values: readonly SentEvent[]): SentItems<SentEvent> => ({
  length: values.length,
  isRepeatable: true,
  [Symbol.iterator]: () => values[Symbol.iterator](),
  finalPass: () => values,
});

/** @throws invalid_request with a pointer to each fault. */
async function checkLinks(ingest: IngestCall, sent: readonly { event: SentEvent; pointer: string }[]): Promise<Link[]> {
  if (sent.length > MAX_LINKS)
    throw invalid({
      pointer: sent[MAX_LINKS]?.pointer ?? "",
      detail: `A call may link ${MAX_LINKS} visitors at most. Send the others in another call.`,
    });
  const faults: Fault[] = [];
  const persons = await Persons.of(
    ingest.db,
    ingest.space.id,
    sent.map(({ event }) => event),
    ingest.uuid,
  );
  const links: Link[] = [];
  const intoOf = new Map<string, string>();
  for (const { event, pointer } of sent) {
    const visitorAt = `${pointer}/properties/${MERGED_ID}`;
    const visitorId = event.properties[MERGED_ID];
    if (typeof visitorId !== "string" || !VISITOR_ID.test(visitorId)) {
      faults.push({ pointer: visitorAt, detail: "must be the id that tracker.js gave to the visitor." });
      continue;
    }
    if (VISITOR_ID.test(event.person_id ?? "")) {
      faults.push({ pointer: `${pointer}/person_id`, detail: "must name a person, not another visitor." });
      continue;
    }
    // A person whom the event names by `person_id` is created with that id; other ids must be known.
    const creates = (event.person_id ?? null) === null ? null : { type: null };
    const person = persons.find(event, creates, pointer, faults);
    if (person === null) continue;
    const before = intoOf.get(visitorId);
    intoOf.set(visitorId, person.person_id);
    const linked = before ?? (await currentLink(ingest, visitorId));
    if (linked !== null && linked !== person.person_id)
      faults.push({
        pointer: visitorAt,
        detail: "The visitor is linked to another person. Begin with a new visitor id.",
      });
    else if (linked === null) {
      const detail = await refusal(ingest, visitorId, person.person_id);
      if (detail !== null) faults.push({ pointer: visitorAt, detail });
    }
    const { person_id, external_person_id, custom_id } = event;
    links.push({ visitorId, person: { person_id, external_person_id, custom_id }, isDone: linked !== null });
  }
  if (faults.length > 0) throw invalid(...faults.slice(0, MAX_FAULTS));
  return links;
}

/** The person to whom a visitor is linked; null: none. */
const currentLink = async ({ db, space }: IngestCall, visitorId: string) =>
  (await mergedNow(db, space.id, [visitorId]))[0]?.into_id ?? null;

/** @returns why a page may not link a visitor to a person; null: it may. */
async function refusal({ db, space }: IngestCall, visitorId: string, personId: string): Promise<string | null> {
  const { profiles, merged } = await readPair(db, space.id, [visitorId, personId]);
  const visitor = profiles.find((profile) => profile.person_id === visitorId);
  if (visitor !== undefined && !isBare(visitor))
    return "The visitor's profile was written by other calls: merge it by POST /v1/profiles/merge.";
  return merged.length < MAX_MERGED ? null : `At most ${MAX_MERGED} visitors and people can be merged into one person.`;
}

/** Links a visitor. Profiles that are missing are created: of the visitor, and of a person named by `person_id`. */
async function linkVisitor(ingest: IngestCall, { visitorId, person }: Link): Promise<void> {
  const visitor = { person_id: visitorId };
  const persons = await Persons.of(ingest.db, ingest.space.id, [visitor, person], ingest.uuid);
  const missing = new JsonLists<ProfileMerge>();
  for (const { person_id: id } of [visitor, person])
    if (id !== null && id !== undefined && !persons.has({ person_id: id })) missing.add({ person_id: id });
  if (missing.length > 0) await writeProfiles(ingest, missing);
  const into = missing.length > 0 ? await Persons.of(ingest.db, ingest.space.id, [person], ingest.uuid) : persons;
  const found = into.find(person, null, "", []);
  if (found === null) throw changed();
  try {
    await mergePersons(ingest, visitorId, found.person_id, [stillBare(ingest.space.id, visitorId)]);
  } catch (thrown) {
    // A merge's faults point into its own request. The links were checked, so what is wrong now was changed since.
    if (thrown instanceof SpillwayError) throw changed(thrown);
    throw thrown;
  }
}

const changed = (cause?: SpillwayError) =>
  new SpillwayError(
    "conflict",
    "Other calls changed the visitors or people of these links at the same time. The call's events are stored: send the call again.",
    { cause },
  );
