/**
 * The person of an event: the profile that the event names by one of its two ids, or a profile that the event creates.
 */

import type { Database } from "../db/core/database.ts";
import { inBatches } from "../db/core/batching.ts";
import { resolvePersons } from "../db/profiles/profiles.ts";
import type { NewProfile } from "../db/profiles/current.ts";
import type { Fault } from "../errors.ts";

/** The ids by which an event names its person. */
export interface Naming {
  person_id?: string | null | undefined;
  external_person_id?: string | null | undefined;
}

export interface Person {
  person_id: string;
  company_id: string | null;
}

/** The persons of one call's events. A profile that one event creates exists for the events after it. */
export class Persons {
  readonly #byId: Map<string, Person>;
  readonly #byExternalId: Map<string, Person>;
  /** The profiles to insert together with the events. */
  readonly created: NewProfile[] = [];
  readonly #uuid: () => string;

  private constructor(found: Awaited<ReturnType<typeof resolvePersons>>, uuid: () => string) {
    this.#byId = new Map(found.map((person) => [person.person_id, person]));
    this.#byExternalId = new Map(
      found.flatMap((person) => (person.external_person_id === null ? [] : [[person.external_person_id, person]])),
    );
    this.#uuid = uuid;
  }

  /** Looks up the persons of these events. @param uuid the ids of profiles that are created for an external id. */
  static async of(db: Database, spaceId: string, events: readonly Naming[], uuid: () => string): Promise<Persons> {
    const sent = (id: (event: Naming) => string | null | undefined) =>
      [...new Set(events.map(id))].filter((each) => each !== null && each !== undefined);
    const personIds = sent((event) => event.person_id);
    const externalIds = sent((event) => event.external_person_id);
    const [persons, externals] = [inBatches(personIds), inBatches(externalIds)];
    const lookups = Array.from({ length: Math.max(persons.length, externals.length) }, (_, n) =>
      resolvePersons(db, spaceId, persons[n] ?? [], externals[n] ?? []),
    );
    return new Persons((await Promise.all(lookups)).flat(), uuid);
  }

  /** Whether the profile that an event names exists. */
  has(event: Naming): boolean {
    return this.#byId.has(event.person_id ?? "") || this.#byExternalId.has(event.external_person_id ?? "");
  }

  /**
   * @param type the type of the profile to create when the named one does not exist; null: that is a fault.
   * @param pointer the event's JSON pointer in the body.
   * @returns null when a fault was added: exactly one of the two ids is needed, and it must be known.
   */
  find(event: Naming, type: string | null, pointer: string, faults: Fault[]): Person | null {
    const id = event.person_id ?? null;
    const externalId = event.external_person_id ?? null;
    const fault = (field: keyof Naming, detail: string) => {
      faults.push({ pointer: `${pointer}/${field}`, detail });
      return null;
    };
    if ((id === null) === (externalId === null))
      return fault("person_id", "Send exactly one of person_id and external_person_id.");
    const found = id === null ? this.#byExternalId.get(externalId ?? "") : this.#byId.get(id);
    if (found !== undefined) return found;
    if (type !== null) return this.#create(id, externalId, type);
    if (id !== null) return fault("person_id", `The space has no profile ${id}.`);
    return fault("external_person_id", `The space has no profile with the external id ${externalId}.`);
  }

  #create(personId: string | null, externalId: string | null, type: string): Person {
    const person = { person_id: personId ?? this.#uuid(), company_id: null };
    this.created.push({ person_id: person.person_id, external_person_id: externalId, type });
    this.#byId.set(person.person_id, person);
    if (externalId !== null) this.#byExternalId.set(externalId, person);
    return person;
  }
}
