/** The report of a scenario, as text. */

import type { Outcome } from "./outcome.ts";
import type { Bound, Scenario } from "./scenario.ts";

const number = (value: number, digits = 0): string =>
  value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** Rows of cells, in columns: the first to the left, the others to the right. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (most, row) => row.map((cell, index) => Math.max(most[index] ?? 0, cell.length)),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}

/** @returns the lines of the report. */
export function reportOf(scenario: Scenario, outcomes: ReadonlyMap<string, Outcome>, bounds: readonly Bound[]): string {
  const lines = [`## ${scenario.name}: ${scenario.title}`];
  for (const [part, outcome] of outcomes)
    lines.push("", `${part} (${number(outcome.virtualSeconds / 60, 1)} minutes)`, ...partLines(outcome));
  lines.push("", "bounds");
  lines.push(
    ...columns(
      bounds.map(({ claim, value, atMost }) => [
        `  ${value <= atMost ? "held  " : "MISSED"}  ${claim}`,
        number(value, value < 100 && !Number.isInteger(value) ? 2 : 0),
        `at most ${number(atMost, Number.isInteger(atMost) ? 0 : 1)}`,
      ]),
    ),
  );
  return lines.join("\n");
}

function partLines(outcome: Outcome): string[] {
  const { production, customers, virtualSeconds } = outcome;
  const millions = outcome.rows / 1e6;
  const exports = [
    ["  exports", "count", "failed", "median s", "p95 s", "p99 s", "longest s", "started s"],
    ...[...outcome.groups].map(([name, times]) => [
      `  ${name}`,
      number(times.count),
      number(times.failed),
      number(times.median, 1),
      number(times.p95, 1),
      number(times.p99, 1),
      number(times.longest, 1),
      number(times.longestStart, 1),
    ]),
  ];
  const queues = [
    ["  queue", "messages", "longest", "wait s", "most invocations", "retries", "dead"],
    ...[...production.queues.values()].map(({ name, spent }) => [
      `  ${name}`,
      number(spent.messages),
      number(spent.longest),
      number(spent.longestWaitMs / 1_000, 1),
      number(spent.mostInvocations),
      number(spent.retries),
      number(spent.deadLetters),
    ]),
  ];
  const databases = [
    [
      "  database",
      "queries",
      "utilization",
      "busiest minute",
      "longest queue",
      "wait s",
      "rows read",
      "most",
      "written",
      "overloaded",
    ],
    ...[...production.databases].map(([name, { server }]) => [
      `  ${name}`,
      number(server.spent.queries),
      `${number((100 * server.spent.busyMs) / 1_000 / virtualSeconds, 1)} %`,
      `${number(server.spent.mostBusyMs / 600, 1)} %`,
      number(server.spent.longestQueue),
      number(server.spent.longestWaitMs / 1_000, 2),
      number(server.spent.rowsRead),
      number(server.spent.mostRowsRead),
      number(server.spent.rowsWritten),
      number(server.spent.overloaded),
    ]),
  ];
  const failures = [...production.logs.failures].map(([cause, count]) => `  ${number(count)} × ${cause}`);
  return [
    ...columns(exports),
    ...columns(queues),
    ...columns(databases),
    ...objectLines(outcome),
    `  per million rows: ${number(outcome.queries / millions)} queries, $${number(outcome.dollars / millions, 4)} (${number(outcome.rows)} rows)`,
    `  invocations: ${number(production.spent.requests)}, of which died ${number(production.spent.deaths)}; of one, at most ${number(production.spent.mostQueries)} queries and ${number(production.spent.mostSubrequests)} subrequests; calls refused: ${number(customers.refused)}; exports resent: ${number(production.logs.count("export.resent"))}`,
    ...failures.slice(0, 8),
  ];
}

/** One line for all objects of spaces; none where no space has one. */
function objectLines({ production: { objects }, virtualSeconds }: Outcome): string[] {
  const servers = objects.servers.map(({ spent }) => spent);
  if (servers.length === 0) return [];
  const most = (of: (spent: (typeof servers)[number]) => number) => Math.max(...servers.map(of));
  const { requests, awakeMs, wakes } = objects.spent;
  const awake = awakeMs / 1_000 / virtualSeconds / servers.length;
  return [
    `  ${number(servers.length)} objects: ${number(requests)} requests, ${number(wakes)} wakes, awake ${number(100 * awake, 1)} % of the time; of one, busy at most ${number(
      most(({ mostBusyMs }) => mostBusyMs / 600),
      1,
    )} % of a minute, longest queue ${number(most(({ longestQueue }) => longestQueue))}, longest wait ${number(
      most(({ longestWaitMs }) => longestWaitMs / 1_000),
      2,
    )} s`,
  ];
}
