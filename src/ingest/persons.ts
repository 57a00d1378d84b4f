/** Who an event is of: the profile that it names by one of its two ids, or one that it makes. */

import type { Database } from "../db/core/database.ts";
import { inBatches } from "../db/core/batching.ts";
import { resolvePersons } from "../db/profiles/profiles.ts";
import type { NewProfile } from "../db/profiles/current.ts";
import type { Fault } from "../errors.ts";

/** How an event names its person. */
export interface Naming {
  person_id?: string | null | undefined;
  external_person_id?: string | null | undefined;
}

export interface Person {
  person_id: string;
  company_id: string | null;
}

/** The persons of one call's events. A profile that one event makes is there for those after it. */
export class Persons {
  readonly #byId: Map<string, Person>;
  readonly #byExternalId: Map<string, Person>;
  readonly #made: NewProfile[] = [];
  readonly #uuid: () => string;

  private constructor(found: Awaited<ReturnType<typeof resolvePersons>>, uuid: () => string) {
    this.#byId = new Map(found.map((person) => [person.person_id, person]));
    this.#byExternalId = new Map(
      found.flatMap((person) => (person.external_person_id === null ? [] : [[person.external_person_id, person]])),
    );
    this.#uuid = uuid;
  }

  /** Looks up whom these events name. @param uuid makes ids of persons that are known by an external id alone. */
  static async of(db: Database, spaceId: string, events: readonly Naming[], uuid: () => string): Promise<Persons> {
    const sent = (id: (event: Naming) => string | null | undefined) =>
      [...new Set(events.map(id))].filter((each) => each !== null && each !== undefined);
    const personIds = sent((event) => event.person_id);
    const externalIds = sent((event) => event.external_person_id);
    const [persons, externals] = [inBatches(personIds), inBatches(externalIds)];
    const looks = Array.from({ length: Math.max(persons.length, externals.length) }, (_, n) =>
      resolvePersons(db, spaceId, persons[n] ?? [], externals[n] ?? []),
    );
    return new Persons((await Promise.all(looks)).flat(), uuid);
  }

  /** Profiles that have to be made with the events. */
  get made(): readonly NewProfile[] {
    return this.#made;
  }

  /** Is the profile there that an event names? */
  has(event: Naming): boolean {
    return this.#byId.has(event.person_id ?? "") || this.#byExternalId.has(event.external_person_id ?? "");
  }

  /**
   * Exactly one of the two ids says who it was, and the profile is there.
   * @param type where it is not there, it is made, of this type; null: that is a fault.
   * @param pointer where the event stands in the body.
   */
  find(event: Naming, type: string | null, pointer: string, faults: Fault[]): Person | null {
    const id = event.person_id ?? null;
    const externalId = event.external_person_id ?? null;
    if ((id === null) === (externalId === null)) {
      faults.push({
        pointer: `${pointer}/person_id`,
        detail: "Exactly one of person_id and external_person_id is needed.",
      });
      return null;
    }
    const found = id === null ? this.#byExternalId.get(externalId ?? "") : this.#byId.get(id);
    if (found !== undefined) return found;
    if (type !== null) return this.#make(id, externalId, type);
    faults.push(
      id !== null
        ? { pointer: `${pointer}/person_id`, detail: `There is no profile ${id}.` }
        : {
            pointer: `${pointer}/external_person_id`,
            detail: `There is no profile with the external id ${externalId}.`,
          },
    );
    return null;
  }

  #make(personId: string | null, externalId: string | null, type: string): Person {
    const person = { person_id: personId ?? this.#uuid(), company_id: null };
    this.#made.push({ person_id: person.person_id, external_person_id: externalId, type });
    this.#byId.set(person.person_id, person);
    if (externalId !== null) this.#byExternalId.set(externalId, person);
    return person;
  }
}
