/**
 * Journeys: the touchpoints before events, as they stood at a sequence number. Read for many events at a time, by the ends alone
 * where a model needs no more: each end is a seek in the table's key, however long the journey is. A page is packed by SQLite
 * and taken apart here, as pages of events are.
 */

import { type Database, isTooBig } from "../core/database.ts";
import { excludeDeleted } from "../profiles/deletions.ts";
import { asOf } from "../core/sequences.ts";
import { compareKeys, DIGITS_16 } from "./event-range.ts";

/** Whose touchpoints: a person's, or those of every person whose profile had the company. */
export interface Owner {
  id: string;
  isCompany: boolean;
}

/** Touchpoints of an owner with from ≤ time ≤ to, epoch ms. */
export interface Reach {
  owner: Owner;
  from: number;
  to: number;
}

/** A touchpoint. The ids of what it came from are what it says itself. */
export interface Touch {
  time: number;
  id: string;
  source: string;
  ad_id: string | null;
  adset_id: string | null;
  campaign_id: string | null;
  account_id: string | null;
}

/** What journeys are read of. */
export interface JourneyScope {
  spaceId: string;
  seq: number;
  /** Are the ids of what touchpoints came from needed? Else they are null. */
  withAds: boolean;
  /** Without what people left who were deleted, up to the snapshot or up to now; null: there are none such. */
  excludeDeleted: "at_snapshot" | "now" | undefined;
}

/** 0 direct, 1 neither direct nor paid, 2 paid: see attribution/sources.ts. */
type Kind = 0 | 1 | 2;

const EARLIEST = -4_000_000_000_000_000;

/** No id has a control character in it: these stand between fields, ends and lines. */
const [FIELD, END, LINE] = ["\t", "\u001f", "\n"];

/** SQL: a touchpoint as text that compares as (time, id) does. */
const touchText = ({ withAds }: JourneyScope) =>
  `(t.occurred_at + ${DIGITS_16}) || char(9) || t.id || char(9) || t.source${
    withAds
      ? ` || char(9) || ifnull(t.ad_id, '') || char(9) || ifnull(t.adset_id, '') || char(9) || ifnull(t.campaign_id, '')
         || char(9) || ifnull(t.account_id, '')`
      : ""
  }`;

/** SQL: what is reached (?3: JSON), with a number each. */
const REACHES = `reaches (n, owner, is_company, lower, upper) AS MATERIALIZED (
  SELECT key, value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?3))`;

/** SQL: a company's people. Without statistics SQLite would rather read every profile of the space. */
const PEOPLE = "profiles p INDEXED BY profiles_by_company";

/** SQL: the persons of each reach, at the snapshot (?2). */
function withMembers(reaches: readonly Reach[]): string {
  const persons = "SELECT n, lower, upper, owner FROM reaches WHERE is_company = 0";
  const ofCompanies = `SELECT r.n, r.lower, r.upper, p.person_id FROM reaches r CROSS JOIN ${PEOPLE}
    ON p.space_id = ?1 AND p.company_id = r.owner AND ${asOf("p", "?2")} WHERE r.is_company = 1`;
  const companies = reaches.some(({ owner }) => owner.isCompany);
  return `WITH ${REACHES}, members (n, lower, upper, person_id) AS (${companies ? `${persons} UNION ALL ${ofCompanies}` : persons})`;
}

/** SQL: a condition more, of touchpoints `t` at the snapshot (?2). */
const withoutDeleted = (scope: JourneyScope) =>
  scope.excludeDeleted === undefined
    ? ""
    : `AND ${excludeDeleted("t", scope.excludeDeleted === "now" ? "true" : "d.seq <= ?2")}`;

/** SQL: their touchpoints of these kinds, `t`. */
const touchesOf = (scope: JourneyScope, kinds: readonly Kind[]) => `members m CROSS JOIN touchpoints t
  ON t.space_id = ?1 AND t.person_id = m.person_id AND t.kind IN (${kinds.join()})
    AND t.occurred_at BETWEEN m.lower AND m.upper AND t.seq <= ?2 ${withoutDeleted(scope)}`;

const params = ({ spaceId, seq }: JourneyScope, reaches: readonly Reach[]) =>
  [
    spaceId,
    seq,
    JSON.stringify(reaches.map(({ owner, from, to }) => [owner.id, owner.isCompany ? 1 : 0, from, to])),
  ] as const;

/** The lower bound of a reach that has none. */
export const WHOLE_LIFE = EARLIEST;

/** An end of a journey: the first or last touchpoint of a kind. */
export interface End {
  which: "first" | "last";
  kind: Kind;
}

/** Ends of so many events come as one text: each has a touchpoint of 1 KB at most, and there are six at most. */
const EVENTS_PER_TEXT = 200;

/**
 * The ends of journeys, one query for all of them.
 * @returns for each reach, for each end, the touchpoint; null where there is none.
 */
export async function readEnds(
  db: Database,
  scope: JourneyScope,
  reaches: readonly Reach[],
  ends: readonly End[],
): Promise<(Touch | null)[][]> {
  // Of one person it is one seek; of a company the best of its persons'.
  const seek = ({ which, kind }: End, person: string) => {
    const order = which === "first" ? "ASC" : "DESC";
    return `(SELECT ${touchText(scope)} FROM touchpoints t WHERE t.space_id = ?1 AND t.person_id = ${person} AND t.kind = ${kind}
      AND t.occurred_at BETWEEN r.lower AND r.upper AND t.seq <= ?2 ${withoutDeleted(scope)} ORDER BY t.occurred_at ${order}, t.id ${order} LIMIT 1)`;
  };
  const best = (end: End) => `ifnull(CASE r.is_company WHEN 0 THEN ${seek(end, "r.owner")}
    ELSE (SELECT ${end.which === "first" ? "min" : "max"}(${seek(end, "p.person_id")}) FROM ${PEOPLE}
      WHERE p.space_id = ?1 AND p.company_id = r.owner AND ${asOf("p", "?2")}) END, '')`;
  const rows = await db.all<{ packed: string }>(
    `WITH ${REACHES}
     SELECT group_concat(line, char(10)) AS packed FROM (
       SELECT n, n || char(31) || ${ends.map(best).join(" || char(31) || ")} AS line FROM reaches r ORDER BY n)
     GROUP BY n / ${EVENTS_PER_TEXT}`,
    ...params(scope, reaches),
  );
  const lines = rows.flatMap(({ packed }) => packed.split(LINE));
  if (lines.length !== reaches.length) throw new Error("not every journey came back");
  const found: (Touch | null)[][] = reaches.map(() => []);
  for (const line of lines) {
    const [n = "", ...texts] = line.split(END);
    found[Number(n)] = texts.map((text) => (text === "" ? null : touchOf(text, 0, text.length)));
  }
  return found;
}

/**
 * Touchpoints that come with one query, as one text. Without their ads they have 250 bytes at most, and fit what D1 takes whatever their
 * ids; with them 1 KB, and mostly less than a fifth of that.
 */
export const MAX_TOUCHES = 7_500;

/**
 * Whole journeys, one query for all of them, each in the order of (time, id).
 * @param reaches each owner once.
 * @returns null when they have more than `MAX_TOUCHES`, or more than D1 gives at once: ask for fewer.
 */
export async function readJourneys(
  db: Database,
  scope: JourneyScope,
  reaches: readonly Reach[],
): Promise<Touch[][] | null> {
  const journeys: Touch[][] = reaches.map(() => []);
  const packed = await db
    .first<{ packed: string | null }>(
      `${withMembers(reaches)}
       SELECT group_concat(n || char(9) || line, char(10)) AS packed FROM (
         SELECT m.n, ${touchText(scope)} AS line FROM ${touchesOf(scope, ALL)} LIMIT ${MAX_TOUCHES + 1})`,
      ...params(scope, reaches),
    )
    .then((row) => row?.packed ?? "")
    .catch((thrown: unknown) => {
      if (isTooBig(thrown)) return null;
      throw thrown;
    });
  if (packed === null) return null;
  let found = 0;
  for (let at = 0; at < packed.length; found += 1) {
    const [reachEnd, lineEnd] = [packed.indexOf(FIELD, at), packed.indexOf(LINE, at)];
    const end = lineEnd === -1 ? packed.length : lineEnd;
    journeys[Number(packed.slice(at, reachEnd))]?.push(touchOf(packed, reachEnd + 1, end));
    at = end + 1;
  }
  if (found > MAX_TOUCHES) return null;
  for (const journey of journeys) inOrder(journey);
  return journeys;
}

/** How many touchpoints of these kinds and up a journey has. */
export async function countJourney(db: Database, scope: JourneyScope, reach: Reach, minKind: Kind): Promise<number> {
  const row = await db.first<{ n: number }>(
    `${withMembers([reach])} SELECT count(*) AS n FROM ${touchesOf(scope, kindsFrom(minKind))}`,
    ...params(scope, [reach]),
  );
  return row?.n ?? 0;
}

/** Touchpoints of one text: each has 1 KB at most. */
const TOUCHES_PER_TEXT = 1_500;

/** Touchpoints of a page of a walk: of a company each page reads all that are still to come. */
export const WALK_ROWS = 15_000;

/** A journey that is too long to be read at once, page by page in its order. Of a person each page is a seek in each kind. */
export async function* walkJourney(
  db: Database,
  scope: JourneyScope,
  reach: Reach,
  minKind: Kind,
): AsyncGenerator<Touch[]> {
  const kinds = kindsFrom(minKind);
  const runs = reach.owner.isCompany ? [companysNext(scope, kinds)] : kinds.map((kind) => personsNext(scope, kind));
  // No id is empty: the first page begins with the first touchpoint of the reach.
  let [time, id] = [reach.from, ""];
  for (;;) {
    const rows = await db.all<{ packed: string }>(
      `SELECT group_concat(line, char(10)) AS packed FROM (
         SELECT ${touchText(scope)} AS line, row_number() OVER (ORDER BY t.occurred_at, t.id) - 1 AS nth
         FROM (${runs.join(" UNION ALL ")}) t ORDER BY nth LIMIT ${WALK_ROWS})
       GROUP BY nth / ${TOUCHES_PER_TEXT}`,
      scope.spaceId,
      scope.seq,
      reach.owner.id,
      reach.to,
      time,
      id,
    );
    const touches = rows.flatMap(({ packed }) => packed.split(LINE).map((line) => touchOf(line, 0, line.length)));
    inOrder(touches);
    const last = touches.at(-1);
    if (last === undefined) return;
    yield touches;
    if (touches.length < WALK_ROWS) return;
    [time, id] = [last.time, last.id];
  }
}

const WALKED = "t.occurred_at, t.id, t.source, t.ad_id, t.adset_id, t.campaign_id, t.account_id";

/** SQL: what comes after (?5, ?6), until ?4. */
const toCome = (
  scope: JourneyScope,
) => `t.occurred_at <= ?4 AND (t.occurred_at, t.id) > (?5, ?6) AND t.seq <= ?2 ${withoutDeleted(scope)}
    ORDER BY t.occurred_at, t.id LIMIT ${WALK_ROWS}`;

/** SQL: the next touchpoints of a person (?3), of one kind. */
const personsNext = (scope: JourneyScope, kind: Kind) =>
  `SELECT * FROM (SELECT ${WALKED} FROM touchpoints t
    WHERE t.space_id = ?1 AND t.person_id = ?3 AND t.kind = ${kind} AND ${toCome(scope)})`;

/** SQL: the next touchpoints of a company (?3). */
const companysNext = (scope: JourneyScope, kinds: readonly Kind[]) =>
  `SELECT * FROM (SELECT ${WALKED} FROM ${PEOPLE} CROSS JOIN touchpoints t
    ON t.space_id = ?1 AND t.person_id = p.person_id AND t.kind IN (${kinds.join()})
    WHERE p.space_id = ?1 AND p.company_id = ?3 AND ${asOf("p", "?2")} AND ${toCome(scope)})`;

const ALL = [0, 1, 2] as const;

const kindsFrom = (least: Kind): readonly Kind[] => ALL.filter((kind) => kind >= least);

/** A touchpoint from its text, which stands in [from, to) of a longer one. */
function touchOf(packed: string, from: number, to: number): Touch {
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

/** By (time, id); ids by their UTF-8 bytes. The key gives a person's touchpoints in order within each kind. */
function inOrder(touches: Touch[]): void {
  for (let n = 1; n < touches.length; n += 1) {
    const [before, here] = [touches[n - 1], touches[n]];
    if (before === undefined || here === undefined || compareKeys(before, here) <= 0) continue;
    touches.sort(compareKeys);
    return;
  }
}
