/**
 * A profile as a member of the document: what was asked for of it, by section. The same profile gives the same text. A section
 * stands where the profile has something in it that was asked for; then it has `attributes`, `events` if an event of the section was
 * asked for, and `topics` if topics were, each of them also when it is empty.
 */

import type { MemberProfile } from "../../db/profiles/segment-members.ts";
import type { PersonEvent } from "../../db/events/person-events.ts";
import type { Consent } from "../../db/profiles/profiles.ts";
import { quote } from "../json-text.ts";
import type { Placed, Query } from "./freeze.ts";

/** What a profile has in a section, but for its events. */
export interface Section {
  id: string;
  /** Does it stand whatever events there are? */
  stands: boolean;
  /** Ids of definitions; none: no event of this section was asked for. */
  events: readonly string[];
  /** What stands before the events, `"<section>":{"attributes":{…}`, and after them. */
  before: string;
  after: string;
}

export type Topics = Record<string, Record<string, Consent>>;

/** What was asked for of a section. */
interface Asked {
  attributes: string[];
  tags: string[];
  events: string[];
}

export class Sections {
  readonly #asked = new Map<string, Asked>();
  readonly #topics: boolean;

  constructor(query: Query) {
    this.#topics = query.topics;
    const into = (list: keyof Asked, all: readonly Placed[]) => {
      for (const { id, section } of all) {
        const asked = this.#asked.get(section) ?? { attributes: [], tags: [], events: [] };
        asked[list].push(id);
        this.#asked.set(section, asked);
      }
    };
    into("attributes", query.attributes);
    into("tags", query.tags);
    into("events", query.events);
  }

  /** By id. @param sectionOf a topic's. */
  of(profile: MemberProfile, topics: Topics, sectionOf: (topic: string) => string): Section[] {
    const attributes = JSON.parse(profile.attributes) as Record<string, unknown>;
    const tags = new Set(JSON.parse(profile.tags) as string[]);
    const topicsOf = new Map<string, string[]>();
    for (const topic of Object.keys(topics).toSorted()) {
      const section = sectionOf(topic);
      topicsOf.set(section, [...(topicsOf.get(section) ?? []), `${quote(topic)}:${consents(topics[topic] ?? {})}`]);
    }
    const ids = [...new Set([...this.#asked.keys(), ...topicsOf.keys()])].toSorted();
    return ids.map((id) => {
      const asked = this.#asked.get(id);
      const has = [
        ...(asked?.attributes ?? [])
          .filter((name) => Object.hasOwn(attributes, name))
          .map((name) => `${quote(name)}:{"value":${JSON.stringify(attributes[name])}}`),
        ...(asked?.tags ?? []).filter((tag) => tags.has(tag)).map((tag) => `${quote(tag)}:{"value":null}`),
      ];
      const said = topicsOf.get(id) ?? [];
      return {
        id,
        stands: has.length > 0 || said.length > 0,
        events: asked?.events ?? [],
        before: `${quote(id)}:{"attributes":{${has.join()}}`,
        after: `${this.#topics ? `,"topics":{${said.join()}}` : ""}}`,
      };
    });
  }
}

function consents(channels: Record<string, Consent>): string {
  const each = Object.keys(channels).toSorted();
  return `{${each.map((channel) => `${quote(channel)}:${JSON.stringify(channels[channel])}`).join()}}`;
}

export const EVENTS_BEFORE = ',"events":[';
export const EVENTS_AFTER = "]";
export const PROFILE_AFTER = "}}";

export const profileBefore = (personId: string): string => `${quote(personId)}:{"sections":{`;

/** A whole profile. @param events in their order. */
export function profileText(personId: string, sections: readonly Section[], events: readonly PersonEvent[]): string {
  const standing = sections.flatMap((section) => {
    const wanted = new Set(section.events);
    const own = events.filter((event) => wanted.has(event.definitionId));
    if (!section.stands && own.length === 0) return [];
    const list = wanted.size === 0 ? "" : `${EVENTS_BEFORE}${own.map(eventText).join()}${EVENTS_AFTER}`;
    return [section.before + list + section.after];
  });
  return profileBefore(personId) + standing.join() + PROFILE_AFTER;
}

/** The store does not keep whether a time was sent: an event that occurred when it was received is taken for one without. */
export function eventText(event: PersonEvent): string {
  const { id, occurredAt, definitionId, definitionVersion, receivedAt, properties } = event;
  const sourceTime = occurredAt === receivedAt ? 0 : occurredAt;
  return `{"correlationId":${quote(id)},"sourceEventTime":${sourceTime},"typeId":${quote(`${definitionId}:${definitionVersion}`)},"createdAt":${receivedAt},"data":${properties}}`;
}
