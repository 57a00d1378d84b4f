/**
 * Pages of profiles: as many as fit into memory together, or a piece of one profile with very many events. Of such a
 * profile only a few megabytes are in memory at a time.
 */

import {
  listMembers,
  type MemberProfile,
  type MemberRange,
  readMembers,
  batchBySize,
} from "../../db/profiles/segment-members.ts";
import { inBatches } from "../../db/core/batching.ts";
import { DEFAULT_SECTION } from "../../db/core/sections.ts";
import { profileDefinitionsAt } from "../../ingest/profile-definitions.ts";
import type { Key, Page, Snapshot } from "../dataset.ts";
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
const PIECE_CHARACTERS = 1_000_000;

export const keyOf = (id: string): Key => ({ time: 0, id });

export async function* pages(snapshot: Snapshot, query: Query, range: MemberRange): AsyncGenerator<Page> {
  const { db, spaceId, seq } = snapshot;
  const sections = new Sections(query);
  const events = new Events(snapshot, query);
  const topics = topicSections();
  for await (const members of listMembers(db, range))
    for (const ids of batchBySize(members)) {
      const profiles = await readMembers(db, spaceId, seq, ids);
      const consents = profiles.map((profile) => (query.topics ? (JSON.parse(profile.topics) as Topics) : {}));
      const known = await topics.look(
        snapshot,
        consents.flatMap((each) => Object.keys(each)),
      );
      const topicSection = (topic: string) => known.get(topic) ?? DEFAULT_SECTION;
      const sectionsOf = (n: number, profile: MemberProfile) => sections.of(profile, consents[n] ?? {}, topicSection);
      for (let n = 0; n < profiles.length;) {
        const gathered = await events.gather(ids.slice(n));
        const whole = profiles.slice(n, n + gathered.profiles);
        if (whole.length > 0) {
          const from = n;
          yield linePage(
            ids.slice(from, from + whole.length),
            whole.map((each, at) =>
              profileText(each.person_id, sectionsOf(from + at, each), gathered.events[at] ?? []),
            ),
            keyOf,
          );
          n += whole.length;
          continue;
        }
        const profile = profiles[n];
        if (profile === undefined) break;
        yield* inPieces(profile.person_id, sectionsOf(n, profile), events);
        n += 1;
      }
    }
}

/** One profile over several pages. The last page counts it as a record. */
async function* inPieces(personId: string, sections: readonly Section[], events: Events): AsyncGenerator<Page> {
  let begun = false;
  const piece = (text: string, records: 0 | 1): Page => {
    const page = { ...linePage([personId], [text], keyOf), records, ...(begun ? { continues: true as const } : {}) };
    begun = true;
    return page;
  };
  let text = "";
  for await (const part of partsOf(personId, sections, events)) {
    text += part;
    if (text.length < PIECE_CHARACTERS) continue;
    yield piece(text, 0);
    text = "";
  }
  yield piece(text, 1);
}

async function* partsOf(personId: string, sections: readonly Section[], events: Events): AsyncGenerator<string> {
  yield profileBefore(personId);
  let separator = "";
  for (const section of sections) {
    let opened = section.isPresent;
    if (opened) yield separator + section.before + (section.events.length > 0 ? EVENTS_BEFORE : "");
    let between = "";
    if (section.events.length > 0)
      for await (const some of events.walk(personId, section.events)) {
        if (!opened) yield separator + section.before + EVENTS_BEFORE;
        opened = true;
        for (const event of some) {
          yield between + eventText(event);
          between = ",";
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
