/** What a profile is called by, as a row has it: its `profile_id`, then what was asked for, in that order. */

import * as z from "zod";
import { identifiersAt } from "../../db/profiles/profiles.ts";
import { SnapshotCache } from "../snapshot-cache.ts";
import type { Column, Opening } from "../dataset.ts";
import { quote, quoteOrNull } from "../json-text.ts";

const MAX_IDENTIFIERS = 50;
const MAX_PERSONS = 10_000;

/** It is always there, and comes first. */
const PROFILE_ID = "profile_id";
const EXTERNAL_ID = "external_person_id";
export const INSTALLATION_IDS = "installation_ids";
const OWN: readonly string[] = [PROFILE_ID, EXTERNAL_ID, INSTALLATION_IDS];

/** A list of names, each once. */
export function setOfNames(name: z.ZodType<string>, most: number) {
  return z
    .array(name)
    .min(1)
    .max(most)
    .superRefine((names, context) => {
      for (const [index, each] of names.entries())
        if (names.indexOf(each) < index)
          context.addIssue({ code: "custom", path: [index], message: `${each} stands before already: name it once.` });
    })
    .meta({ uniqueItems: true });
}

/** The parameter. */
export const Identifiers = setOfNames(
  z
    .string()
    .regex(
      /^[A-Za-z][A-Za-z0-9_]{0,63}$/,
      "An identifier's name begins with a letter, and goes on with those, digits and _.",
    ),
  MAX_IDENTIFIERS,
);

/** What the parameter means, to be said of it. */
export const IDENTIFIERS_ARE =
  "`custom_id` or another of the profile's `identifiers`, `external_person_id`, or `installation_ids`, which is a list. `profile_id` (the `person_id`) comes first in any case. One that the profile lacks is null.";

export interface Named {
  person_id: string;
  external_person_id: string | null;
  identifiers: Readonly<Record<string, string>>;
  installation_ids: readonly string[];
}

/** Which identifiers rows have. */
export class IdentifierRow {
  readonly #names: readonly string[];

  /** @param asked what the request names. */
  constructor(asked: readonly string[]) {
    this.#names = asked.filter((name) => name !== PROFILE_ID);
  }

  /** Those that a profile's own map has. */
  get inMap(): readonly string[] {
    return this.#names.filter((name) => !OWN.includes(name));
  }

  get hasInstallations(): boolean {
    return this.#names.includes(INSTALLATION_IDS);
  }

  /** As JSON: an object, without its closing brace. */
  open(named: Named): string {
    return `{"${PROFILE_ID}":${quote(named.person_id)}${this.#names.map((name) => `,"${name}":${value(named, name)}`).join("")}`;
  }

  /** @param more names that come after the ones that were asked. */
  columns(more: readonly string[] = []): Column[] {
    return [
      { path: ["identifiers", PROFILE_ID], type: "text" },
      ...[...this.#names, ...more].map((name): Column => ({
        path: ["identifiers", name],
        type: name === INSTALLATION_IDS ? "json" : "text",
      })),
    ];
  }
}

function value(named: Named, name: string): string {
  if (name === EXTERNAL_ID) return quoteOrNull(named.external_person_id);
  if (name === INSTALLATION_IDS) return JSON.stringify(named.installation_ids);
  return quoteOrNull(Object.hasOwn(named.identifiers, name) ? (named.identifiers[name] ?? null) : null);
}

/** persons → their identifiers at an export's snapshot, as JSON without the closing brace. */
export class PersonsIdentifiers {
  readonly #opening: Opening;
  readonly #row: IdentifierRow;
  readonly #known: SnapshotCache<string>;

  constructor(opening: Opening, row: IdentifierRow) {
    this.#opening = opening;
    this.#row = row;
    this.#known = new SnapshotCache(MAX_PERSONS, async (db, spaceId, seq, ids) => {
      const found = await identifiersAt(db, spaceId, seq, ids, row.inMap, row.hasInstallations);
      return found.map((each) => {
        const identifiers = JSON.parse(each.identifiers) as Record<string, string>;
        const installation_ids = JSON.parse(each.installation_ids) as string[];
        return [each.person_id, row.open({ ...each, identifiers, installation_ids })];
      });
    });
  }

  /** @returns for each of these persons the text; of one without a profile it has the `profile_id`, and nulls. */
  async look(personIds: readonly string[]): Promise<string[]> {
    const { db, spaceId, snapshotSeq } = this.#opening;
    const known = await this.#known.look(db, spaceId, snapshotSeq, personIds);
    return personIds.map((id) => known.get(id) ?? this.#row.open(nobody(id)));
  }
}

const nobody = (id: string): Named => ({
  person_id: id,
  external_person_id: null,
  identifiers: {},
  installation_ids: [],
});
