/**
 * Sends rows of profiles, each person once a call: rows of one person are merged in the order of the file, so that of
 * two values the later one stays.
 */

import { SpillwayError } from "../errors.ts";
import { derivedPersonId, MAX_PROFILES } from "./create-profiles.ts";
import type { Item } from "./events.ts";
import { faultsByItem } from "./faults.ts";
import { MAX_BYTES, type Sending, type Sent } from "./send.ts";
import { emptyObject, type SentObject } from "./setter.ts";

/** Rows of a batch: more are sent in a further call, also where they are of few people. */
const MAX_ROWS = 50_000;
const MAPS = new Set(["identifiers", "attributes", "topics"]);

/** A person's rows of a batch. */
interface Person {
  rows: Item[];
  profile: SentObject;
}

/** Batches of rows of at most 1,000 people. */
export function* inProfileBatches(items: Iterable<Item>, pending: Item[]): Generator<Item[]> {
  const people = new Set(pending.map(({ id }) => id));
  let bytes = pending.reduce((sum, item) => sum + item.bytes + 1, 0);
  for (const item of items) {
    const isFull = people.size >= MAX_PROFILES && !people.has(item.id);
    if (isFull || pending.length >= MAX_ROWS || (pending.length > 0 && bytes + item.bytes > MAX_BYTES)) {
      yield pending.splice(0);
      people.clear();
      bytes = 0;
    }
    pending.push(item);
    people.add(item.id);
    bytes += item.bytes + 1;
  }
}

/**
 * The service accepts all profiles of a call or none: rejected rows are reported and left out, and the others are sent
 * again.
 * @throws SpillwayError when the call fails for any other reason.
 */
export async function sendProfiles(batch: readonly Item[], { service, onRejected }: Sending): Promise<Sent> {
  const sent: Sent = { accepted: 0, duplicates: 0, acceptedItems: [] };
  const parts = [batch];
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const people = byPerson(part);
    if (people.length === 0) continue;
    try {
      const profiles = people.map(({ profile }) => profile);
      await service.json("PUT", "/v1/profiles", { profiles }, (error) => error.errors.length > 0);
      sent.accepted += part.length;
      sent.acceptedItems.push(...part);
    } catch (thrown) {
      if (!(thrown instanceof SpillwayError) || ![409, 413, 422].includes(thrown.status)) throw thrown;
      // A conflict with other calls that does not pass.
      if (thrown.status === 409 && thrown.errors.length === 0) throw thrown;
      const faults = faultsByItem("profiles", thrown.errors);
      const rejected = new Set<Item>();
      for (const [index, person] of people.entries())
        for (const { pointer, detail } of faults.get(index) ?? [])
          for (const row of rowsWith(person, pointer)) {
            rejected.add(row);
            onRejected({
              n: row.n,
              line: row.line,
              pointer,
              detail: `${detail}${adviceFor(row, pointer)}`,
              values: valuesOf(row),
            });
          }
      if (rejected.size > 0) parts.push(part.filter((row) => !rejected.has(row)));
      // The call as a whole is too large: it would make too many events, for example.
      else if (people.length > 1) parts.push(...halves(people));
      else throw thrown;
    }
  }
  return sent;
}

function byPerson(rows: readonly Item[]): Person[] {
  const people = new Map<unknown, Person>();
  for (const row of rows) {
    const person = people.get(row.id) ?? { rows: [], profile: emptyObject() };
    people.set(row.id, person);
    person.rows.push(row);
    merge(person.profile, JSON.parse(row.json) as SentObject);
  }
  return [...people.values()];
}

/** As the service merges two writes: maps by name, other fields as a whole. */
function merge(into: SentObject, profile: SentObject): void {
  for (const [name, value] of Object.entries(profile)) {
    const old = into[name];
    const isMap = MAPS.has(name) && typeof old === "object" && old !== null && typeof value === "object";
    into[name] = isMap ? Object.assign(emptyObject(), old, value) : value;
  }
}

/** The rows from which the rejected value comes: the last one that has it, and those that are equal to it. */
function rowsWith({ rows }: Person, pointer: string): Item[] {
  const path = pointer
    .split("/")
    .slice(1, 3)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
  const last = rows.findLast((row) => has(JSON.parse(row.json), path));
  return last === undefined ? rows : rows.filter(({ json }) => json === last.json);
}

function has(object: unknown, [name, ...rest]: string[]): boolean {
  if (name === undefined) return true;
  if (typeof object !== "object" || object === null || Array.isArray(object)) return true;
  return Object.hasOwn(object, name) && has((object as SentObject)[name], rest);
}

function halves(people: readonly Person[]): Item[][] {
  const middle = Math.ceil(people.length / 2);
  return [people.slice(middle), people.slice(0, middle)].map((half) => half.flatMap(({ rows }) => rows));
}

/** The person's profile has a `person_id` of its own, which the file does not name. */
function adviceFor({ id, person }: Item, pointer: string): string {
  const externalId = person.external_person_id;
  const isDerived = typeof externalId === "string" && id === derivedPersonId(externalId);
  return isDerived && pointer === "/external_person_id" ? " Let the file name that profile's person_id." : "";
}

function valuesOf({ id, person }: Item): string[] {
  return [id, person.external_person_id].filter((value) => typeof value === "string");
}
