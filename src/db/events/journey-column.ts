/**
 * The journeys of a page of events, as one more column of the page's own query: a seek or a short scan of the table's
 * key for each event, and no list of people to send. For journeys of one person. An event whose journey is long, or
 * begins or ends with touchpoints that the snapshot does not have, is not told in the page: its journey is read apart
 * (journey-ends.ts, journeys.ts).
 */

import { excludeDeleted } from "../profiles/deletions.ts";
import { SPACE_NO } from "../core/sequences.ts";
import { DIGITS_16 } from "./event-range.ts";
import { MAX_SCAN } from "./event-scan.ts";
import { type CreditedTouch, EARLIEST, type JourneyScope, type Kind } from "./journeys.ts";

/** The first or last touchpoint among those of some kinds. */
export interface JourneyEnd {
  which: "first" | "last";
  kinds: readonly Kind[];
}

/** Journeys in the window before each event. */
export interface CountedJourneys {
  scope: JourneyScope;
  /** The lookback window in milliseconds; null: a whole life. */
  windowMs: number | null;
}

/** A part of them. */
export interface JourneyColumn extends CountedJourneys {
  /** Ends of the journey, or all of it. */
  part: readonly JourneyEnd[] | "whole";
}

/** Touchpoints that the query scans for a whole journey, twice at most: one that has as many or more is read apart. */
export const MAX_SHORT = 30;
/** Events that one query scans, where it reads touchpoints of at most a thousand of them too. */
export const MAX_SCAN_WITH_JOURNEYS = MAX_SCAN / 2;

/** Of ends: there is none, or the snapshot does not have it. Both sort before or after the text of every touchpoint. */
const NONE = { first: "~", last: "!" } as const;
const UNDECIDED = { first: " ", last: "~" } as const;
/** A whole journey without touchpoints. */
const EMPTY = "-";
/** Separators of a touchpoint's fields, and of touchpoints: no id contains a control character. */
const [FIELD, TOUCH] = ["\u001e", "\u001f"];

/** SQL: the text of touchpoint `t`. */
const touchText = ({ withAds }: JourneyScope) =>
  `t.id || char(30) || t.source${
    withAds
      ? ["ad_id", "adset_id", "campaign_id", "account_id"].map((id) => ` || char(30) || ifnull(t.${id}, '')`).join("")
      : ""
  }`;

/** SQL: a touchpoint `t` belongs to the snapshot, which is parameter ?6 of a page of events. */
const belongs = ({ excludeDeleted: deleted }: JourneyScope) =>
  `t.seq <= ?6${deleted === undefined ? "" : ` AND ${excludeDeleted("t", deleted === "now" ? "true" : "d.seq <= ?6")}`}`;

/** SQL: touchpoint `t` is in the window before event `e`. */
const inWindow = (windowMs: number | null) =>
  `t.occurred_at BETWEEN ${windowMs === null ? EARLIEST : `e.occurred_at - ${windowMs}`} AND e.occurred_at`;

/** SQL: the touchpoints `t` in the window before event `e`. */
const touchesBefore = (windowMs: number | null, kinds: readonly Kind[]) =>
  `touchpoints t WHERE t.space_no = ${SPACE_NO} AND t.person_id = e.person_id AND t.kind IN (${kinds.join()})
     AND ${inWindow(windowMs)}`;

/**
 * SQL: a value from all touchpoints in the window before event `e`, or null where the query would scan too many. Of a
 * person with few touchpoints all are scanned, whatever their times: that is one seek instead of one for each kind.
 * @param select SQL of the value, from the column `line` of touchpoints, which is null for those that do not belong.
 * @param line SQL of it. @param order SQL of their order.
 */
function fromShort(select: string, { scope, windowMs }: CountedJourneys, line: string, order: string): string {
  const short = (among: string, matches: string) =>
    `(SELECT CASE WHEN count(*) < ${MAX_SHORT} THEN ${select} END FROM (
       SELECT CASE WHEN ${matches} THEN ${line} END AS line FROM (
         SELECT * FROM touchpoints t WHERE t.space_no = ${SPACE_NO} AND t.person_id = e.person_id ${among}
         LIMIT ${MAX_SHORT}) t ${order}))`;
  return `coalesce(${short("", `${belongs(scope)} AND ${inWindow(windowMs)}`)},
    ${short(`AND t.kind IN (0, 1, 2) AND ${inWindow(windowMs)}`, belongs(scope))})`;
}

/** SQL of the column: a text without tabs and line feeds, null where nothing is told; of event `e`. */
export function journeyText({ scope, windowMs, part }: JourneyColumn): string {
  if (part !== "whole") return part.map((end) => endText(scope, windowMs, end)).join(" || char(31) || ");
  const whole = `ifnull(group_concat(line, char(31)), '${EMPTY}')`;
  return fromShort(whole, { scope, windowMs }, touchText(scope), "ORDER BY t.occurred_at, t.id");
}

/** SQL: the time and the text of an end, by one seek for each kind. */
function endText(scope: JourneyScope, windowMs: number | null, { which, kinds }: JourneyEnd): string {
  const order = which === "first" ? "ASC" : "DESC";
  const seeks = kinds.map(
    (kind) =>
      `ifnull((SELECT CASE WHEN ${belongs(scope)} THEN (t.occurred_at + ${DIGITS_16}) || ${touchText(scope)}
        ELSE '${UNDECIDED[which]}' END FROM ${touchesBefore(windowMs, [kind])}
        ORDER BY t.occurred_at ${order}, t.id ${order} LIMIT 1), '${NONE[which]}')`,
  );
  return seeks.length === 1 ? seeks.join() : `${which === "first" ? "min" : "max"}(${seeks.join()})`;
}

/** SQL: the number of an event's touchpoints; null where the query would scan too many. */
export const journeyCount = (counted: CountedJourneys): string => fromShort("count(line)", counted, "1", "");

/**
 * @param text of the column.
 * @returns each of the ends, null where there is none; null where one was not told.
 */
export function parseEnds(text: string, ends: readonly JourneyEnd[]): (CreditedTouch | null)[] | null {
  const texts = text.split(TOUCH);
  const found: (CreditedTouch | null)[] = [];
  for (const [n, { which }] of ends.entries()) {
    const end = texts[n] ?? "";
    if (end === UNDECIDED[which] || end === "") return null;
    found.push(end === NONE[which] ? null : parse(end, 16, end.length));
  }
  return found;
}

/** @param text of the column. @returns a whole journey in its order; null where it was not told. */
export function parseWhole(text: string): CreditedTouch[] | null {
  if (text === "") return null;
  if (text === EMPTY) return [];
  const touches: CreditedTouch[] = [];
  for (let at = 0; at < text.length;) {
    const next = text.indexOf(TOUCH, at);
    const end = next === -1 ? text.length : next;
    touches.push(parse(text, at, end));
    at = end + 1;
  }
  return touches;
}

/** Parses a touchpoint's text, which is [from, to) of a longer one. */
function parse(text: string, from: number, to: number): CreditedTouch {
  const idEnd = text.indexOf(FIELD, from);
  const sourceAt = idEnd + 1;
  const adAt = text.indexOf(FIELD, sourceAt);
  const hasAds = adAt !== -1 && adAt < to;
  const ads = hasAds ? text.slice(adAt + 1, to).split(FIELD) : NO_ADS;
  return {
    id: text.slice(from, idEnd),
    source: text.slice(sourceAt, hasAds ? adAt : to),
    ad_id: ads[0] || null,
    adset_id: ads[1] || null,
    campaign_id: ads[2] || null,
    account_id: ads[3] || null,
  };
}

const NO_ADS: readonly string[] = [];
