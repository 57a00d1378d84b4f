/**
 * SQL of conditions on a profile, for the WHERE of a query over `profiles p`: each is 0 or 1 and never null. Values
 * that a customer wrote are read from one JSON parameter and are never part of the SQL.
 */

import { excludeDeleted } from "./deletions.ts";

/** A condition: `sql` goes into the query's text, `values` into its parameter. The space must be ?1. */
export interface Condition {
  sql: string;
  /** JSON array. */
  values: string;
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
  condition(sql: string): Condition {
    const values = JSON.stringify(this.#values);
    return { sql: this.#values.length > 0 ? sql : every([`${this.#parameter} IS NOT NULL`, sql]), values };
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
 * SQL: a JSON object has a member of this name for which `test` is true. The name is compared and not part of a path,
 * so it may have any character.
 * @param object the column.
 * @param name SQL.
 * @param test SQL on `m.type` and `m.value` of json_each.
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
  /** Leaves out events of people who were deleted up to the snapshot. */
  excludeDeleted: boolean;
}

/** SQL: the person has at least `count` such events. The search ends there. */
export function hasEvents(test: EventTest, { seq }: ConditionParameters): string {
  const also = test.also.length === 0 ? "" : ` AND ${every(test.also)}`;
  const withoutDeleted = test.excludeDeleted ? ` AND ${excludeDeleted("e", `d.seq <= ${seq}`)}` : "";
  const found = `(SELECT 1 FROM events e INDEXED BY events_by_person
    WHERE e.space_id = ?1 AND e.person_id = p.person_id AND e.occurred_at >= ${test.from} AND e.seq <= ${seq}
      AND e.definition_id = ${test.definitionId}${withoutDeleted}${also} LIMIT 1 OFFSET ${test.count} - 1)`;
  return `EXISTS ${found}`;
}
