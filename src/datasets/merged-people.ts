/**
 * Whose rows are whose as of a snapshot: the rows of a person who was merged into another are that person's. A query
 * knows from its freezing whether the space has merges: without them nothing is looked up here.
 */

import { mergedAt, mergedIntoAt } from "../db/profiles/merges.ts";
import type { AsOf } from "./dataset.ts";
import { SnapshotCache } from "./snapshot-cache.ts";

const MAX_PERSONS = 50_000;

const merged = new SnapshotCache<string>(MAX_PERSONS, async ({ db, spaceId, seq }, personIds) =>
  (await mergedAt(db, spaceId, seq, personIds)).map((each) => [each.person_id, each.into_id]),
);

/** Pages of rows, each row with the person to whom it belongs as of the snapshot, in place of the stored one. */
export function withOwners<Name extends "personId" | "person_id", Item extends Record<Name, string>>(
  asOf: AsOf,
  query: { merged?: boolean | undefined },
  pages: AsyncGenerator<Item[]>,
  name: Name,
): AsyncGenerator<Item[]> {
  return query.merged === true ? resolved(asOf, pages, name) : pages;
}

async function* resolved<Name extends "personId" | "person_id", Item extends Record<Name, string>>(
  asOf: AsOf,
  pages: AsyncGenerator<Item[]>,
  name: Name,
): AsyncGenerator<Item[]> {
  for await (const items of pages) {
    const into = await merged.look(
      asOf,
      items.map((item) => item[name]),
    );
    yield items.map((item) => ({ ...item, [name]: into.get(item[name]) ?? item[name] }));
  }
}

/**
 * The ids under which the rows of each of these people are stored as of the snapshot: their own, then those of the
 * people who are merged into them.
 */
export async function storedIds(
  { db, spaceId, seq }: AsOf,
  query: { merged?: boolean | undefined },
  personIds: readonly string[],
): Promise<(personId: string) => readonly string[]> {
  if (query.merged !== true) return (id) => [id];
  const more = Map.groupBy(await mergedIntoAt(db, spaceId, seq, personIds), (each) => each.into_id);
  return (id) => [id, ...(more.get(id) ?? []).map((each) => each.person_id)];
}
