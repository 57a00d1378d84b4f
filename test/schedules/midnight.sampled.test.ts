/** Many schedules that are due at the same time, worked off by messages in a model of the queue and of D1's latency. */

import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { MAX_EXPECTED_STATEMENTS } from "../../src/budget.ts";
import type { MaintenanceMessage } from "../../src/context.ts";
import { runSlice, startSweep } from "../../src/maintenance/sweep.ts";
import { roomyService } from "../support/pipeline.ts";
import { schedule } from "../support/schedules.ts";
import { seeds } from "../support/seeds.ts";
import { type Service, type Space, START } from "../support/service.ts";

const MINUTE = 60_000;
/** Of the queue: see wrangler.toml. */
const MAX_CONCURRENCY = 4;
/** Runs of one slice at the same time: see src/schedules/run-due.ts. */
const AT_ONCE = 5;
/** A call of D1, or of a queue, from a Worker in another city. */
const ROUND_TRIP_MS = 40;
/** `npm run test:soak` starts all of the 10,000; the others a part of them, in the same part of the time. */
const SCHEDULES = seeds({ first: 0, few: 240, full: 1_200, all: 10_000 }).length;
const PER_SPACE = 20;
/** Longer than it may take. */
const MAX_MINUTES = 10;
const DUE = Date.parse("2026-03-02T00:00:00.000Z");

/** The columns of a table of the control database but these. */
async function columnsOf(table: string, without: readonly string[]): Promise<string> {
  const sql = "SELECT name FROM pragma_table_info(?1)";
  const { results } = await env.CONTROL_DB.prepare(sql).bind(table).all<{ name: string }>();
  return results.flatMap(({ name }) => (without.includes(name) ? [] : [name])).join(", ");
}

/** So many schedules that are due, twenty a space: copies of one schedule and of its space. */
async function createSchedules(service: Service, space: Space, count: number): Promise<void> {
  const { id } = await schedule(service, space, { cron: "0 0 * * *" });
  const numbers = (to: number) => JSON.stringify(Array.from({ length: to }, (_, n) => n));
  const ofSpaces = await columnsOf("spaces", ["id", "external_id"]);
  const ofSchedules = await columnsOf("schedules", ["id", "space_id"]);
  const db = env.CONTROL_DB;
  await db.batch([
    db
      .prepare(
        `INSERT INTO spaces (id, external_id, ${ofSpaces})
         SELECT 'space-' || value, 'x-' || value, ${ofSpaces} FROM spaces s, json_each(?2) WHERE s.id = ?1`,
      )
      .bind(space.id, numbers(count / PER_SPACE)),
    db
      .prepare(
        `INSERT INTO schedules (id, space_id, ${ofSchedules})
         SELECT 'copy-' || value, 'space-' || (value / ${PER_SPACE}), ${ofSchedules} FROM schedules s, json_each(?2) WHERE s.id = ?1`,
      )
      .bind(id, numbers(count)),
    db.prepare("DELETE FROM schedules WHERE id = ?1").bind(id),
  ]);
}

/** A minute's sweep at a time, in virtual time, until no schedule is due. @returns how long it took, and each slice. */
async function workOff(service: Service) {
  const slices: { ms: number; statements: number }[] = [];
  const isFree = Array.from({ length: MAX_CONCURRENCY }, () => DUE);
  const waiting: { at: number; message: MaintenanceMessage }[] = [];
  const post = (at: number) =>
    waiting.push(
      ...service.maintenance
        .splice(0)
        .filter(({ task }) => task === "runSchedules")
        .map((message) => ({ at, message })),
    );
  let end = DUE;
  for (let minute = DUE; minute < DUE + MAX_MINUTES * MINUTE; minute += MINUTE) {
    service.now = minute;
    await startSweep(service.context);
    post(minute);
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const consumer = isFree.indexOf(Math.min(...isFree));
      service.now = Math.max(next.at, isFree[consumer] ?? 0);
      service.budget.begin();
      await runSlice(service.context, next.message);
      const { subrequests, statements } = service.budget.used;
      const ms = (subrequests * ROUND_TRIP_MS) / AT_ONCE;
      slices.push({ ms, statements });
      isFree[consumer] = service.now + ms;
      // The next slice's message is sent when the schedules of this one are claimed.
      post(service.now + 2 * ROUND_TRIP_MS);
    }
    end = Math.max(...isFree);
    const due = "SELECT count(*) AS n FROM schedules WHERE status = 'active' AND next_run_at <= ?";
    const row = await env.CONTROL_DB.prepare(due).bind(DUE).first<{ n: number }>();
    if (row?.n === 0) break;
  }
  return { ms: end - DUE, slices };
}

it(
  "10,000 schedules that are due at midnight are started within five minutes, each slice within its budget",
  { timeout: 1_200_000 },
  async () => {
    const service = roomyService({ PENDING_LIMIT: "10000" });
    const space = await service.shop();
    service.now = START;
    await createSchedules(service, space, SCHEDULES);
    const { ms, slices } = await workOff(service);
    expect(service.queue.filter(({ step }) => step === "plan")).toHaveLength(SCHEDULES);
    expect(new Set(service.queue.map((message) => message.export_id)).size).toBe(SCHEDULES);
    expect(ms).toBeLessThan((5 * MINUTE * SCHEDULES) / 10_000);
    expect(slices.length).toBeGreaterThan(SCHEDULES / 100);
    expect(Math.max(...slices.map(({ statements }) => statements))).toBeLessThanOrEqual(MAX_EXPECTED_STATEMENTS);
  },
);
