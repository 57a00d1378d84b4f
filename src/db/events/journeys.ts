/**
 * Journeys: the touchpoints before events, as of a sequence number, read for many events at a time. SQLite packs a page
 * and this file unpacks it, as for pages of events.
 */

import { type Database, isTooBig } from "../core/database.ts";
import { excludeDeleted } from "../profiles/deletions.ts";
import { asOf, SPACE_NO } from "../core/sequences.ts";
import { compareKeys, DIGITS_16 } from "./event-range.ts";

/** Whose touchpoints: a person's, or those of every person whose profile had the company. */
export interface Owner {
  id: string;
  isCompany: boolean;
  /** The people who are merged into the person: their touchpoints are the person's. Absent: none are. */
  merged?: readonly string[] | undefined;
}

/** Are the touchpoints stored under the ids of several people? */
export const isOfSeveral = ({ isCompany, merged = [] }: Owner): boolean => isCompany || merged.length > 0;

/** Touchpoints of an owner with from ≤ time ≤ to, epoch ms. */
export interface Reach {
  owner: Owner;
  from: number;
  to: number;
}

/** A touchpoint. The ids of ads are those that the touchpoint itself names. */
export interface CreditedTouch {
  id: string;
  source: string;
  ad_id: string | null;
  adset_id: string | null;
  campaign_id: string | null;
  account_id: string | null;
}

export interface Touch extends CreditedTouch {
  /** Epoch ms. */
  time: number;
}

/** The scope of the touchpoints that journeys consist of. */
export interface JourneyScope {
  spaceId: string;
  seq: number;
  /** Are the ids of ads needed? Else they are null. */
  withAds: boolean;
  /** Leaves out people who were deleted up to the snapshot, or up to now; undefined: no deletion is pending. */
  excludeDeleted: "at_snapshot" | "now" | undefined;
  /** May people be merged? Those who are merged into people of a company belong to it too. Absent: none are. */
  merged?: boolean | undefined;
}

/** 0 direct, 1 neither direct nor paid, 2 paid: see attribution/sources.ts. */
export type Kind = 0 | 1 | 2;

/** Before every time that an event or touchpoint may have. */
export const EARLIEST = -4_000_000_000_000_000;

/** Separators of fields and lines: no id contains a control character. */
const [FIELD, LINE] = ["\t", "\n"];

/** SQL: a touchpoint as text that sorts as (time, id) does. */
export const touchText = ({ withAds }: JourneyScope) =>
  `(t.occurred_at + ${DIGITS_16}) || char(9) || t.id || char(9) || t.source${
    withAds
      ? ` || char(9) || ifnull(t.ad_id, '') || char(9) || ifnull(t.adset_id, '') || char(9) || ifnull(t.campaign_id, '')
         || char(9) || ifnull(t.account_id, '')`
      : ""
  }`;

/** SQL: the reaches (?3: JSON), numbered; of a person with merged people, a row for each of them, with one number. */
export const REACHES = `reaches (place, n, owner, is_company, lower, upper) AS MATERIALIZED (
  SELECT key, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?3))`;

/** SQL: a company's persons. Without statistics SQLite would choose to read every profile of the space. */
export const PERSONS = "profiles p INDEXED BY profiles_by_company";

/** SQL, to follow `PERSONS` and its conditions: the people who are merged into each, at the snapshot (?2). */
export const MERGED_INTO_PERSONS = `CROSS JOIN merges m INDEXED BY merges_by_into
    ON m.space_id = ?1 AND m.into_id = p.person_id AND ${asOf("m", "?2")}`;

/** SQL: the persons of each reach, at the snapshot (?2). */
export function withMembers({ merged }: JourneyScope, reaches: readonly Reach[]): string {
  const persons = "SELECT n, lower, upper, owner FROM reaches WHERE is_company = 0";
  const people = `FROM reaches r CROSS JOIN ${PERSONS} ON p.space_id = ?1 AND p.company_id = r.owner AND ${asOf("p", "?2")}`;
  const ofCompanies = [
    `SELECT r.n, r.lower, r.upper, p.person_id ${people} WHERE r.is_company = 1`,
    ...(merged === true
      ? [`SELECT r.n, r.lower, r.upper, m.person_id ${people} ${MERGED_INTO_PERSONS} WHERE r.is_company = 1`]
      : []),
  ];
  const companies = reaches.some(({ owner }) => owner.isCompany) ? ofCompanies : [];
  return `WITH ${REACHES}, members (n, lower, upper, person_id) AS (${[persons, ...companies].join(" UNION ALL ")})`;
}

/** SQL: one more condition on touchpoints `t`, at the snapshot (?2). */
const withoutDeleted = (scope: JourneyScope) =>
  scope.excludeDeleted === undefined
    ? ""
    : `AND ${excludeDeleted("t", scope.excludeDeleted === "now" ? "true" : "d.seq <= ?2")}`;

/** SQL: the members' touchpoints `t` of these kinds, whether they belong to the snapshot or not. */
export const touchesBetween = (kinds: readonly Kind[]) => `members m CROSS JOIN touchpoints t
  ON t.space_no = ${SPACE_NO} AND t.person_id = m.person_id AND t.kind IN (${kinds.join()})
    AND t.occurred_at BETWEEN m.lower AND m.upper`;

/** SQL: a touchpoint `t` belongs to the snapshot (?2). */
export const belongs = (scope: JourneyScope) => `t.seq <= ?2 ${withoutDeleted(scope)}`;

export const params = ({ spaceId, seq }: JourneyScope, reaches: readonly Reach[]) =>
  [
    spaceId,
    seq,
    JSON.stringify(
      reaches.flatMap(({ owner, from, to }, n) =>
        [owner.id, ...(owner.merged ?? [])].map((id) => [n, id, owner.isCompany ? 1 : 0, from, to]),
      ),
    ),
  ] as const;

/** The lower bound of a reach that has none. */
export const WHOLE_LIFE = EARLIEST;

/**
 * Touchpoints that one query returns as one text. Without ads a touchpoint has at most 250 bytes, so the text always
 * fits D1's limit; with ads it has at most 1 KB, mostly less than a fifth of that.
 */
export const MAX_TOUCHES = 7_500;

/**
 * Whole journeys, one query for all of them, each in the order of (time, id).
 * @param reaches with each owner once.
 * @returns null for more than `MAX_TOUCHES` touchpoints, those that the snapshot does not have included, or a text over
 * D1's limit: the caller reads fewer journeys then.
 */
export async function readJourneys(
  db: Database,
  scope: JourneyScope,
  reaches: readonly Reach[],
  max = MAX_TOUCHES,
): Promise<Touch[][] | null> {
  const journeys: Touch[][] = reaches.map(() => []);
  const page = await db
    .first<{ packed: string | null; scanned: number }>(
      `${withMembers(scope, reaches)}
       SELECT group_concat(CASE WHEN matches THEN n || char(9) || line END, char(10)) AS packed, count(*) AS scanned FROM (
         SELECT m.n, ${touchText(scope)} AS line, ${belongs(scope)} AS matches FROM ${touchesBetween(ALL)} LIMIT ?4)`,
      [...params(scope, reaches), max + 1],
    )
    .catch((thrown: unknown) => {
      if (isTooBig(thrown)) return null;
      throw thrown;
    });
  if (page === null || page.scanned > max) return null;
  const packed = page.packed ?? "";
  for (let at = 0; at < packed.length;) {
    const [reachEnd, lineEnd] = [packed.indexOf(FIELD, at), packed.indexOf(LINE, at)];
    const end = lineEnd === -1 ? packed.length : lineEnd;
    journeys[Number(packed.slice(at, reachEnd))]?.push(parseTouch(packed, reachEnd + 1, end));
    at = end + 1;
  }
  for (const journey of journeys) sortByKey(journey);
  return journeys;
}

const ALL = [0, 1, 2] as const;

export const kindsFrom = (min: Kind): readonly Kind[] => ALL.filter((kind) => kind >= min);

/** Parses a touchpoint's text, which is [from, to) of a longer one. */
export function parseTouch(packed: string, from: number, to: number): Touch {
  const idAt = packed.indexOf(FIELD, from) + 1;
  const sourceAt = packed.indexOf(FIELD, idAt) + 1;
  const adAt = packed.indexOf(FIELD, sourceAt);
  const sourceEnd = adAt === -1 || adAt > to ? to : adAt;
  const ads = sourceEnd === to ? [] : packed.slice(sourceEnd + 1, to).split(FIELD);
  const ad = (n: number) => ads[n] || null;
  return {
    time: Number(packed.slice(from, idAt - 1)) - DIGITS_16,
    id: packed.slice(idAt, sourceAt - 1),
    source: packed.slice(sourceAt, sourceEnd),
    ad_id: ad(0),
    adset_id: ad(1),
    campaign_id: ad(2),
    account_id: ad(3),
  };
}

/** Sorts by (time, id), where needed: the table's key orders a person's touchpoints within each kind only. */
export function sortByKey(touches: Touch[]): void {
  for (let n = 1; n < touches.length; n += 1) {
    const [before, here] = [touches[n - 1], touches[n]];
    if (before === undefined || here === undefined || compareKeys(before, here) <= 0) continue;
    touches.sort(compareKeys);
    return;
  }
}
