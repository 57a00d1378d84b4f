/** The rows of `profile_attributes` and the document of `segment_profiles`, by the contract (section 8). */

import { LANDED } from "./landed.ts";
import { eventsIn, propertiesOf, type Row } from "./activity-rows.ts";
import { bytewise, DAY_MS, type Data, type Person, type Rule, type StoredEvent } from "./world.ts";

/** Where attributes, tags and topics belong; all others to `default`. */
export const SECTIONS: Readonly<Record<string, string>> = { tier: "loyalty", vip: "loyalty", news: "letters" };

export interface AsOf {
  data: Data;
  /** When the export was created, epoch ms. */
  at: number;
  retentionDays: number;
}

/** The people of a segment, or all of them, in the order of their ids. */
export function peopleOf(asOf: AsOf, segment: string | undefined): [string, Person][] {
  const rule = segment === undefined ? null : asOf.data.segments.get(segment);
  return [...asOf.data.people]
    .filter(([id, person]) => rule === null || (rule !== undefined && isIn(asOf, id, person, rule)))
    .toSorted(([a], [b]) => bytewise(a, b));
}

/** Is the person in the segment? A rule of events looks back as far as the space keeps them. */
export function isIn(asOf: AsOf, id: string, person: Person, rule: Rule): boolean {
  if ("all" in rule) return rule.all.every((each) => isIn(asOf, id, person, each));
  if ("none" in rule) return !rule.none.some((each) => isIn(asOf, id, person, each));
  if ("tag" in rule) return person.tags.includes(rule.tag);
  if ("attribute" in rule) {
    const value = person.attributes[rule.attribute];
    return rule.op === "exists" ? value !== undefined : value === rule.value;
  }
  const from = asOf.at - asOf.retentionDays * DAY_MS;
  const counted = asOf.data.events.filter(
    (event) => event.person === id && event.definition === rule.event && event.occurredAt >= from,
  );
  return counted.length >= rule.at_least;
}

/** A line of `profile_attributes`. */
export function attributesRow([id, person]: [string, Person], request: Row): Row {
  const identifiers = (request["identifiers"] ?? []) as string[];
  const attributes = (request["attributes"] ?? []) as string[];
  const known: Row = { custom_id: person.custom, external_person_id: person.external };
  return {
    identifiers: { profile_id: id, ...Object.fromEntries(identifiers.map((name) => [name, known[name] ?? null])) },
    attributes: Object.fromEntries(attributes.map((name) => [name, person.attributes[name] ?? null])),
  };
}

interface Section {
  attributes: Record<string, { value: unknown }>;
  events?: Row[];
  topics?: Record<string, Readonly<Record<string, string>>>;
}

/** A profile of the document: a section appears where the profile has something in it that was asked for. */
export function documentEntry(
  data: Data,
  [id, person]: [string, Person],
  request: Row,
  window: { from: number; to: number } | null,
): Row {
  const sections = new Map<string, Section>();
  const names = request["events"] as string[] | undefined;
  // Every definition of events is in the default section.
  const empty = (of: string): Section => ({
    attributes: {},
    ...(names === undefined || of !== "default" ? {} : { events: [] }),
    ...(request["include_topics"] === true ? { topics: {} } : {}),
  });
  const section = (name: string): Section => {
    const of = SECTIONS[name] ?? "default";
    const found = sections.get(of) ?? empty(of);
    sections.set(of, found);
    return found;
  };
  for (const name of (request["attributes"] ?? []) as string[])
    if (person.attributes[name] !== undefined) section(name).attributes[name] = { value: person.attributes[name] };
  for (const tag of (request["tags"] ?? []) as string[])
    if (person.tags.includes(tag)) section(tag).attributes[tag] = { value: null };
  const events = window === null || names === undefined ? [] : eventsIn(data, window, names);
  for (const event of events) if (event.person === id) section("").events?.push(documentEvent(data, event));
  if (request["include_topics"] === true)
    for (const [topic, channels] of Object.entries(person.topics))
      Object.assign(section(topic).topics ?? {}, { [topic]: channels });
  return { [id]: { sections: Object.fromEntries(sections) } };
}

function documentEvent(data: Data, event: StoredEvent): Row {
  return {
    correlationId: event.id,
    sourceEventTime: !LANDED.sourceTimes && event.occurredAt === event.receivedAt ? 0 : event.occurredAt,
    typeId: `${event.definition}:${event.version}`,
    createdAt: event.receivedAt,
    data: propertiesOf(data, event),
  };
}
