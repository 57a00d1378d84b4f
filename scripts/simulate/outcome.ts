/** What came of a simulation: figures that a scenario's bounds and the report read. */

import type { Customers } from "./customers.ts";
import { costOf, serversOf } from "./prices.ts";
import type { Production } from "./production.ts";

/** Times of a group of exports, in seconds: from the customer's first call, or the schedule's time, to the end. */
export interface Times {
  count: number;
  failed: number;
  median: number;
  p95: number;
  p99: number;
  longest: number;
  /** Until the row was created, the longest. */
  longestStart: number;
}

export interface Outcome {
  groups: ReadonlyMap<string, Times>;
  rows: number;
  queries: number;
  dollars: number;
  production: Production;
  customers: Customers;
  virtualSeconds: number;
}

/** The group of the exports that schedules made. */
export const SCHEDULED = "scheduled";

interface ExportRow {
  id: string;
  status: string;
  created_at: number;
  completed_at: number | null;
  rows_total: number | null;
  due_at: number | null;
}

export function outcomeOf(production: Production, customers: Customers): Outcome {
  const control = production.database("CONTROL_DB");
  const rows = control.query(
    `SELECT e.id, e.status, e.created_at, e.completed_at, e.rows_total,
       (SELECT r.scheduled_at FROM schedule_runs r WHERE r.export_id = e.id) AS due_at
     FROM exports e ORDER BY e.created_at, e.id`,
  ) as unknown as ExportRow[];
  const asked = new Map(customers.asked.map((each) => [each.id, each]));
  const byGroup = Map.groupBy(rows, ({ id }) => asked.get(id)?.group ?? SCHEDULED);
  const groups = new Map<string, Times>();
  for (const [group, members] of byGroup)
    groups.set(
      group,
      timesOf(members, (row) => row.due_at ?? asked.get(row.id)?.askedAt ?? row.created_at),
    );
  return {
    groups,
    rows: rows.reduce((sum, row) => sum + (row.status === "completed" ? (row.rows_total ?? 0) : 0), 0),
    queries: serversOf(production).reduce((sum, { spent }) => sum + spent.queries, 0),
    dollars: costOf(production),
    production,
    customers,
    virtualSeconds: (production.clock.now - production.startedAt) / 1_000,
  };
}

function timesOf(rows: readonly ExportRow[], beganAt: (row: ExportRow) => number): Times {
  const seconds = rows.map((row) => ((row.completed_at ?? Infinity) - beganAt(row)) / 1_000).toSorted((a, b) => a - b);
  const at = (part: number) => seconds[Math.min(seconds.length - 1, Math.floor(part * seconds.length))] ?? 0;
  return {
    count: rows.length,
    failed: rows.filter(({ status }) => status !== "completed").length,
    median: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    longest: at(1),
    longestStart: rows.reduce((most, row) => Math.max(most, (row.created_at - beganAt(row)) / 1_000), 0),
  };
}

/** @throws Error when the simulation has no such group. */
export function groupOf({ groups }: Outcome, name: string): Times {
  const found = groups.get(name);
  if (found === undefined) throw new Error(`no export belongs to the group ${name}`);
  return found;
}
