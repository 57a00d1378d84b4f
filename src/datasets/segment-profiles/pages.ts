/**
 * Pages of profiles: as many as fit together, or a piece of one that has very many events. However much one has, no more than some
 * megabytes of it are in memory.
 */

import { jsonLists } from "../../db/lists.ts";
import { type ProfileRange, readProfiles } from "../../db/profile-pages.ts";
import type { ProfileRow } from "../../db/profiles.ts";
import { DEFAULT_SECTION } from "../../db/sections.ts";
import { profileDefinitionsAt } from "../../events/profile-definitions.ts";
import type { Key, Opening, Page } from "../dataset.ts";
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

/** Whose events are asked for with one query. */
const MOST_PROFILES = 500;
const PIECE_CHARACTERS = 1_000_000;

export const keyOf = (id: string): Key => ({ time: 0, id });

export async function* pages(opening: Opening, query: Query, range: ProfileRange): AsyncGenerator<Page> {
  const sections = new Sections(query);
  const events = new Events(opening, query);
  const topics = new TopicSections(opening);
  for await (const profiles of readProfiles(opening.db, range)) {
    const said = profiles.map((profile) => (query.topics ? (JSON.parse(profile.topics) as Topics) : {}));
    const topicSection = await topics.of(said.flatMap((each) => Object.keys(each)));
    const sectionsOf = (profile: ProfileRow, n: number) => sections.of(profile, said[n] ?? {}, topicSection);
    const ids = profiles.map((profile) => profile.person_id);
    for (let n = 0; n < profiles.length;) {
      const gathered = await events.gather(ids.slice(n, n + MOST_PROFILES));
      const to = n + gathered.length;
      const texts = gathered.map((own, at) => {
        const profile = profiles[n + at];
        return profile === undefined ? "" : profileText(profile.person_id, sectionsOf(profile, n + at), own);
      });
      if (texts.length > 0) yield pageOf(ids.slice(n, to), texts);
      const large = texts.length > 0 ? undefined : profiles[n];
      if (large !== undefined) yield* inPieces(large.person_id, sectionsOf(large, n), events);
      n = Math.max(to, n + 1);
    }
  }
}

function pageOf(ids: readonly string[], lines: readonly string[]): Page {
  const [first = "", last = ""] = [ids[0], ids.at(-1)];
  return {
    lines,
    first: keyOf(first),
    last: keyOf(last),
    records: lines.length,
    keyOf: (line) => keyOf(ids[line] ?? last),
  };
}

/** One profile over several pages. It counts as read with the last. */
async function* inPieces(personId: string, sections: readonly Section[], events: Events): AsyncGenerator<Page> {
  let begun = false;
  const piece = (text: string, records: 0 | 1): Page => {
    const page = { ...pageOf([personId], [text]), records, ...(begun ? { continues: true as const } : {}) };
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
    let opened = section.stands;
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

/** Topics → the sections that they belonged to at the snapshot, each looked up once. */
class TopicSections {
  readonly #opening: Opening;
  readonly #known = new Map<string, string>();

  constructor(opening: Opening) {
    this.#opening = opening;
  }

  async of(topics: readonly string[]): Promise<(topic: string) => string> {
    const { db, spaceId, snapshotSeq } = this.#opening;
    const missing = [...new Set(topics)].filter((topic) => !this.#known.has(topic));
    for (const topic of missing) this.#known.set(topic, DEFAULT_SECTION);
    for (const list of jsonLists(missing))
      for (const { id, section_id } of await profileDefinitionsAt(
        db,
        spaceId,
        snapshotSeq,
        "topic",
        JSON.parse(list) as string[],
      ))
        this.#known.set(id, section_id);
    return (topic) => this.#known.get(topic) ?? DEFAULT_SECTION;
  }
}
