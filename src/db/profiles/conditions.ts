/**
 * SQL of conditions on a profile: pieces that stand in the WHERE of a query over `profiles p`, each 0 or 1 and never null. What a
 * customer wrote is read from one JSON parameter: no piece holds a word of it.
 */

import { excludeDeleted } from "./deletions.ts";

/** What goes into a query: `sql` into its text, `values` into the parameter that it was made for. The space must be ?1. */
export interface Condition {
  sql: string;
  /** JSON array. */
  values: string;
}

/** The names that a query's parameters have, `?2` and the like. */
export interface ConditionParameters {
  /** The sequence number that is read at. */
  seq: string;
  /** The condition's `values`. */
  values: string;
}

/** Constants on their way into one JSON parameter. */
export class Constants {
  readonly #parameter: string;
  readonly #values: unknown[] = [];

  constructor(parameter: string) {
    this.#parameter = parameter;
  }

  /** @returns SQL for the value: a text or a number as JSON has it. */
  scalar(value: string | number): string {
    this.#values.push(value);
    return `${this.#parameter} ->> '$[${this.#values.length - 1}]'`;
  }

  /** @returns SQL for a subquery that gives the values. */
  list(values: readonly (string | number)[]): string {
    this.#values.push(values);
    return `(SELECT value FROM json_each(${this.#parameter}, '$[${this.#values.length - 1}]'))`;
  }

  /** @param sql a condition with these constants. It names their parameter in any case: D1 refuses one that is not used. */
  condition(sql: string): Condition {
    const values = JSON.stringify(this.#values);
    return { sql: this.#values.length > 0 ? sql : every([`${this.#parameter} IS NOT NULL`, sql]), values };
  }
}

/** SQL: each of these holds. A CASE and no chain of ANDs: D1 takes expressions that are at most 100 deep. */
export const every = (conditions: readonly string[]) => firstOf(conditions, "WHEN NOT", 0);

/** SQL: one of these holds at least. */
export const some = (conditions: readonly string[]) => firstOf(conditions, "WHEN", 1);

/** SQL: not one of these holds. */
export const none = (conditions: readonly string[]) => firstOf(conditions, "WHEN", 0);

function firstOf(conditions: readonly string[], when: "WHEN" | "WHEN NOT", decided: 0 | 1): string {
  if (conditions.length === 0) return String(1 - decided);
  return `CASE ${conditions.map((each) => `${when} ${each} THEN ${decided} `).join("")}ELSE ${1 - decided} END`;
}

/**
 * SQL: an object has a member of this name, of which `test` holds. The name is compared, and is not part of a path: it may have
 * any character.
 * @param object a column that holds it. @param name SQL. @param test SQL on `m.type` and `m.value`, as json_each gives them.
 */
export const hasMember = (object: "p.attributes" | "e.properties", name: string, test: string) =>
  `EXISTS (SELECT 1 FROM json_each(${object}) m WHERE m.key = ${name} AND ${test})`;

/** SQL: the profile has this tag. */
export const hasTag = (tag: string) => `EXISTS (SELECT 1 FROM json_each(p.tags) t WHERE t.value = ${tag})`;

export interface EventTest {
  /** The definition's id, the oldest time that counts (epoch ms), and how many events there must be: SQL. */
  definitionId: string;
  from: string;
  count: string;
  /** Conditions on the event `e`. */
  also: readonly string[];
  /** Without those of people who were deleted, up to what is read at. */
  excludeDeleted: boolean;
}

/** SQL: the person has so many such events. The search ends at the last that is needed. */
export function hasEvents(test: EventTest, { seq }: ConditionParameters): string {
  const also = test.also.length === 0 ? "" : ` AND ${every(test.also)}`;
  const withoutDeleted = test.excludeDeleted ? ` AND ${excludeDeleted("e", `d.seq <= ${seq}`)}` : "";
  const found = `(SELECT 1 FROM events e INDEXED BY events_by_person
    WHERE e.space_id = ?1 AND e.person_id = p.person_id AND e.occurred_at >= ${test.from} AND e.seq <= ${seq}
      AND e.definition_id = ${test.definitionId}${withoutDeleted}${also} LIMIT 1 OFFSET ${test.count} - 1)`;
  return `EXISTS ${found}`;
}
