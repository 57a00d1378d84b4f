/**
 * The identifiers of a profile in a row: its `profile_id`, unless the request leaves it out, then the requested ones,
 * in the requested order.
 */

import * as z from "zod";
import { identifiersAt } from "../../db/profiles/profiles.ts";
import { withLookUp } from "../ahead.ts";
import { SnapshotCache } from "../snapshot-cache.ts";
import type { Column } from "../column.ts";
import type { AsOf, FreezeContext, Key, Page } from "../dataset.ts";
import { distinctNames } from "../distinct.ts";
import { quote, quoteOrNull } from "../json-text.ts";
import { linePages } from "../lines.ts";
import { warnOfUnknown } from "../unknown-names.ts";

const MAX_PERSONS = 10_000;

/** Included first, unless a request leaves it out. */
const PROFILE_ID = "profile_id";
const EXTERNAL_ID = "external_person_id";
const INSTALLATION_IDS = "installation_ids";
const OWN: readonly string[] = [PROFILE_ID, EXTERNAL_ID, INSTALLATION_IDS];

const Identifier = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_]{0,63}$/,
    "An identifier's name begins with a letter and has at most 64 letters, digits and underscores.",
  );

/** The parameter. */
export const Identifiers = distinctNames(z.array(Identifier).min(1).max(50));

/** The help text of the parameter. */
export const IDENTIFIERS_HELP =
  "`custom_id` or another of the profile's `identifiers`, `external_person_id`, or `installation_ids`, which is a list. `profile_id` (the `person_id`) is always included, first. An identifier that the profile lacks is null.";

/** Warns of identifiers that no profile has. */
export async function warnOfIdentifiers(context: FreezeContext, requested: readonly string[] = []): Promise<void> {
  await warnOfUnknown(context, "identifier", "/identifiers", requested, (name) => OWN.includes(name));
}

interface ProfileIdentifiers {
  person_id: string;
  external_person_id: string | null;
  identifiers: Readonly<Record<string, string>>;
  installation_ids: readonly string[];
}

/** The identifiers that rows have. */
export class IdentifierRow {
  readonly #names: readonly string[];

  /**
   * @param requested the names in the request.
   * @param withProfileId whether rows have `profile_id`, also where the request does not name it.
   */
  constructor(requested: readonly string[], withProfileId = true) {
    const others = requested.filter((name) => name !== PROFILE_ID);
    this.#names = withProfileId || others.length < requested.length ? [PROFILE_ID, ...others] : others;
  }

  /** Those in the profile's `identifiers`. */
  get inMap(): readonly string[] {
    return this.#names.filter((name) => !OWN.includes(name));
  }

  get hasInstallations(): boolean {
    return this.#names.includes(INSTALLATION_IDS);
  }

  /** As JSON: an object, without its closing brace. */
  open(profile: ProfileIdentifiers): string {
    return `{${this.#names.map((name) => `"${name}":${value(profile, name)}`).join()}`;
  }

  /** @param more names after the requested ones. */
  columns(more: readonly string[] = []): Column[] {
    return [...this.#names, ...more].map((name): Column => ({
      path: ["identifiers", name],
      type: name === INSTALLATION_IDS ? "json" : "text",
      ...(name === PROFILE_ID ? { required: true } : {}),
    }));
  }
}

function value(profile: ProfileIdentifiers, name: string): string {
  if (name === PROFILE_ID) return quote(profile.person_id);
  if (name === EXTERNAL_ID) return quoteOrNull(profile.external_person_id);
  if (name === INSTALLATION_IDS) return JSON.stringify(profile.installation_ids);
  return quoteOrNull(Object.hasOwn(profile.identifiers, name) ? (profile.identifiers[name] ?? null) : null);
}

/**
 * Pages of records with one line each.
 * @param pages of records as they are stored. @param groupsOf prepares a page's records, in their order.
 * @param line gets the identifiers of the record's person at the snapshot, as JSON without the closing brace: of a
 * person without a profile, the `profile_id` and nulls.
 */
export async function* identifiedPages<Item>(
  asOf: AsOf,
  row: IdentifierRow,
  pages: AsyncGenerator<Item[]>,
  groupsOf: (items: Item[]) => AsyncIterable<Item[]> | Iterable<Item[]>,
  personOf: (item: Item) => string,
  line: (item: Item, identifiers: string) => string,
  keyOf: (item: Item) => Key,
): AsyncGenerator<Page> {
  const cache = new SnapshotCache<string>(MAX_PERSONS, async ({ db, spaceId, seq }, ids) => {
    const found = await identifiersAt(db, spaceId, seq, ids, row.inMap, row.hasInstallations);
    return found.map((each) => {
      const identifiers = JSON.parse(each.identifiers) as Record<string, string>;
      const installation_ids = JSON.parse(each.installation_ids) as string[];
      return [each.person_id, row.open({ ...each, identifiers, installation_ids })];
    });
  });
  const none = { external_person_id: null, identifiers: {}, installation_ids: [] };
  for await (const [items, known] of withLookUp(pages, (items) => cache.look(asOf, items.map(personOf)))) {
    const lineOf = (item: Item) => {
      const id = personOf(item);
      return line(item, known.get(id) ?? row.open({ person_id: id, ...none }));
    };
    for await (const group of groupsOf(items)) yield* linePages(group, lineOf, keyOf);
  }
}
