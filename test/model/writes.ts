/** Writes that are made on the service and, when it accepts them, on the model. */

import { Differs, expectSame, expectStatus } from "./command.ts";
import type { Stage } from "./stage.ts";
import {
  DAY_MS,
  named,
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
  custom_id?: string;
  session_id?: string;
  occurred_at: string;
  properties?: Record<string, unknown>;
}

/**
 * Sends valid events. The first row of an id stays; with one that is past the retention, all are refused.
 * @param creates whether the call creates the people whom the space does not know.
 */
export async function ingest(
  world: World,
  stage: Stage,
  events: readonly SentEvent[],
  creates: "create_profiles" | null = null,
): Promise<void> {
  const answer = await stage.call("POST", creates === null ? "/v1/events" : `/v1/events?${creates}=true`, { events });
  const isKnown = ({ id }: SentEvent) => world.data.events.some((event) => event.id === id);
  const oldest = world.now - world.retentionDays * DAY_MS;
  if (events.some((event) => !isKnown(event) && Date.parse(event.occurred_at) < oldest))
    return expectStatus(answer, 422);
  expectStatus(answer, 202);
  const seq = world.data.seq + 1;
  const known = new Set(world.data.events.map(({ id }) => id));
  const fresh: StoredEvent[] = [];
  let { people } = world.data;
  for (const event of events) {
    if (known.has(event.id)) continue;
    known.add(event.id);
    if (personOf({ ...world.data, people }, event) === undefined)
      people = withEntry(people, await createdId(stage, event), {
        ...NOBODY,
        external: event.external_person_id ?? null,
        custom: event.custom_id ?? null,
        seq,
      });
    fresh.push(stored({ ...world.data, people }, world.now, event, seq));
  }
  expectSame("the answer", answer.body, { accepted: fresh.length, duplicates: events.length - fresh.length });
  world.write((data) => ({ people, events: [...data.events, ...fresh], definitions: begun(data, fresh, seq) }));
}

/** The person whom an event names; undefined: the space does not know them. */
function personOf(data: Data, { person_id: id, external_person_id, custom_id }: SentEvent): string | undefined {
  const { people } = data;
  if (id !== undefined) return people.has(named(data, id)) ? named(data, id) : undefined;
  return [...people].find(([, { external, custom }]) =>
    external_person_id === undefined ? custom === custom_id : external === external_person_id,
  )?.[0];
}

/** The id of a person whom an event has created: the service's own choice where the event has another id. */
async function createdId(stage: Stage, { person_id: id, external_person_id, custom_id }: SentEvent): Promise<string> {
  if (id !== undefined) return id;
  const query =
    external_person_id === undefined ? `custom_id=${custom_id}` : `external_person_id=${external_person_id}`;
  const answer = await stage.call("GET", `/v1/profiles?${query}`);
  const [profile] = answer.body["data"] as { person_id: string }[];
  if (profile === undefined) throw new Differs(`no profile was created with ${query}`);
  return profile.person_id;
}

function stored(data: Data, now: number, event: SentEvent, seq: number): StoredEvent {
  const person = personOf(data, event) ?? "unknown";
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

/** Changes people: what is left out stays, null removes. Two names of one person are refused. */
export async function putPeople(world: World, stage: Stage, profiles: readonly SentPerson[]): Promise<void> {
  const answer = await stage.call("PUT", "/v1/profiles", { profiles });
  const ids = profiles.map((sent) => named(world.data, sent.person_id));
  if (new Set(ids).size < ids.length) return expectStatus(answer, 422);
  expectStatus(answer, 200);
  world.write(({ people }, seq) => {
    const changed = new Map(people);
    for (const [n, sent] of profiles.entries()) {
      const id = ids[n] ?? "";
      changed.set(id, { ...mergedWith(changed.get(id) ?? NOBODY, sent), seq });
    }
    return { people: changed };
  });
}

/** Merges one person into another, who may be merged already. */
export async function mergeTwo(world: World, stage: Stage, from: string, into: string): Promise<void> {
  const answer = await stage.call("POST", "/v1/profiles/merge", { from, into });
  const { data } = world;
  const target = named(data, into);
  if (from === into) return expectStatus(answer, 422);
  if (data.merged.has(from)) return expectStatus(answer, data.merged.get(from) === target ? 200 : 409);
  if (target === from) return expectStatus(answer, 409);
  const [ending, staying] = [data.people.get(from), data.people.get(target)];
  if (ending === undefined || staying === undefined) return expectStatus(answer, 422);
  expectStatus(answer, 200);
  const moved = <Item extends { person: string }>(item: Item): Item =>
    item.person === from ? { ...item, person: target } : item;
  world.write((before, seq) => ({
    people: new Map(
      [...before.people].flatMap(([id, person]) =>
        id === from ? [] : [[id, id === target ? { ...joined(ending, staying), seq } : person] as const],
      ),
    ),
    merged: new Map([...before.merged, [from, from] as const].map(([id, of]) => [id, of === from ? target : of])),
    events: before.events.map(moved),
    touchpoints: before.touchpoints.map(moved),
    reached: before.reached.map(moved),
  }));
}

/** What a person lacks comes from the other. */
function joined(from: Person, into: Person): Person {
  const topics = { ...from.topics, ...into.topics };
  for (const topic of Object.keys(into.topics)) topics[topic] = { ...from.topics[topic], ...into.topics[topic] };
  return {
    external: into.external ?? from.external,
    company: into.company ?? from.company,
    custom: into.custom ?? from.custom,
    attributes: { ...from.attributes, ...into.attributes },
    tags: [...new Set([...into.tags, ...from.tags])],
    topics,
    seq: into.seq,
  };
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

/** Deletes a person, with the events and touchpoints of everybody who is merged into this one. */
export async function deletePerson(world: World, stage: Stage, name: string): Promise<void> {
  const id = named(world.data, name);
  expectStatus(await stage.call("DELETE", `/v1/profiles/${name}`), 202);
  world.write(({ people, merged, events, touchpoints, reached }) => ({
    people: new Map([...people].filter(([each]) => each !== id)),
    merged: new Map([...merged].filter(([, into]) => into !== id)),
    events: events.filter((event) => event.person !== id),
    touchpoints: touchpoints.filter((touchpoint) => touchpoint.person !== id),
    reached: reached.filter((event) => event.person !== id),
  }));
}
