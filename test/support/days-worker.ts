/** The service's days, computed inside workerd with its zone data, compared with tables of their starts. */

import { addDays, daysBetween, dayWindow, isTimeZone } from "../../src/time/days.ts";

const FIRST = "1970-01-01";
/** Days from FIRST on whose boundaries a table has; of the last one only where it begins. */
const LAST = daysBetween(FIRST, "2038-01-01");

/** Runs of days: from `day` on (counted from FIRST), each begins `behind` seconds before its midnight in UTC. */
export type Table = [day: number, behind: number][];

export interface Job {
  zone: string;
  table: Table;
  /** Every boundary; otherwise those of each month's first day, and of the days around each change. */
  whole: boolean;
}

/** A run of days that begin otherwise than the table says, both in seconds before midnight in UTC. */
export interface Difference {
  from: string;
  to: string;
  found: number;
  expected: number;
}

export interface Answer {
  zone: string;
  known: boolean;
  /** How many boundaries were compared. */
  compared: number;
  differences: Difference[];
}

const dates = Array.from({ length: LAST + 1 }, (_, day) => addDays(FIRST, day));

function check({ zone, table, whole }: Job): Answer {
  const answer: Answer = { zone, known: isTimeZone(zone), compared: 0, differences: [] };
  if (!answer.known) return answer;
  const expected = spread(table);
  const found = new Map<number, number>();
  const compare = (day: number, begins: number) => {
    answer.compared += 1;
    const behind = day * 86_400 - begins / 1000;
    if (behind !== expected[day]) found.set(day, behind);
  };
  for (const day of daysOf(table, whole)) {
    const { start, end } = dayWindow(dates[day] ?? "", zone);
    compare(day, start);
    compare(day + 1, end);
  }
  answer.differences = runs(found, expected);
  return answer;
}

/**
 * A window has two boundaries, so that every second day has all of them; around changes each window is looked at by
 * itself.
 */
function daysOf(table: Table, whole: boolean): Set<number> {
  const regular = dates.flatMap((date, day) => ((whole ? day % 2 === 0 : date.endsWith("-01")) ? [day] : []));
  const changes = table.flatMap(([day]) => [day - 2, day - 1, day, day + 1]);
  return new Set([...regular, ...changes].filter((day) => day >= 0 && day < LAST));
}

function spread(table: Table): Int32Array {
  const behind = new Int32Array(LAST + 1);
  for (const [day, seconds] of table) behind.fill(seconds, day);
  return behind;
}

function runs(found: Map<number, number>, expected: Int32Array): Difference[] {
  const all: Difference[] = [];
  for (const [day, behind] of [...found].toSorted(([a], [b]) => a - b)) {
    const date = dates[day] ?? "";
    const last = all.at(-1);
    if (last?.found === behind && last.expected === expected[day] && found.has(day - 1)) last.to = date;
    else all.push({ from: date, to: date, found: behind, expected: expected[day] ?? 0 });
  }
  return all;
}

// oxlint-disable-next-line import/no-default-export -- a Worker's entry has one
export default {
  /** POST: a list of jobs. GET: the zones that the runtime itself lists. */
  async fetch(request: Request): Promise<Response> {
    if (request.method === "GET") return Response.json(Intl.supportedValuesOf("timeZone"));
    const jobs: Job[] = JSON.parse(await request.text());
    return Response.json(jobs.map(check));
  },
};
