/**
 * A profile as a member of the document: its requested values by section. The same profile has the same text. A section
 * is present where the profile has a requested value in it. It then has `attributes`, `events` if an event of the
 * section was requested, and `topics` if topics were requested, each of them even if it is empty.
 */

import type { MemberProfile } from "../../db/profiles/segment-members.ts";
import type { PersonEvent } from "../../db/events/person-events.ts";
import type { Consent } from "../../db/profiles/profiles.ts";
import { quote } from "../json-text.ts";
import type { Query } from "./freeze.ts";

/** A profile's values in a section, except its events. */
export interface Section {
  id: string;
  /** Is the section present even without events? */
  isPresent: boolean;
  /** Ids of definitions; empty: no event of this section was requested. */
  events: readonly string[];
  /** The text before the events, `"<section>":{"attributes":{…}`, and after them. */
  before: string;
  after: string;
}

export type Topics = Record<string, Record<string, Consent>>;

/** The requested ids of a section. */
type Requested = Record<"attributes" | "tags" | "events", string[]>;

export class Sections {
  readonly #requested = new Map<string, Requested>();
  readonly #topics: boolean;

  constructor(query: Query) {
    this.#topics = query.topics;
    for (const list of ["attributes", "tags", "events"] as const)
      for (const { id, section } of query[list]) {
        const requested = this.#requested.get(section) ?? { attributes: [], tags: [], events: [] };
        requested[list].push(id);
        this.#requested.set(section, requested);
      }
  }

  /** The profile's sections, by id. @param sectionOf the section of a topic. */
  of(profile: MemberProfile, topics: Topics, sectionOf: (topic: string) => string): Section[] {
    const attributes = JSON.parse(profile.attributes) as Record<string, unknown>;
    const tags = new Set(JSON.parse(profile.tags) as string[]);
    const topicsOf = new Map<string, string[]>();
    for (const topic of Object.keys(topics).toSorted()) {
      const section = sectionOf(topic);
      topicsOf.set(section, [...(topicsOf.get(section) ?? []), `${quote(topic)}:${consents(topics[topic] ?? {})}`]);
    }
    const ids = [...new Set([...this.#requested.keys(), ...topicsOf.keys()])].toSorted();
    return ids.map((id) => {
      const requested = this.#requested.get(id);
      const values = [
        ...(requested?.attributes ?? [])
          .filter((name) => Object.hasOwn(attributes, name))
          .map((name) => `${quote(name)}:{"value":${JSON.stringify(attributes[name])}}`),
        ...(requested?.tags ?? []).filter((tag) => tags.has(tag)).map((tag) => `${quote(tag)}:{"value":null}`),
      ];
      const consented = topicsOf.get(id) ?? [];
      return {
        id,
        isPresent: values.length > 0 || consented.length > 0,
        events: requested?.events ?? [],
        before: `${quote(id)}:{"attributes":{${values.join()}}`,
        after: `${this.#topics ? `,"topics":{${consented.join()}}` : ""}}`,
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

/** The text of a whole profile. @param events in their order, with filled properties. */
export function profileText(personId: string, sections: readonly Section[], events: readonly PersonEvent[]): string {
  const present = sections.flatMap((section) => {
    const wanted = new Set(section.events);
    const own = events.filter((event) => wanted.has(event.definitionId));
    if (!section.isPresent && own.length === 0) return [];
    const list = wanted.size === 0 ? "" : `${EVENTS_BEFORE}${own.map(eventText).join()}${EVENTS_AFTER}`;
    return [section.before + list + section.after];
  });
  return profileBefore(personId) + present.join() + PROFILE_AFTER;
}

/**
 * Whether an event was sent with a time is not stored: if it occurred when it was received, it counts as without.
 * @param event with filled properties.
 */
export function eventText(event: PersonEvent): string {
  const { id, occurredAt, definitionId, definitionVersion, receivedAt, properties } = event;
  const sourceTime = occurredAt === receivedAt ? 0 : occurredAt;
  return `{"correlationId":${quote(id)},"sourceEventTime":${sourceTime},"typeId":${quote(`${definitionId}:${definitionVersion}`)},"createdAt":${receivedAt},"data":${properties}}`;
}
