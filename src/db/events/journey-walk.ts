/**
 * Long journeys, page by page. A person's touchpoints of each kind are in the order of the table's key: they are read
 * as a stream for each kind, and merged. Those of several people, as a company's, are read by spans of time, short
 * enough that a span fits into memory. Each query scans a bounded number of touchpoints, also of those that the
 * snapshot does not have.
 */

import type { Database } from "../core/database.ts";
import { mergePages } from "../core/merge-pages.ts";
import { SPACE_NO } from "../core/sequences.ts";
import { SpillwayError } from "../../errors.ts";
import { compareKeys, DIGITS_16, type EventKey, parseKey } from "./event-range.ts";
import {
  belongs,
  isOfSeveral,
  type JourneyScope,
  type Kind,
  kindsFrom,
  params,
  parseTouch,
  type Reach,
  sortByKey,
  type Touch,
  touchesBetween,
  touchText,
  withMembers,
} from "./journeys.ts";

/** Touchpoints packed into one text: each has at most 1 KB. */
const TOUCHES_PER_TEXT = 1_500;

/** Touchpoints that one query of a walk scans. */
export const WALK_ROWS = 15_000;

/** Touchpoints that one query counts. */
export const COUNT_ROWS = 80_000;

/** Touchpoints of several people in one millisecond that are in memory. */
const MAX_PER_MS = 60_000;

/**
 * Reads a journey in its order, its touchpoints of this kind and above.
 * @param rows touchpoints that one query scans, about.
 */
export async function* walkJourney(
  db: Database,
  scope: JourneyScope,
  reach: Reach,
  minKind: Kind,
  rows = WALK_ROWS,
): AsyncGenerator<Touch[]> {
  if (isOfSeveral(reach.owner)) yield* walkSpans(db, scope, reach, kindsFrom(minKind), rows);
  else {
    const kinds = kindsFrom(minKind).map((kind) => walkKind(db, scope, reach, kind, rows));
    yield* mergePages(kinds, compareKeys);
  }
}

/**
 * The first or last touchpoint of a kind in a journey, page by page; null: there is none. For ends that a seek does not
 * find, because very many touchpoints there do not belong to the snapshot.
 */
export async function walkEnd(
  db: Database,
  scope: JourneyScope,
  reach: Reach,
  { which, kind }: { which: "first" | "last"; kind: Kind },
  rows = WALK_ROWS,
): Promise<Touch | null> {
  const walk = isOfSeveral(reach.owner)
    ? walkSpans(db, scope, reach, [kind], rows)
    : walkKind(db, scope, reach, kind, rows);
  let last: Touch | null = null;
  for await (const touches of walk) {
    const [first] = touches;
    if (which === "first" && first !== undefined) return first;
    last = touches.at(-1) ?? last;
  }
  return last;
}

/** The touchpoints of one kind of a person. A page may be empty. */
async function* walkKind(
  db: Database,
  scope: JourneyScope,
  reach: Reach,
  kind: Kind,
  rows: number,
): AsyncGenerator<Touch[]> {
  // No touchpoint has an empty id: the first page begins with the first touchpoint of the reach.
  let [time, id] = [reach.from, ""];
  for (;;) {
    const texts = await db.all<{ packed: string | null; scanned: number; last: string }>(
      `SELECT group_concat(CASE WHEN matches THEN line END, char(10)) AS packed, count(*) AS scanned, max(line) AS last
       FROM (SELECT ${touchText(scope)} AS line, ${belongs(scope)} AS matches,
               row_number() OVER (ORDER BY t.occurred_at, t.id) - 1 AS nth
             FROM (SELECT * FROM touchpoints WHERE space_no = ${SPACE_NO} AND person_id = ?3 AND kind = ${kind}
                     AND occurred_at <= ?4 AND (occurred_at, id) > (?5, ?6) ORDER BY occurred_at, id LIMIT ?7) t)
       GROUP BY nth / ${TOUCHES_PER_TEXT} ORDER BY nth / ${TOUCHES_PER_TEXT}`,
      [scope.spaceId, scope.seq, reach.owner.id, reach.to, time, id, rows],
    );
    const touches = texts.flatMap(({ packed }) => unpack(packed));
    const scanned = texts.reduce((sum, text) => sum + text.scanned, 0);
    const last = texts.at(-1)?.last;
    yield touches;
    if (last === undefined || scanned < rows) return;
    ({ time, id } = parseTouch(last, 0, last.length));
  }
}

/** The touchpoints of several people, span by span: a span is as long as has about as many as a page. */
async function* walkSpans(
  db: Database,
  scope: JourneyScope,
  reach: Reach,
  kinds: readonly Kind[],
  rows: number,
): AsyncGenerator<Touch[]> {
  // Mostly everything is one span.
  const whole = await readSpan(db, scope, reach, kinds, rows);
  if (whole !== null) {
    if (whole.length > 0) yield whole;
    return;
  }
  let from = await firstTime(db, scope, reach, kinds);
  let span = from === null ? 0 : Math.floor((reach.to - from) / 4);
  while (from !== null && from <= reach.to) {
    const to: number = Math.min(reach.to, from + span);
    const touches = await readSpan(db, scope, { ...reach, from, to }, kinds, to === from ? MAX_PER_MS : rows);
    if (touches === null) {
      if (to === from) throw tooDense();
      span = Math.floor(span / 4);
      continue;
    }
    if (touches.length > 0) yield touches;
    if (touches.length < rows / 4) span = 2 * span + 1;
    from = to + 1;
  }
}

const tooDense = () =>
  new SpillwayError(
    "export_too_large",
    `A company or a person has more than ${MAX_PER_MS} touchpoints in one millisecond: no step can order them.`,
  );

/** SQL: the time of a member's first touchpoint of a kind. */
const firstOfKind = (kind: Kind) => `SELECT min(t.occurred_at) AS first FROM touchpoints t
  WHERE t.space_no = ${SPACE_NO} AND t.person_id = m.person_id AND t.kind = ${kind}
    AND t.occurred_at BETWEEN m.lower AND m.upper`;

/** When the first touchpoint of a reach's people occurred; null: there is none. */
async function firstTime(
  db: Database,
  scope: JourneyScope,
  reach: Reach,
  kinds: readonly Kind[],
): Promise<number | null> {
  const row = await db.first<{ first: number | null }>(
    `${withMembers(scope, [reach])}
     SELECT min(occurred_at) AS first FROM (SELECT (
         SELECT min(first) FROM (${kinds.map(firstOfKind).join(" UNION ALL ")})) AS occurred_at
       FROM members m)`,
    params(scope, [reach]),
  );
  return row?.first ?? null;
}

/** The touchpoints of a reach, in order; null for more than `max`. */
async function readSpan(
  db: Database,
  scope: JourneyScope,
  reach: Reach,
  kinds: readonly Kind[],
  max: number,
): Promise<Touch[] | null> {
  const texts = await db.all<{ packed: string | null; scanned: number }>(
    `${withMembers(scope, [reach])}
     SELECT group_concat(CASE WHEN matches THEN line END, char(10)) AS packed, count(*) AS scanned
     FROM (SELECT ${touchText(scope)} AS line, ${belongs(scope)} AS matches, row_number() OVER () - 1 AS nth
           FROM ${touchesBetween(kinds)} LIMIT ?4)
     GROUP BY nth / ${TOUCHES_PER_TEXT}`,
    [...params(scope, [reach]), max + 1],
  );
  if (texts.reduce((sum, { scanned }) => sum + scanned, 0) > max) return null;
  const touches = texts.flatMap(({ packed }) => unpack(packed));
  sortByKey(touches);
  return touches;
}

const unpack = (packed: string | null): Touch[] =>
  packed === null ? [] : packed.split("\n").map((line) => parseTouch(line, 0, line.length));

/** The number of a journey's touchpoints of this kind and above. @param rows touchpoints that one query counts. */
export async function countJourney(
  db: Database,
  scope: JourneyScope,
  reach: Reach,
  minKind: Kind,
  rows = COUNT_ROWS,
): Promise<number> {
  let count = 0;
  if (isOfSeveral(reach.owner)) {
    for await (const touches of walkSpans(db, scope, reach, kindsFrom(minKind), WALK_ROWS)) count += touches.length;
    return count;
  }
  for (const kind of kindsFrom(minKind)) {
    let after: EventKey = { time: reach.from, id: "" };
    for (;;) {
      const found = await db.first<{ scanned: number; matching: number | null; last: string | null }>(
        `SELECT count(*) AS scanned, sum(matches) AS matching, max(touch_key) AS last
         FROM (SELECT (t.occurred_at + ${DIGITS_16}) || t.id AS touch_key, ${belongs(scope)} AS matches
               FROM touchpoints t WHERE t.space_no = ${SPACE_NO} AND t.person_id = ?3 AND t.kind = ${kind}
                 AND t.occurred_at <= ?4 AND (t.occurred_at, t.id) > (?5, ?6) ORDER BY t.occurred_at, t.id LIMIT ?7)`,
        [scope.spaceId, scope.seq, reach.owner.id, reach.to, after.time, after.id, rows],
      );
      count += found?.matching ?? 0;
      if (found === null || found.last === null || found.scanned < rows) break;
      after = parseKey(found.last);
    }
  }
  return count;
}

/**
 * How many touchpoints journeys have, with one query.
 * @param rows touchpoints that the query scans.
 * @returns the number of each; null: there are more than that, and the caller asks for fewer journeys.
 */
export async function measureJourneys(
  db: Database,
  scope: JourneyScope,
  reaches: readonly Reach[],
  rows = COUNT_ROWS,
): Promise<number[] | null> {
  const found = await db.all<{ n: number; scanned: number; matching: number }>(
    `${withMembers(scope, reaches)}
     SELECT n, count(*) AS scanned, sum(matches) AS matching
     FROM (SELECT m.n, ${belongs(scope)} AS matches FROM ${touchesBetween(kindsFrom(0))} LIMIT ?4) GROUP BY n`,
    [...params(scope, reaches), rows],
  );
  if (found.reduce((sum, { scanned }) => sum + scanned, 0) >= rows) return null;
  const counts = reaches.map(() => 0);
  for (const { n, matching } of found) counts[n] = matching;
  return counts;
}
