/** A scenario: what customers do and what breaks, in one production or in several to compare, and its bounds. */

import { MAX_EXPECTED_STATEMENTS } from "../../src/budget.ts";
import type { Customers } from "./customers.ts";
import type { Outcome } from "./outcome.ts";
import type { Production } from "./production.ts";

/** One production of a scenario. */
export interface Part {
  name: string;
  /** Epoch ms; by default a quiet hour. */
  startAt?: number;
  /** D1 databases of spaces beyond the deployed one. */
  moreDatabases?: number;
  /** Another `max_concurrency` of queues than is deployed. */
  concurrency?: Readonly<Record<string, number>>;
  /** Runs in virtual time. It returns when the scenario is over. */
  play(production: Production, customers: Customers): Promise<void>;
}

export interface Bound {
  claim: string;
  value: number;
  atMost: number;
}

export interface Scenario {
  name: string;
  title: string;
  /** Of the tests: it is played only when it is named. */
  isCheck?: true;
  parts: readonly Part[];
  /** @param outcomes by the parts' names. */
  bounds(outcomes: ReadonlyMap<string, Outcome>): readonly Bound[];
}

const QUIET_HOUR = Date.UTC(2026, 5, 1, 10, 0, 5);
export const startOf = ({ startAt }: Part): number => startAt ?? QUIET_HOUR;

const CHECK_EVERY_MS = 1_000;

/**
 * Waits until every export and every webhook delivery has ended.
 * @param exports how many there must be by then. @throws Error when that takes more than `withinMs`.
 */
export async function allEnded(production: Production, exports: number, withinMs: number): Promise<void> {
  const control = production.database("CONTROL_DB");
  const count = (sql: string) => Number(control.query(sql)[0]?.["n"] ?? 0);
  const isOver = () =>
    count("SELECT count(*) AS n FROM exports WHERE status IN ('queued', 'processing')") === 0 &&
    count("SELECT count(*) AS n FROM exports") >= exports &&
    count("SELECT count(*) AS n FROM webhook_deliveries WHERE status = 'pending'") === 0;
  if (await production.clock.waitUntil(isOver, CHECK_EVERY_MS, withinMs)) return;
  const [left] = control.query(
    "SELECT count(*) AS n, min(phase) AS phase FROM exports WHERE status IN ('queued', 'processing')",
  );
  throw new Error(`after ${withinMs / 60_000} minutes ${String(left?.["n"])} exports have not ended`);
}

/** The outcome of a part. @throws Error when the scenario has no such part. */
export function partOf(outcomes: ReadonlyMap<string, Outcome>, name: string): Outcome {
  const found = outcomes.get(name);
  if (found === undefined) throw new Error(`the scenario has no part ${name}`);
  return found;
}

/** Every failed export misses this bound. */
export const noneFails = (outcome: Outcome): Bound => ({
  claim: "exports that fail",
  value: [...outcome.groups.values()].reduce((sum, { failed }) => sum + failed, 0),
  atMost: 0,
});

/** Every scenario's: no invocation of the Worker comes near to where Cloudflare would end it. */
export const withinBudget = (outcomes: ReadonlyMap<string, Outcome>): Bound[] =>
  [...outcomes].flatMap(
    ([
      part,
      {
        production: { spent },
      },
    ]) => [
      { claim: `D1 queries of an invocation (${part})`, value: spent.mostQueries, atMost: MAX_EXPECTED_STATEMENTS },
      { claim: `subrequests of an invocation (${part})`, value: spent.mostSubrequests, atMost: 8_000 },
    ],
  );
