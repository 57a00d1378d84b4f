/**
 * The person of an event: the profile that the event names by one of its ids, or a profile that the event creates. An
 * id of a merged person names the profile into which this person was merged.
 */

import type { Database } from "../db/core/database.ts";
import { PERSON_IDS, type ResolvedPerson, resolvePersons } from "../db/profiles/lookup.ts";
import { type FormerId, resolveFormerIds } from "../db/profiles/merges.ts";
import type { NewProfile } from "../db/profiles/current.ts";
import type { Fault } from "../errors.ts";

/** The ids by which an event names its person. */
export interface Naming {
  person_id?: string | null | undefined;
  external_person_id?: string | null | undefined;
  custom_id?: string | null | undefined;
}

export interface Person {
  person_id: string;
  company_id: string | null;
}

/** A person with the external id that rows show. */
export interface NamedPerson extends Person {
  external_person_id: string | null;
}

/** What a profile has that an event creates, beside the ids by which the event names its person. */
export type NewProfileType = Pick<NewProfile, "type">;

/** A person's id of one kind. */
const idOf = (naming: Naming, name: (typeof PERSON_IDS)[number]) => naming[name] ?? null;

/** How many of its person's ids an event has: it must have exactly one. */
export const namesSent = (naming: Naming) => PERSON_IDS.filter((name) => idOf(naming, name) !== null).length;

/** The fault of an id that no profile has. */
const UNKNOWN: Record<(typeof PERSON_IDS)[number], (id: string) => string> = {
  person_id: (id) => `The space has no profile ${id}.`,
  external_person_id: (id) => `The space has no profile with the external id ${id}.`,
  custom_id: (id) => `The space has no profile with the custom id ${id}.`,
};

/** The persons of one call's events. A profile that one event creates exists for the events after it. */
export class Persons {
  /** By kind of id. */
  readonly #known: Record<(typeof PERSON_IDS)[number], Map<string, NamedPerson>>;
  /** The profiles to insert together with the events. */
  readonly created: NewProfile[] = [];
  readonly #uuid: () => string;

  private constructor(found: readonly ResolvedPerson[], former: readonly FormerId[], uuid: () => string) {
    const by = (name: (typeof PERSON_IDS)[number]) =>
      new Map([
        ...former.flatMap(({ kind, id, person }) => (kind === name ? [[id, person] as const] : [])),
        ...found.flatMap((person) => (person[name] === null ? [] : [[person[name], person] as const])),
      ]);
    this.#known = {
      person_id: by("person_id"),
      external_person_id: by("external_person_id"),
      custom_id: by("custom_id"),
    };
    this.#uuid = uuid;
  }

  /** Looks up the persons of these events. @param uuid the ids of profiles that are created for another id. */
  static async of(db: Database, spaceId: string, events: Iterable<Naming>, uuid: () => string): Promise<Persons> {
    const sent = { person_id: new Set<string>(), external_person_id: new Set<string>(), custom_id: new Set<string>() };
    for (const event of events)
      for (const name of PERSON_IDS) {
        const id = idOf(event, name);
        if (id !== null) sent[name].add(id);
      }
    const ids = () => ({
      person_id: [...sent.person_id],
      external_person_id: [...sent.external_person_id],
      custom_id: [...sent.custom_id],
    });
    const found = await resolvePersons(db, spaceId, ids());
    for (const person of found)
      for (const name of PERSON_IDS) if (person[name] !== null) sent[name].delete(person[name]);
    return new Persons(found, await resolveFormerIds(db, spaceId, ids()), uuid);
  }

  /** Whether the profile that an event names exists. */
  has(event: Naming): boolean {
    return PERSON_IDS.some((name) => this.#known[name].has(idOf(event, name) ?? ""));
  }

  /**
   * @param missing the profile to create when the named one does not exist; null: that is a fault.
   * @param pointer the event's JSON pointer in the body.
   * @returns null when a fault was added: exactly one of the ids is needed, and it must be known.
   */
  find(event: Naming, missing: NewProfileType | null, pointer: string, faults: Fault[]): NamedPerson | null {
    const name = PERSON_IDS.find((each) => idOf(event, each) !== null);
    const id = name === undefined ? null : idOf(event, name);
    if (name === undefined || id === null || namesSent(event) > 1) {
      const detail = "Send exactly one of person_id, external_person_id and custom_id.";
      faults.push({ pointer: `${pointer}/person_id`, detail });
      return null;
    }
    const found = this.#known[name].get(id);
    if (found !== undefined) return found;
    if (missing !== null) return this.#create({ [name]: id }, missing);
    faults.push({ pointer: `${pointer}/${name}`, detail: UNKNOWN[name](id) });
    return null;
  }

  #create(naming: Naming, { type }: NewProfileType): NamedPerson {
    const person = {
      person_id: naming.person_id ?? this.#uuid(),
      external_person_id: naming.external_person_id ?? null,
      company_id: null,
    };
    const ids = { ...person, custom_id: naming.custom_id ?? null };
    this.created.push({ ...ids, type });
    for (const name of PERSON_IDS) {
      const id = ids[name];
      if (id !== null) this.#known[name].set(id, person);
    }
    return person;
  }
}
