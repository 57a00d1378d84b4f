/** Lists of the event definitions of a space, with the built-in ones, and of the versions of one. */

import type { Database } from "../db/core/database.ts";
import { definitionRowIds, listDefinitionRows, listVersionRows } from "../db/events/definition-lists.ts";
import { folded, searchText } from "../db/events/definitions.ts";
import { builtIn, BUILT_INS } from "./catalogue/catalogue.ts";
import { byId, type Definition, type DefinitionSpace, findDefinition, fromRow, unchanged } from "./definitions.ts";

/** Rows of a list, of which the first `shown` are a page: where there are more, another page follows. */
export interface ListedDefinitions {
  rows: Definition[];
  shown: number;
}

/** Definitions that are read at a time where all are. */
const PAGE = 200;

/**
 * The versions of a definition, the newest first. Each stays readable: events and documents name them.
 * @param below versions from this one on are left out; null: none. @param limit one more than a page has.
 * @returns null if the space has no such definition.
 */
export async function listVersions(
  db: Database,
  space: DefinitionSpace,
  id: string,
  { below, limit }: { below: number | null; limit: number },
): Promise<ListedDefinitions | null> {
  if ((await findDefinition(db, space, id)) === null) return null;
  const page = await listVersionRows(db, space.id, id, below, limit);
  const rows = page.rows.map(fromRow);
  if (page.isCut) return { rows, shown: rows.length - 1 };
  const known = builtIn(id);
  const last = rows.at(-1)?.version ?? below ?? Infinity;
  // The first version of a built-in definition has no row.
  const isWhole = known === undefined || rows.length === limit || last === 1;
  return { rows: isWhole ? rows : [...rows, unchanged(space, known)], shown: limit - 1 };
}

/** One version of a definition; null if the space has none. */
export async function findVersion(
  db: Database,
  space: DefinitionSpace,
  id: string,
  version: number,
): Promise<Definition | null> {
  const [found] = (await listVersions(db, space, id, { below: version + 1, limit: 1 }))?.rows ?? [];
  return found?.version === version ? found : null;
}

/** By id. `q` is searched in id and name, without regard to case. @param filter `limit`: one more than a page has. */
export async function listDefinitions(
  db: Database,
  space: DefinitionSpace,
  filter: { category: string | null; q: string | null; afterId: string | null; limit: number },
): Promise<ListedDefinitions> {
  const { category, q, afterId, limit } = filter;
  const candidates = BUILT_INS.filter(
    (each) =>
      (afterId === null || each.id > afterId) &&
      (category === null || each.category === category) &&
      (q === null || searchText(each).includes(folded(q))),
  );
  const ids = candidates.map((each) => each.id);
  const { rows, isCut, current } = await listDefinitionRows(db, space.id, filter, ids);
  const stored = new Set(current);
  const end = isCut ? (rows.at(-1)?.id ?? "") : null;
  const rest = candidates.filter((each) => !stored.has(each.id) && (end === null || each.id < end));
  const all = [...rows.map(fromRow), ...rest.map((each) => unchanged(space, each))].toSorted(byId).slice(0, limit);
  return { rows: all, shown: isCut ? all.length - 1 : limit - 1 };
}

/** Every definition of a space, by id, a page of them in memory at a time. */
export async function* everyDefinition(db: Database, space: DefinitionSpace): AsyncGenerator<Definition, void> {
  for (let afterId: string | null = null; ;) {
    const filter = { category: null, q: null, afterId, limit: PAGE + 1 };
    const { rows, shown } = await listDefinitions(db, space, filter);
    yield* rows.slice(0, shown);
    if (rows.length <= shown) return;
    afterId = rows[shown - 1]?.id ?? null;
  }
}

/** The ids of every current definition of a space, the custom ones first: what a misspelt id may have meant. */
export const definitionIds = async (db: Database, spaceId: string): Promise<string[]> => [
  ...(await definitionRowIds(db, spaceId)),
  ...BUILT_INS.map(({ id }) => id),
];
