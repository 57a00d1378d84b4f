/** Writes that are made on the service and, when it accepts them, on the model. */

import { expectSame, expectStatus } from "./command.ts";
import type { Stage } from "./stage.ts";
import {
  DAY_MS,
  type Data,
  type Definition,
  type Person,
  type Property,
  type StoredEvent,
  type World,
  withEntry,
} from "./world.ts";

/** A new custom definition. */
export async function define(world: World, stage: Stage, id: string, properties: readonly Property[]): Promise<void> {
  expectStatus(await stage.call("POST", "/v1/event-definitions", { id, name: id, properties }), 201);
  world.write(({ definitions }, seq) => ({
    definitions: withEntry(definitions, id, {
      id,
      version: 1,
      properties: properties.map((property) => ({ ...property, seq })),
      firstEvent: null,
    }),
  }));
}

/** Adds properties to a definition. */
export async function grow(world: World, stage: Stage, of: Definition, properties: readonly Property[]): Promise<void> {
  expectStatus(await stage.call("PATCH", `/v1/event-definitions/${of.id}`, { properties }), 200);
  world.write(({ definitions }, seq) => ({
    definitions: withEntry(definitions, of.id, {
      ...of,
      version: of.version + 1,
      properties: [...of.properties, ...properties.map((property) => ({ ...property, seq }))],
    }),
  }));
}

export interface SentEvent {
  id: string;
  definition_id: string;
  person_id?: string;
  external_person_id?: string;
  session_id?: string;
  occurred_at: string;
  properties?: Record<string, unknown>;
}

/** Sends valid events. The first row of an id stays; with one that is past the retention, all are refused. */
export async function ingest(world: World, stage: Stage, events: readonly SentEvent[]): Promise<void> {
  const answer = await stage.call("POST", "/v1/events", { events });
  const isKnown = ({ id }: SentEvent) => world.data.events.some((event) => event.id === id);
  const oldest = world.now - world.retentionDays * DAY_MS;
  if (events.some((event) => !isKnown(event) && Date.parse(event.occurred_at) < oldest))
    return expectStatus(answer, 422);
  expectStatus(answer, 202);
  const seq = world.data.seq + 1;
  const known = new Set(world.data.events.map(({ id }) => id));
  const fresh: StoredEvent[] = [];
  for (const event of events) {
    if (known.has(event.id)) continue;
    known.add(event.id);
    fresh.push(stored(world, event, seq));
  }
  expectSame("the answer", answer.body, { accepted: fresh.length, duplicates: events.length - fresh.length });
  world.write((data) => ({ events: [...data.events, ...fresh], definitions: begun(data, fresh, seq) }));
}

function stored({ data, now }: World, event: SentEvent, seq: number): StoredEvent {
  const person =
    event.person_id ??
    [...data.people].find(([, { external }]) => external === event.external_person_id)?.[0] ??
    "unknown";
  return {
    id: event.id,
    seq,
    definition: event.definition_id,
    version: data.definitions.get(event.definition_id)?.version ?? 0,
    person,
    session: event.session_id ?? null,
    company: data.people.get(person)?.company ?? null,
    occurredAt: Date.parse(event.occurred_at),
    receivedAt: now,
    properties: event.properties ?? {},
  };
}

/** The definitions, of which some have their first events. */
function begun({ definitions }: Data, events: readonly StoredEvent[], seq: number): Data["definitions"] {
  return new Map(
    [...definitions].map(([id, definition]) => [
      id,
      definition.firstEvent === null && events.some((event) => event.definition === id)
        ? { ...definition, firstEvent: seq }
        : definition,
    ]),
  );
}

export interface SentPerson {
  person_id: string;
  external_person_id?: string | null;
  company_id?: string | null;
  identifiers?: { custom_id?: string | null };
  attributes?: Record<string, unknown>;
  tags?: readonly string[];
  topics?: Record<string, Record<string, string | null> | null>;
}

const NOBODY: Person = {
  external: null,
  company: null,
  custom: null,
  attributes: {},
  tags: [],
  topics: {},
  seq: 0,
};

/** Merges people: what is left out stays, null removes. */
export async function putPeople(world: World, stage: Stage, profiles: readonly SentPerson[]): Promise<void> {
  expectStatus(await stage.call("PUT", "/v1/profiles", { profiles }), 200);
  world.write(({ people }, seq) => {
    const merged = new Map(people);
    for (const sent of profiles)
      merged.set(sent.person_id, { ...mergedWith(merged.get(sent.person_id) ?? NOBODY, sent), seq });
    return { people: merged };
  });
}

function mergedWith(person: Person, sent: SentPerson): Person {
  return {
    ...person,
    external: sent.external_person_id === undefined ? person.external : sent.external_person_id,
    company: sent.company_id === undefined ? person.company : sent.company_id,
    custom: sent.identifiers?.custom_id === undefined ? person.custom : sent.identifiers.custom_id,
    attributes: withoutNulls({ ...person.attributes, ...sent.attributes }),
    tags: sent.tags === undefined ? person.tags : [...new Set(sent.tags)],
    topics: sent.topics === undefined ? person.topics : mergedTopics(person.topics, sent.topics),
  };
}

/** A topic of null goes; a channel of null goes from it. */
function mergedTopics(topics: Person["topics"], sent: NonNullable<SentPerson["topics"]>): Person["topics"] {
  const merged = { ...topics };
  for (const [topic, channels] of Object.entries(sent)) {
    if (channels === null) delete merged[topic];
    else merged[topic] = withoutNulls({ ...merged[topic], ...channels }) as Record<string, string>;
  }
  return merged;
}

function withoutNulls(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}

/** Deletes a person, with their events and touchpoints. */
export async function deletePerson(world: World, stage: Stage, id: string): Promise<void> {
  expectStatus(await stage.call("DELETE", `/v1/profiles/${id}`), 202);
  world.write(({ people, events, touchpoints, reached }) => ({
    people: new Map([...people].filter(([each]) => each !== id)),
    events: events.filter((event) => event.person !== id),
    touchpoints: touchpoints.filter((touchpoint) => touchpoint.person !== id),
    reached: reached.filter((event) => event.person !== id),
  }));
}
