/**
 * Measures homes once a day, and says which are nearly full: a line of the log and a data point for each. A database
 * that spaces share is measured by a task of its own. The object of a space is measured while retention has it open.
 */

import type { Context } from "../context.ts";
import { leaseHomesToMeasure, noteSize, scheduleHomeCheck } from "../db/tenants/home-sizes.ts";
import { log, logFailure } from "../log.ts";
import { DAY_MS, HOUR_MS } from "../time/durations.ts";

/** A D1 database and a Durable Object have at most this (developers.cloudflare.com: d1 and durable-objects, limits). */
const LIMIT_BYTES = 10_000_000_000;
/** From here on an operator has to act: there is time for it while 3 GB are left. */
export const NEARLY_FULL_BYTES = 7_000_000_000;

type Measuring = Pick<Context, "databases" | "measure" | "runtime">;

/** One slice: measures the databases that spaces share, of which there are few. One that fails is due in an hour. */
export async function measureHomes({ databases, measure, runtime }: Measuring): Promise<false> {
  const { control, homes } = databases;
  const shared = homes.filter(({ database }) => database !== null).map(({ name }) => name);
  const now = runtime.now();
  const due = new Set(await leaseHomesToMeasure(control, shared, now, now + HOUR_MS));
  for (const { name, database } of homes) {
    if (database === null || !due.has(name)) continue;
    try {
      report({ measure }, { home: name, spaceId: null, bytes: await database.size() });
      await scheduleHomeCheck(control, name, now + DAY_MS);
    } catch (thrown) {
      logFailure("home.not_measured", thrown, { home: name });
    }
  }
  return false;
}

/** Notes the size of a space's own database where it is due, and nothing where spaces share one. */
export async function measureSpace(
  { databases, measure, runtime }: Measuring,
  { id, home, bytes_due_at }: { id: string; home: string; bytes_due_at: number },
): Promise<void> {
  const now = runtime.now();
  if (bytes_due_at > now || databases.homes.find(({ name }) => name === home)?.kind !== "object") return;
  const bytes = await databases.space(id).size();
  await noteSize(databases.control, id, bytes, now + DAY_MS);
  report({ measure }, { home, spaceId: id, bytes });
}

/** @param spaceId null: spaces share the home. */
function report({ measure }: Pick<Context, "measure">, size: { home: string; spaceId: string | null; bytes: number }) {
  measure({ kind: "home", ...size });
  const { home, spaceId, bytes } = size;
  if (bytes < NEARLY_FULL_BYTES) return;
  log("home.nearly_full", { home, ...(spaceId !== null && { space_id: spaceId }), bytes, limit_bytes: LIMIT_BYTES });
}
