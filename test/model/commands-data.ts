/** Commands that write: definitions, events and people. */

import * as fc from "fast-check";
import { command, expectStatus, nth } from "./command.ts";
import { iso, resolve, when, type When } from "./times.ts";
import { define, deletePerson, grow, ingest, mergeTwo, putPeople, type SentEvent, type SentPerson } from "./writes.ts";
import { type Definition, named, namesOf, type Property, type PropertyType, type World } from "./world.ts";

const nat = fc.nat({ max: 59 });

/** Properties that a definition may have; the names are spelled one way in every definition. */
const PROPERTIES: readonly Property[] = [
  { name: "amount", type: "number" },
  { name: "note", type: "text" },
  { name: "is vip", type: "boolean" },
  { name: "day", type: "date" },
  {
    name: "items",
    type: "list",
    fields: [
      { name: "sku", type: "text" },
      { name: "qty", type: "number" },
    ],
  },
  { name: "personId", type: "text" },
  { name: "order_id", type: "text" },
];

const VALUES: Record<PropertyType, readonly unknown[]> = {
  number: [0, 1.5, -3, 9007199254740991, 12.34],
  text: ["", "plain", 'a "quoted", line\r\nand more', "=1+1", "ü 😀", "null"],
  boolean: [true, false],
  date: ["2024-01-02", "2024-01-02T03:04:05.678Z"],
  list: [[], [{ sku: "s-1", qty: 2 }], [{ qty: 1 }, { sku: "s-2" }]],
};

export const NAMES = ["bought", "seen", "signed", "sold"] as const;
export const PERSONS = ["a", "b", "c", "d"] as const;

/** A new definition, or a new property of one that is there. */
export const definitions = command(
  "define",
  fc.record({ id: nat, property: nat, also: nat }),
  async ({ id, property, also }, world, stage) => {
    const name = nth(NAMES, id);
    const known = world.data.definitions.get(name);
    const chosen = [...new Set([nth(PROPERTIES, property), nth(PROPERTIES, also)])];
    if (known === undefined) return define(world, stage, name, chosen);
    const fresh = chosen.filter((each) => !known.properties.some((has) => has.name === each.name));
    if (fresh.length > 0) await grow(world, stage, known, fresh);
  },
);

export interface EventArgs {
  definition: number;
  person: number;
  when: When;
  values: number;
  /** A repeated id: of the event with this number. */
  again: number | null;
  how: "person" | "external" | "session";
}

const eventArgs: fc.Arbitrary<EventArgs> = fc.record({
  definition: nat,
  person: nat,
  when,
  values: nat,
  again: fc.option(nat, { freq: 6 }),
  how: fc.constantFrom("person" as const, "person" as const, "external" as const, "session" as const),
});

/** Values of some of the definition's properties. */
function valuesFor({ properties }: Definition, n: number): Record<string, unknown> {
  const some = properties.filter((_, at) => (n >> at) % 3 !== 2);
  return Object.fromEntries(some.map(({ name, type }, at) => [name, nth(VALUES[type], n + at)]));
}

/** The event, as it is sent. Ids of events that may be gone are not sent again. */
export function toSend(args: EventArgs, world: World, definition: Definition): SentEvent {
  const { data } = world;
  const stays = data.events.filter((event) => event.occurredAt >= world.goneBefore);
  const repeated = args.again === null || stays.length === 0 ? null : nth(stays, args.again).id;
  const person = nth(namesOf(data), args.person);
  const external = data.people.get(named(data, person))?.external ?? null;
  return {
    id: repeated ?? `e-${(world.sent += 1)}`,
    definition_id: definition.id,
    ...(args.how === "external" && external !== null ? { external_person_id: external } : { person_id: person }),
    ...(args.how === "session" ? { session_id: `s-${args.values}` } : {}),
    occurred_at: iso(resolve(args.when, world)),
    properties: valuesFor(definition, args.values),
  };
}

const hasPeople = (world: Readonly<World>) => world.data.people.size > 0;

export const events = command(
  "send",
  fc.array(eventArgs, { minLength: 1, maxLength: 5 }),
  async (args, world, stage) => {
    const known = [...world.data.definitions.values()];
    await ingest(
      world,
      stage,
      args.map((each) => toSend(each, world, nth(known, each.definition))),
    );
  },
  hasPeople,
);

/** What makes an event invalid. */
const WRONGS: Record<string, (event: SentEvent) => unknown> = {
  "an unknown definition": (event) => ({ ...event, definition_id: "never_defined" }),
  "a definition that is not enabled": (event) => ({ ...event, definition_id: "personCreated" }),
  "an unknown person": (event) => ({ ...event, external_person_id: undefined, person_id: "nobody" }),
  "an unknown property": (event) => ({ ...event, properties: { ...event.properties, never: 1 } }),
  "a value of another type": (event) => ({ ...event, properties: { ...event.properties, note: 7, amount: "7" } }),
  "no properties": (event) => ({ ...event, properties: undefined }),
  "no time": (event) => ({ ...event, occurred_at: "yesterday" }),
};

/** Valid events with one that is not: all are refused. */
export const invalidEvents = command(
  "send invalid",
  fc.record({
    events: fc.array(eventArgs, { minLength: 1, maxLength: 3 }),
    at: nat,
    wrong: fc.constantFrom(...Object.keys(WRONGS)),
  }),
  async ({ events, at, wrong }, world, stage) => {
    const known = [...world.data.definitions.values()];
    // Of an id that is known, nothing is looked at.
    const valid = events.map((each) => toSend({ ...each, again: null }, world, nth(known, each.definition)));
    const spoiled = valid.map((event, n) => (n === at % valid.length ? WRONGS[wrong]?.(event) : event));
    expectStatus(await stage.call("POST", "/v1/events", { events: spoiled }), 422);
  },
  hasPeople,
);

/** A call may name a person once. */
const people = fc.uniqueArray(fc.record({ person: nat, what: nat, value: nat }), {
  minLength: 1,
  maxLength: 3,
  selector: ({ person }) => nth(PERSONS, person),
});

/** One change of a person. */
const CHANGES: ((person: string, n: number) => Partial<SentPerson>)[] = [
  (_person, n) => ({ attributes: { tier: nth(["gold", "silver", null], n) } }),
  (_person, n) => ({ attributes: { age: nth([17, 40.5, null], n) } }),
  (person, n) => ({ external_person_id: nth([`x-${person}`, `y-${person}`, null], n) }),
  (person, n) => ({ identifiers: { custom_id: nth([`c-${person}`, `d-${person}`, null], n) } }),
  (_person, n) => ({ company_id: nth(["acme", "globex", null], n) }),
  (_person, n) => ({ tags: nth([["vip"], ["vip", "new"], []], n) }),
  (_person, n) => ({
    topics: nth(
      [{ news: { email: "opt-in" } }, { news: { sms: "opt-out" } }, { sales: { email: "confirmed-opt-in" } }],
      n,
    ),
  }),
];

export const mergePeople = command("put people", people, (args, world, stage) =>
  putPeople(
    world,
    stage,
    args.map(({ person, what, value }) => {
      const id = nth(PERSONS, person);
      return { person_id: id, ...nth(CHANGES, what)(id, value) };
    }),
  ),
);

export const deletePeople = command(
  "delete person",
  nat,
  (n, world, stage) => deletePerson(world, stage, nth(namesOf(world.data), n)),
  hasPeople,
);

export const mergeTwoPeople = command(
  "merge two people",
  fc.record({ from: nat, into: nat }),
  ({ from, into }, world, stage) => mergeTwo(world, stage, nth(PERSONS, from), nth(PERSONS, into)),
);
