/**
 * Pages of profiles: as many as fit into memory together, or a piece of one profile with very many events. Of such a
 * profile only a few megabytes are in memory at a time.
 */

import { listMembers, type MemberProfile, readMembers, batchBySize } from "../../db/profiles/segment-members.ts";
import type { MemberRange } from "../../db/profiles/member-scan.ts";
import { inBatches } from "../../db/core/batching.ts";
import type { PersonEvent } from "../../db/events/person-events.ts";
import { DEFAULT_SECTION } from "../../db/core/sections.ts";
import { profileDefinitionsAt } from "../../ingest/profile-definitions.ts";
import { ahead } from "../ahead.ts";
import type { Key, Page, Snapshot } from "../dataset.ts";
import { filledEvents, propertyFiller } from "../event-properties.ts";
import { boundedGroups } from "../groups.ts";
import { linePage } from "../lines.ts";
import { SnapshotCache } from "../snapshot-cache.ts";
import {
  EVENTS_AFTER,
  EVENTS_BEFORE,
  eventText,
  PROFILE_AFTER,
  profileBefore,
  profileText,
  type Section,
  Sections,
  type Topics,
} from "./document.ts";
import { Events } from "./events.ts";
import type { Query } from "./freeze.ts";

const MAX_TOPICS = 10_000;
/** The characters at which a page ends. A profile with longer events is written in pieces of as many. */
const PAGE_CHARACTERS = 1_000_000;
/** The characters of a part of a piece. */
const PART_CHARACTERS = 50_000;
/**
 * The most bytes of one profile's events that are in memory. Of a profile with more, each section is read by itself.
 */
export const MAX_PROFILE_EVENT_BYTES = 8_000_000;

export const keyOf = (id: string): Key => ({ time: 0, id });

export async function* pages(
  snapshot: Snapshot,
  query: Query,
  range: MemberRange,
  maxEventBytes = MAX_PROFILE_EVENT_BYTES,
  maxScan?: number,
): AsyncGenerator<Page> {
  const sections = new Sections(query);
  const events = new Events(snapshot, query, maxEventBytes, maxScan);
  const topics = topicSections();
  const definitionIds = query.events.map(({ id }) => id);
  for await (const profiles of ahead(profileBatches(snapshot, range))) {
    const consents = profiles.map((profile) => (query.topics ? (JSON.parse(profile.topics) as Topics) : {}));
    const known = await topics.look(
      snapshot,
      consents.flatMap((each) => Object.keys(each)),
    );
    const fill = await propertyFiller(snapshot, definitionIds);
    const whole = new WholeProfiles();
    let n = 0;
    for await (const some of ahead(events.ofEach(profiles.map(({ person_id: id }) => id))))
      for (const own of some) {
        const profile = profiles[n];
        if (profile === undefined) throw new Error("There are events of more profiles than were read.");
        const { person_id: id } = profile;
        const its = sections.of(profile, consents[n] ?? {}, (topic) => known.get(topic) ?? DEFAULT_SECTION);
        n += 1;
        const filled = own === null ? null : fillUpTo(own, fill, PAGE_CHARACTERS);
        if (filled !== null) {
          whole.add(id, profileText(id, its, filled));
          if (whole.characters >= PAGE_CHARACTERS) yield whole.flush();
          continue;
        }
        if (whole.characters > 0) yield whole.flush();
        yield* inPieces(id, its, (ids) =>
          own === null ? events.walk(id, ids) : filledEvents(snapshot, only(own, new Set(ids))),
        );
      }
    if (whole.characters > 0) yield whole.flush();
  }
}

async function* profileBatches({ db, spaceId, seq }: Snapshot, range: MemberRange): AsyncGenerator<MemberProfile[]> {
  for await (const members of listMembers(db, range))
    for (const ids of batchBySize(members)) yield await readMembers(db, spaceId, seq, ids);
}

/** The texts of whole profiles, until they are a page. */
class WholeProfiles {
  characters = 0;
  #ids: string[] = [];
  #texts: string[] = [];

  add(id: string, text: string): void {
    this.#ids.push(id);
    this.#texts.push(text);
    this.characters += text.length;
  }

  flush(): Page {
    const page = linePage(this.#ids, this.#texts, keyOf);
    [this.characters, this.#ids, this.#texts] = [0, [], []];
    return page;
  }
}

/** The events with filled properties; null where these have more than `max` characters. */
function fillUpTo(
  events: readonly PersonEvent[],
  fill: (event: PersonEvent) => string,
  max: number,
): PersonEvent[] | null {
  const filled: PersonEvent[] = [];
  let characters = 0;
  for (const event of events) {
    const properties = fill(event);
    characters += properties.length;
    if (characters > max) return null;
    filled.push({ ...event, properties });
  }
  return filled;
}

async function* only(
  events: readonly PersonEvent[],
  definitionIds: ReadonlySet<string>,
): AsyncGenerator<PersonEvent[]> {
  yield events.filter(({ definitionId }) => definitionIds.has(definitionId));
}

/** @returns the filled events of these definitions. */
type EventsOf = (definitionIds: readonly string[]) => AsyncGenerator<PersonEvent[]>;

/** One profile over several pages. The last page counts it as a record. */
async function* inPieces(personId: string, sections: readonly Section[], eventsOf: EventsOf): AsyncGenerator<Page> {
  let begun = false;
  const piece = (text: string, records: 0 | 1): Page => {
    const page = { ...linePage([personId], [text], keyOf), records, ...(begun ? { continues: true as const } : {}) };
    begun = true;
    return page;
  };
  let text = "";
  for await (const part of partsOf(personId, sections, eventsOf)) {
    text += part;
    if (text.length < PAGE_CHARACTERS) continue;
    yield piece(text, 0);
    text = "";
  }
  yield piece(text, 1);
}

async function* partsOf(personId: string, sections: readonly Section[], eventsOf: EventsOf): AsyncGenerator<string> {
  yield profileBefore(personId);
  let separator = "";
  for (const section of sections) {
    let opened = section.isPresent;
    if (opened) yield separator + section.before + (section.events.length > 0 ? EVENTS_BEFORE : "");
    let between = "";
    if (section.events.length > 0)
      for await (const some of eventsOf(section.events)) {
        for (const texts of boundedGroups(some, eventText, (text) => text.length, PART_CHARACTERS)) {
          const text = between + texts.join();
          yield opened ? text : separator + section.before + EVENTS_BEFORE + text;
          [opened, between] = [true, ","];
        }
      }
    if (!opened) continue;
    yield (section.events.length > 0 ? EVENTS_AFTER : "") + section.after;
    separator = ",";
  }
  yield PROFILE_AFTER;
}

/** Topics → their sections as of the snapshot, each looked up once; null for a topic without a definition. */
const topicSections = () =>
  new SnapshotCache<string>(MAX_TOPICS, async ({ db, spaceId, seq }, topics) => {
    const found: { id: string; section_id: string }[] = [];
    for (const batch of inBatches(topics))
      found.push(...(await profileDefinitionsAt(db, spaceId, seq, "topic", batch)));
    return found.map(({ id, section_id }) => [id, section_id]);
  });
