/** Many schedules that are due at the same time, worked off by messages in a model of the queue and of D1's latency. */

import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { MAX_EXPECTED_STATEMENTS } from "../../src/budget.ts";
import type { MaintenanceMessage } from "../../src/context.ts";
import { runSlice, startSweep } from "../../src/maintenance/sweep.ts";
import { roomyService } from "../support/pipeline.ts";
import { schedule } from "../support/schedules.ts";
import { IS_SAMPLE } from "../support/seeds.ts";
import { type Service, type Space, START } from "../support/service.ts";

const MINUTE = 60_000;
/** Of the queue: see wrangler.toml. */
const MAX_CONCURRENCY = 4;
/** Runs of one slice at the same time: see src/schedules/run-due.ts. */
const AT_ONCE = 5;
/** A call of D1, or of a queue, from a Worker in another city. */
const ROUND_TRIP_MS = 40;
/** A part of the 10,000, in the same part of the time. */
const SCHEDULES = IS_SAMPLE ? 240 : 1_200;
/** Longer than it may take. */
const MAX_MINUTES = 10;
const DUE = Date.parse("2026-03-02T00:00:00.000Z");

/** `copies` more schedules, as the one of the space. */
async function copySchedule(service: Service, space: Space, copies: number): Promise<void> {
  const { id } = await schedule(service, space, { cron: "0 0 * * *" });
  const { results } = await env.CONTROL_DB.prepare("SELECT name FROM pragma_table_info('schedules')").all<{
    name: string;
  }>();
  const columns = results.flatMap(({ name }) => (name === "id" ? [] : [name])).join(", ");
  await env.CONTROL_DB.prepare(
    `INSERT INTO schedules (id, ${columns}) SELECT 'copy-' || value, ${columns} FROM schedules s, json_each(?2) WHERE s.id = ?1`,
  )
    .bind(id, JSON.stringify(Array.from({ length: copies }, (_, n) => n)))
    .run();
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

it("10,000 schedules that are due at midnight are started within five minutes, each slice within its budget", async () => {
  const service = roomyService({ PENDING_LIMIT: "10000" });
  const space = await service.shop();
  service.now = START;
  await copySchedule(service, space, SCHEDULES - 1);
  const { ms, slices } = await workOff(service);
  expect(service.queue.filter(({ step }) => step === "plan")).toHaveLength(SCHEDULES);
  expect(new Set(service.queue.map((message) => message.export_id)).size).toBe(SCHEDULES);
  expect(ms).toBeLessThan((5 * MINUTE * SCHEDULES) / 10_000);
  expect(slices.length).toBeGreaterThan(SCHEDULES / 100);
  expect(Math.max(...slices.map(({ statements }) => statements))).toBeLessThanOrEqual(MAX_EXPECTED_STATEMENTS);
});
