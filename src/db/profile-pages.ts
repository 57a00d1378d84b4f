/**
 * Profiles as an export reads them: those that stood at a sequence number, in the order of person_id, all or the ones that a
 * condition holds of. A condition may be slow, so a query looks at no more profiles than it is told, and a range takes as many
 * queries as it needs.
 */

import { type Condition, Constants } from "./conditions.ts";
import type { Database } from "./database.ts";
import type { ProfileRow } from "./profiles.ts";
import { stoodAt } from "./sequences.ts";

/** Of the profiles, the ones that are meant. */
export interface ProfileFilter {
  /** Made for the parameters `FILTERING`. */
  condition: Condition;
  /** How many profiles one query may look at. */
  slice: number;
}

/** Which profiles: those of a space that stood at `seq`, with from ≤ person_id < below. */
export interface ProfileRange {
  spaceId: string;
  seq: number;
  /** Those alone whose version is of a later number; 0: all. */
  sinceSeq: number;
  from: string;
  /** Null: up to the last. */
  below: string | null;
  /** Null: all. */
  filter: ProfileFilter | null;
}

/** What the condition of a filter is made for. */
export const FILTERING = { seq: "?2", values: "?3" } as const;

const ALL: ProfileFilter = { condition: new Constants(FILTERING.values).condition("1"), slice: 20_000 };

/** The FROM and WHERE of a slice of a range; parameters ?1 to ?7. `from` says whether the person at the lower end is in. */
const slice = (range: ProfileRange, from: ">" | ">=") =>
  `FROM profiles p WHERE p.space_id = ?1 AND p.person_id ${from} ?4
     AND ${range.below === null ? "?5 IS NULL" : "p.person_id < ?5"} AND p.seq_from > ?6 AND ${stoodAt("p", "?2")}
   ORDER BY p.person_id LIMIT ?7`;

const sliceParams = (range: ProfileRange, { condition }: ProfileFilter, lower: string, rows: number) =>
  [range.spaceId, range.seq, condition.values, lower, range.below, range.sinceSeq, rows] as const;

interface Cut {
  looked: number;
  matching: number;
  last: string | null;
  next: string | null;
}

/** No query looks at fewer: where few of a space's profiles are meant, small slices would never end. */
const LEAST_LOOKS = 100;

/** No id has a control character in it: this stands before every other id that begins like the one before it. */
const JUST_AFTER = "\u0001";

/**
 * Cuts the first `most` profiles off a range.
 * @param mostLooks after so many queries the cut ends, but not without a profile.
 * @returns how many there are, `most` at most, and where the next begin: null where there are none.
 */
export async function cutProfiles(
  db: Database,
  range: ProfileRange,
  most: number,
  mostLooks = Number.POSITIVE_INFINITY,
): Promise<{ records: number; next: string | null }> {
  const filter = range.filter ?? ALL;
  let records = 0;
  let [lower, from]: [string, ">" | ">="] = [range.from, ">="];
  for (let [looks, queries] = [Math.max(LEAST_LOOKS, most + 1), 1]; ; looks *= 2, queries += 1) {
    const rows = Math.min(filter.slice, looks);
    const part: Cut | null = await db.first(
      `SELECT count(*) AS looked, total(matches) AS matching, max(person_id) AS last,
         min(CASE WHEN matches AND n > ?8 THEN person_id END) AS next
       FROM (SELECT person_id, matches, sum(matches) OVER (ORDER BY person_id) AS n
             FROM (SELECT p.person_id, ${filter.condition.sql} AS matches ${slice(range, from)}))`,
      ...sliceParams(range, filter, lower, rows),
      most - records,
    );
    if (part === null) throw new Error("a slice of profiles was not counted");
    if (part.next !== null) return { records: most, next: part.next };
    records += part.matching;
    if (part.last === null || part.looked < rows) return { records, next: null };
    if (queries >= mostLooks && records > 0) return { records, next: `${part.last}${JUST_AFTER}` };
    [lower, from] = [part.last, ">"];
  }
}

export async function countProfiles(db: Database, range: ProfileRange): Promise<number> {
  return (await cutProfiles(db, range, Number.MAX_SAFE_INTEGER)).records;
}

/** A person's id has 200 bytes at most: what is found in a slice comes as one text. */
const MOST_KEYS = 2_000;
/** Of the profiles of a page together; one that has more is a page. */
const PAGE_BYTES = 2_000_000;

type Found = [personId: string, seqFrom: number, bytes: number];

/** The profiles of a range in their order, page by page; a page has about 2 MB at most. */
export async function* readProfiles(
  db: Database,
  range: ProfileRange,
  pageBytes = PAGE_BYTES,
): AsyncGenerator<ProfileRow[]> {
  const filter = range.filter ?? ALL;
  const rows = Math.min(filter.slice, MOST_KEYS);
  let [lower, from]: [string, ">" | ">="] = [range.from, ">="];
  for (;;) {
    const part: { looked: number; last: string | null; found: string } | null = await db.first(
      `SELECT count(*) AS looked, max(person_id) AS last,
         json_group_array(json_array(person_id, seq_from, bytes)) FILTER (WHERE matches) AS found
       FROM (SELECT p.person_id, p.seq_from, octet_length(p.identifiers) + octet_length(p.attributes) + octet_length(p.tags)
               + octet_length(p.topics) + octet_length(p.installations) AS bytes, ${filter.condition.sql} AS matches
             ${slice(range, from)})`,
      ...sliceParams(range, filter, lower, rows),
    );
    if (part === null) throw new Error("a slice of profiles was not read");
    for (const page of pagesOf(JSON.parse(part.found) as Found[], pageBytes)) {
      const profiles = await versions(db, range.spaceId, page);
      if (profiles.length !== page.length) throw new Error("profiles of a page are gone");
      yield profiles;
    }
    if (part.last === null || part.looked < rows) return;
    [lower, from] = [part.last, ">"];
  }
}

function pagesOf(found: readonly Found[], most: number): Found[][] {
  const pages: Found[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const each of found) {
    bytes += each[2];
    if (bytes > most) {
      pages.push([]);
      bytes = each[2];
    }
    pages.at(-1)?.push(each);
  }
  return pages;
}

/** These versions of profiles, in this order. */
async function versions(db: Database, spaceId: string, keys: readonly Found[]): Promise<ProfileRow[]> {
  return db.all<ProfileRow>(
    `SELECT p.person_id, p.external_person_id, p.company_id, p.type, p.identifiers, p.attributes, p.tags, p.topics,
       p.installations, p.created_at, p.updated_at
     FROM json_each(?2) j CROSS JOIN profiles p
       ON p.space_id = ?1 AND p.person_id = j.value ->> 0 AND p.seq_from = j.value ->> 1 ORDER BY j.key`,
    spaceId,
    JSON.stringify(keys),
  );
}
