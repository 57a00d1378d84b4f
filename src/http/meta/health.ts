/**
 * The health of the service's parts, for its operator: the databases, the bucket, the sweep, and the oldest work of
 * each queue. All are asked at the same time, each for a few seconds at most. An answer says which part fails; why is
 * in the log, because a database's or a store's own text may have an address.
 *
 * The homes of spaces with a database of their own are not asked: a question would wake each of them.
 */

import * as z from "zod";
import { lastSweep } from "../../db/health/heartbeats.ts";
import { waitingSince, type WaitingSince } from "../../db/health/waiting-work.ts";
import { logFailure } from "../../log.ts";
import { iso } from "../../time/names.ts";
import type { Call } from "../route.ts";

const Part = z
  .object({
    name: z.string().meta({
      description: "`control`, `d1:…` for a space database, `bucket`, `sweep`, or `queue:…` for a queue.",
    }),
    status: z.enum(["ok", "failing"]),
    ms: z.int().meta({ description: "How long the part took to answer." }),
    bytes: z.int().optional().meta({ description: "The size of the database. D1 allows 10 GB." }),
    age_seconds: z
      .int()
      .nullable()
      .optional()
      .meta({ description: "Since when the oldest work waits, or since the last sweep. Null: there is none." }),
    detail: z.string().optional().meta({ description: "What is wrong." }),
  })
  .meta({ id: "HealthPart" });

type Part = z.output<typeof Part>;

export const Health = z
  .object({
    status: z.enum(["ok", "failing"]),
    checked_at: z.iso.datetime().optional().meta({ description: "With `deep=1`." }),
    parts: z.array(Part).optional().meta({ description: "With `deep=1`." }),
  })
  .meta({ id: "Health" });

/** How long a part may take, in ms. */
const ANSWERS_WITHIN_MS = 5_000;

/** The sweep runs each minute, and sends lost messages again within seconds: after so long something does not work. */
const MAX_AGE_SECONDS: Readonly<Record<keyof WaitingSince | "sweep", number>> = {
  sweep: 300,
  steps: 900,
  chunks: 900,
  verify: 1_800,
  webhooks: 900,
};

/** No object is there. The question needs the bucket's address, its name, and a key that may read. */
const ABSENT_KEY = "health/absent";

type Checked = Pick<Call, "databases" | "runtime"> & { context: { bucket: Pick<Call["context"]["bucket"], "get"> } };

/** @param withinMs how long each part may take. */
export async function checkHealth(
  { databases, context, runtime }: Checked,
  withinMs = ANSWERS_WITHIN_MS,
): Promise<z.output<typeof Health>> {
  const { control, homes } = databases;
  const now = runtime.now();
  const check = async (names: readonly string[], ask: () => Promise<Partial<Part>[]>): Promise<Part[]> => {
    const read = await answer(ask, withinMs, names);
    const ms = runtime.now() - now;
    return names.map((name, n) => ({ name, status: "ok", ms, ...(Array.isArray(read) ? read[n] : failing(read)) }));
  };
  const shared = homes.flatMap(({ name, database }) => (database === null ? [] : [{ name, database }]));
  const parts = await Promise.all([
    check(["control"], async () => [{ bytes: await control.size() }]),
    ...shared.map(({ name, database }) => check([name], async () => [{ bytes: await database.size() }])),
    check(["bucket"], async () => [await askBucket(context.bucket)]),
    check(["sweep"], async () => [sweptAt(await lastSweep(control), now)]),
    check(
      QUEUES.map((queue) => `queue:${queue}`),
      async () => {
        const since = await waitingSince(control, now);
        return QUEUES.map((queue) => waiting(queue, since[queue], now));
      },
    ),
  ]);
  const all = parts.flat();
  const isOk = all.every(({ status }) => status === "ok");
  return { status: isOk ? "ok" : "failing", checked_at: iso(now), parts: all };
}

const QUEUES = ["steps", "chunks", "verify", "webhooks"] as const;

const failing = (detail: string) => ({ status: "failing" as const, detail });

async function askBucket(bucket: Checked["context"]["bucket"]): Promise<Partial<Part>> {
  await (await bucket.get(ABSENT_KEY))?.body?.cancel();
  return {};
}

/** Of the oldest work of a queue. */
function waiting(queue: keyof WaitingSince, at: number | null, now: number): Partial<Part> {
  if (at === null) return { age_seconds: null };
  return aged(
    at,
    now,
    MAX_AGE_SECONDS[queue],
    "The oldest work waits too long: its queue is not consumed as it should be.",
  );
}

function sweptAt(at: number | null, now: number): Partial<Part> {
  if (at === null) return { age_seconds: null, ...failing("No sweep was seen yet: the cron runs once a minute.") };
  return aged(at, now, MAX_AGE_SECONDS.sweep, "The last sweep was too long ago: look at the cron and at its queue.");
}

function aged(at: number, now: number, maxSeconds: number, detail: string): Partial<Part> {
  const age_seconds = Math.max(0, Math.floor((now - at) / 1000));
  return age_seconds <= maxSeconds ? { age_seconds } : { age_seconds, ...failing(detail) };
}

/** @returns what the part answered, or what is wrong with it. */
async function answer<Answer>(
  ask: () => Promise<Answer>,
  withinMs: number,
  names: readonly string[],
): Promise<Answer | string> {
  const { promise: late, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => resolve(`No answer within ${withinMs / 1000} seconds.`), withinMs);
  try {
    return await Promise.race([ask(), late]);
  } catch (thrown) {
    logFailure("health.failed", thrown, { part: names.join(" ") });
    return "It failed: the log has the cause, in a line `health.failed`.";
  } finally {
    clearTimeout(timer);
  }
}
