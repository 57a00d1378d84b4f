/**
 * SQL of conditions on a profile, for the WHERE of a query over `profiles p`: each is 0 or 1 and never null. Values
 * that a customer wrote are read from one JSON parameter and are never part of the SQL.
 */

import { escapeWide, isWide } from "../core/narrow-text.ts";
import { SPACE_NO } from "../core/sequences.ts";
import { excludeDeleted } from "./deletions.ts";
import { mergedInto } from "./merges.ts";

/** A condition: `sql` goes into the query's text, `values` into its parameter. The space must be ?1. */
export interface Condition {
  sql: string;
  /** JSON array. */
  values: string;
  /** The events of a profile that the condition looks at; null: none. Anything else costs the same for each profile. */
  events: EventRules | null;
}

/** The tests of a condition on the events of a profile. */
export interface EventRules {
  /** The oldest time of which a test looks at events, epoch ms. */
  from: number;
  /** Leaves out events of people who were deleted up to the snapshot. */
  excludeDeleted: boolean;
  /** May people be merged? */
  merged: boolean;
  /** Each with SQL on an event `e` of the snapshot, and how many events must pass. */
  tests: readonly { matches: string; count: number }[];
  /** The condition for a profile of which is known, for each of the tests, whether enough events pass it. */
  decided(passed: readonly boolean[]): Condition;
}

/** The names of the query's parameters, such as `?2`. */
export interface ConditionParameters {
  /** The sequence number of the snapshot. */
  seq: string;
  /** The condition's `values`. */
  values: string;
}

/** Collects constants for one JSON parameter. */
export class Constants {
  readonly #parameter: string;
  readonly #values: unknown[] = [];

  constructor(parameter: string) {
    this.#parameter = parameter;
  }

  /** @returns SQL for the value: a text or a number. */
  scalar(value: string | number): string {
    this.#values.push(value);
    return `${this.#parameter} ->> '$[${this.#values.length - 1}]'`;
  }

  /** @returns SQL of a subquery with the values. */
  list(values: readonly (string | number)[]): string {
    this.#values.push(values);
    return `(SELECT value FROM json_each(${this.#parameter}, '$[${this.#values.length - 1}]'))`;
  }

  /** @param sql a condition with these constants. The result always uses their parameter: D1 rejects an unused one. */
  condition(sql: string, events: EventRules | null): Condition {
    const values = JSON.stringify(this.#values);
    return { sql: this.#values.length > 0 ? sql : every([`${this.#parameter} IS NOT NULL`, sql]), values, events };
  }
}

/** SQL: all of these are true. A CASE instead of a chain of ANDs: D1 accepts expressions up to a depth of 100. */
export const every = (conditions: readonly string[]) => firstOf(conditions, "WHEN NOT", 0);

/** SQL: at least one of these is true. */
export const some = (conditions: readonly string[]) => firstOf(conditions, "WHEN", 1);

/** SQL: none of these is true. */
export const none = (conditions: readonly string[]) => firstOf(conditions, "WHEN", 0);

function firstOf(conditions: readonly string[], when: "WHEN" | "WHEN NOT", decided: 0 | 1): string {
  if (conditions.length === 0) return String(1 - decided);
  return `CASE ${conditions.map((each) => `${when} ${each} THEN ${decided} `).join("")}ELSE ${1 - decided} END`;
}

/**
 * SQL: a JSON object has a member for whose value `test` is true. The member is found by its path, and not among the
 * rows of json_each: a profile may have thousands of members, and D1 counts each as a row that the query scans.
 * @param object the column.
 * @param path SQL of `memberPath`.
 * @param test SQL on `m.type` and `m.value`, as json_each has them.
 */
export const hasMember = (object: "p.attributes" | "e.properties", path: string, test: string) =>
  `EXISTS (SELECT 1 FROM (SELECT json_type(${object}, ${path}) type, ${object} ->> (${path}) value) m WHERE ${test})`;

/** The path of a member: its name as JSON, so it may have any character. */
export const memberPath = (name: string): string => `$.${JSON.stringify(name)}`;

/**
 * SQL: the profile has this tag. The list is searched as a text, as D1 would count each row of json_each as scanned:
 * within an element each quote follows a backslash, so that a comma, the tag's JSON and a comma are one whole element.
 * @param spellings SQL of each text of `tagSpellings`.
 */
export const hasTag = (spellings: readonly string[]): string =>
  some(spellings.map((text) => `instr(',' || substr(p.tags, 2, length(p.tags) - 2) || ',', ${text})`));

/** A tag in a stored list, between commas: as JSON, and as JSON that is escaped where it was sent so. */
export function tagSpellings(tag: string): string[] {
  const json = `,${JSON.stringify(tag)},`;
  return isWide(json) ? [json, escapeWide(json)] : [json];
}

/** A test on events. */
export interface EventTest {
  /** The definition's id, and the oldest time that counts (epoch ms): SQL. */
  definitionId: string;
  from: string;
  /** Conditions on the event `e`. */
  also: readonly string[];
}

/** SQL: an event `e` passes the test. */
export const eventMatches = ({ from, definitionId, also }: EventTest): string =>
  `e.occurred_at >= ${from} AND e.definition_id = ${definitionId}${also.length === 0 ? "" : ` AND ${every(also)}`}`;

/** SQL: the snapshot has an event `e`. @param seq the parameter with the snapshot's sequence number. */
export const eventKnown = (seq: string, without: boolean): string =>
  `e.seq <= ${seq}${without ? ` AND ${excludeDeleted("e", `d.seq <= ${seq}`)}` : ""}`;

/**
 * SQL: an event `e` is a person's, whatever the snapshot has.
 * @param person SQL. @param seq the parameter with the snapshot's sequence number. @param merged whether to look for
 * people who are merged into the person.
 */
export const isOfPerson = (person: string, seq: string, merged: boolean): string =>
  merged
    ? `e.person_id IN (SELECT ${person} UNION ALL SELECT m.person_id FROM ${mergedInto(person, seq)})`
    : `e.person_id = ${person}`;

/**
 * SQL: at least `count` events of the person pass a test. The search ends there.
 * @param isTheirs SQL of `isOfPerson`. @param known SQL of `eventKnown`. @param count SQL.
 */
export const hasEvents = (test: EventTest, isTheirs: string, known: string, count: string): string =>
  `EXISTS (SELECT 1 FROM events e INDEXED BY events_by_person
    WHERE e.space_no = ${SPACE_NO} AND ${isTheirs} AND ${known} AND ${eventMatches(test)} LIMIT 1 OFFSET ${count} - 1)`;
