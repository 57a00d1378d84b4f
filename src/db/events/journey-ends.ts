/**
 * The ends of journeys, for models that credit one touchpoint: one query for many journeys, in which each end is a seek
 * in the table's key, however long the journey is. A seek passes a few touchpoints that the snapshot does not have;
 * where there are more of them, the journey is walked.
 */

import type { Database } from "../core/database.ts";
import { asOf, SPACE_NO } from "../core/sequences.ts";
import { walkEnd } from "./journey-walk.ts";
import {
  belongs,
  type JourneyScope,
  type Kind,
  MERGED_INTO_PERSONS,
  params,
  parseTouch,
  PERSONS,
  type Reach,
  REACHES,
  type Touch,
  touchText,
} from "./journeys.ts";

/** An end of a journey: the first or last touchpoint of a kind. */
export interface End {
  which: "first" | "last";
  kind: Kind;
}

/** Events whose ends are packed into one text: each has at most six ends of at most 1 KB. */
const EVENTS_PER_TEXT = 200;
/** Touchpoints that the seek of a person's end passes; of each of a company's people it looks at one. */
const MAX_PASSED = 8;
/** Ends of companies' journeys that one query seeks: each costs two rows for each of the people. */
const COMPANY_ENDS = 3;

/** What a seek gives that has passed too many: it sorts before the text of every touchpoint, or after it. */
const UNDECIDED = { first: " ", last: "~" } as const;
/** Separators of ends and lines: no id contains a control character. */
const [END, LINE] = ["\u001f", "\n"];

/**
 * The ends of journeys.
 * @param walkRows touchpoints that one query of a walk scans.
 * @returns for each reach, for each end, the touchpoint; null where there is none.
 */
export async function readEnds(
  db: Database,
  scope: JourneyScope,
  reaches: readonly Reach[],
  ends: readonly End[],
  walkRows?: number,
): Promise<(Touch | null)[][]> {
  const perQuery = reaches.some(({ owner }) => owner.isCompany) ? COMPANY_ENDS : ends.length;
  const found: (Touch | null)[][] = reaches.map(() => []);
  for (let from = 0; from < ends.length; from += perQuery) {
    const some = ends.slice(from, from + perQuery);
    const texts = await seekEnds(db, scope, reaches, some);
    for (const [n, reach] of reaches.entries())
      for (const [place, end] of some.entries()) {
        const text = texts[n]?.[place] ?? "";
        const touch =
          text === UNDECIDED[end.which]
            ? await walkEnd(db, scope, reach, end, walkRows)
            : text === ""
              ? null
              : parseTouch(text, 0, text.length);
        found[n]?.push(touch);
      }
  }
  return found;
}

/** SQL: the text of an end of a person's touchpoints, or that it is undecided. @param passed how many a seek passes. */
function seek(scope: JourneyScope, { which, kind }: End, person: string, passed: number): string {
  const order = which === "first" ? "ASC" : "DESC";
  const between = `FROM touchpoints t WHERE t.space_no = ${SPACE_NO} AND t.person_id = ${person} AND t.kind = ${kind}
      AND t.occurred_at BETWEEN r.lower AND r.upper ORDER BY t.occurred_at ${order}, t.id ${order}`;
  const undecided = `'${UNDECIDED[which]}'`;
  if (passed === 1)
    return `(SELECT CASE WHEN ${belongs(scope)} THEN ${touchText(scope)} ELSE ${undecided} END ${between} LIMIT 1)`;
  return `ifnull((SELECT line FROM (SELECT CASE WHEN ${belongs(scope)} THEN ${touchText(scope)} END AS line ${between} LIMIT ${passed})
      WHERE line IS NOT NULL LIMIT 1), (SELECT ${undecided} ${between} LIMIT 1 OFFSET ${passed - 1}))`;
}

/** The better of an end's texts of two people; a text is empty where there is none. */
function better({ which }: End, a: string, b: string): string {
  if (a === "" || b === "") return a + b;
  return (which === "first") === a < b ? a : b;
}

/** For each reach, the text of each end; empty where there is none. */
async function seekEnds(
  db: Database,
  scope: JourneyScope,
  reaches: readonly Reach[],
  ends: readonly End[],
): Promise<string[][]> {
  const people = `FROM ${PERSONS} WHERE p.space_id = ?1 AND p.company_id = r.owner AND ${asOf("p", "?2")}`;
  const ofCompany =
    scope.merged === true
      ? `FROM (SELECT p.person_id ${people} UNION ALL SELECT m.person_id FROM ${PERSONS} ${MERGED_INTO_PERSONS}
          WHERE p.space_id = ?1 AND p.company_id = r.owner AND ${asOf("p", "?2")}) p`
      : people;
  // For a company it is the best of the ends of its persons.
  const best = (end: End) => `ifnull(CASE r.is_company WHEN 0 THEN ${seek(scope, end, "r.owner", MAX_PASSED)}
    ELSE (SELECT ${end.which === "first" ? "min" : "max"}(${seek(scope, end, "p.person_id", 1)}) ${ofCompany}) END, '')`;
  const rows = await db.all<{ packed: string }>(
    `WITH ${REACHES}
     SELECT group_concat(line, char(10)) AS packed FROM (
       SELECT place, n || char(31) || ${ends.map(best).join(" || char(31) || ")} AS line FROM reaches r ORDER BY place)
     GROUP BY place / ${EVENTS_PER_TEXT}`,
    params(scope, reaches),
  );
  const lines = rows.flatMap(({ packed }) => packed.split(LINE));
  const found: string[][] = reaches.map(() => []);
  for (const line of lines) {
    const [n = "", ...texts] = line.split(END);
    const before = found[Number(n)] ?? [];
    // Of a person with merged people each has a line.
    found[Number(n)] = ends.map((end, place) => better(end, before[place] ?? "", texts[place] ?? ""));
  }
  if (found.some((texts) => texts.length === 0)) throw new Error("The result does not have every journey.");
  return found;
}
