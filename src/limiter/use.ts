/**
 * How far a space used its limits: for each day and policy the calls that were refused, and the most calls that counted
 * at a time. Counts are kept in memory, and what changed is stored together: refused calls write nothing of their own,
 * however many there are. The limiter's object says when.
 */

import type { Policy } from "./policies.ts";
import type { Decision } from "./window.ts";

export interface Use {
  /** Of the space's time zone, `YYYY-MM-DD`. */
  day: string;
  policy: Policy;
  /** Calls that were refused. */
  refused: number;
  /** The most calls that counted in any 60 seconds. */
  highest: number;
}

export class LimitUse {
  readonly #sql: SqlStorage;
  /** What the storage does not have yet: the refused calls since then, and a higher maximum. */
  readonly #changed = new Map<string, Use>();
  /** The newest day of each policy, as far as this object has seen it. */
  readonly #newest = new Map<Policy, Pick<Use, "day" | "highest">>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Makes the table where it is not there yet: before any other call. */
  makeTable(): void {
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS uses (day TEXT NOT NULL, policy TEXT NOT NULL, refused INTEGER NOT NULL,
         highest INTEGER NOT NULL, PRIMARY KEY (day, policy)) WITHOUT ROWID`,
    );
  }

  /** Counts a call. @returns whether this is the first change that is to be stored. */
  count(day: string, policy: Policy, { allowed, passed }: Pick<Decision, "allowed" | "passed">): boolean {
    const newest = this.#newest.get(policy);
    const before = newest?.day === day ? newest.highest : 0;
    if (allowed && passed.length <= before) return false;
    const highest = Math.max(before, passed.length);
    this.#newest.set(policy, { day, highest });
    const isFirst = this.#changed.size === 0;
    const key = `${day} ${policy}`;
    const refused = (this.#changed.get(key)?.refused ?? 0) + (allowed ? 0 : 1);
    this.#changed.set(key, { day, policy, refused, highest });
    return isFirst;
  }

  /** Stores what changed. */
  store(): void {
    for (const { day, policy, refused, highest } of this.#changed.values())
      this.#sql.exec(
        `INSERT INTO uses (day, policy, refused, highest) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET refused = refused + excluded.refused, highest = max(highest, excluded.highest)`,
        day,
        policy,
        refused,
        highest,
      );
    this.#changed.clear();
  }

  /** The uses of days, both named days included. A day without calls has none. */
  read(from: string, to: string): Use[] {
    this.store();
    const rows = this.#sql.exec<Record<keyof Use, SqlStorageValue>>(
      "SELECT day, policy, refused, highest FROM uses WHERE day BETWEEN ?1 AND ?2 ORDER BY day, policy",
      from,
      to,
    );
    return rows.toArray() as unknown as Use[];
  }

  /** Forgets what was counted. */
  clear(): void {
    this.#changed.clear();
    this.#newest.clear();
  }
}
