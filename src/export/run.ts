/**
 * The hall's table of contents: a message names a step, the step looks at the rows and does what is due. Whatever is thrown
 * is turned into a verdict here: try again later, or the export has failed.
 */

import { failExport } from "../db/moves.ts";
import { recordRetry } from "../db/progress.ts";
import { asSpillwayError, detailOf, SpillwayError } from "../errors.ts";
import { log, logFailure } from "../log.ts";
import { assemble } from "./assemble.ts";
import { backoffSeconds, MOST_ATTEMPTS } from "./backoff.ts";
import { writeChunk } from "./chunk.ts";
import { ended } from "./ended.ts";
import { finish } from "./finish.ts";
import type { Hall, Message } from "./hall.ts";
import { plan } from "./plan.ts";

const STEPS: Record<Message["step"], (hall: Hall, message: Message) => Promise<void>> = {
  plan,
  chunk: writeChunk,
  assemble,
  finish,
};

/** A failed export's files go this long after it can no longer be retried: a retry at the last moment still finds them. */
const GRACE_MS = 3_600_000;

export type Verdict = "ack" | { retryInSeconds: number };

/**
 * Does one message's step. Never throws: one message's failure is no other's.
 * @param attempt how often this message was delivered, from 1.
 */
export async function runStep(hall: Hall, message: Message, attempt: number): Promise<Verdict> {
  const { space_id: spaceId, export_id: exportId, step, n } = message;
  const startedAt = hall.world.now();
  const about = { ...message, attempt };
  try {
    await STEPS[step](hall, message);
    log("step", { ...about, ms: hall.world.now() - startedAt });
    return "ack";
  } catch (thrown) {
    const error = asSpillwayError(thrown);
    logFailure("step.failed", thrown, { ...about, code: error.code, ms: hall.world.now() - startedAt });
    const now = hall.world.now();
    try {
      if (!error.retryable || attempt >= MOST_ATTEMPTS) {
        await fail(hall, message, error);
        return "ack";
      }
      const delay = backoffSeconds(attempt, hall.world.random());
      const nextRetryAt = now + delay * 1000;
      const failed = { step, n, attempt, generation: message.generation, now, nextRetryAt };
      const again = await recordRetry(hall.databases.control, spaceId, exportId, stored(error), failed);
      return again ? { retryInSeconds: delay } : "ack";
    } catch (second) {
      logFailure("step.verdict_not_recorded", second, about);
      return { retryInSeconds: backoffSeconds(attempt, hall.world.random()) };
    }
  }
}

/** A message that the queue gave up on: the export says so. */
export async function giveUp(hall: Hall, message: Message): Promise<Verdict> {
  log("message.gave_up", { ...message });
  await fail(hall, message, new SpillwayError("internal"));
  return "ack";
}

/** What a row keeps of an error. */
function stored(error: SpillwayError) {
  return { code: error.code, owner: error.owner, detail: detailOf(error), retryable: error.retryable };
}

async function fail(hall: Hall, message: Message, error: SpillwayError): Promise<void> {
  const { space_id: spaceId, export_id: exportId } = message;
  const now = hall.world.now();
  const keptUntil = now + hall.config.ttlMs.download;
  const end = { now, generation: message.generation, keptUntil, putAwayAt: keptUntil + GRACE_MS };
  if (await failExport(hall.databases.control, spaceId, exportId, stored(error), end))
    await ended(hall, spaceId, exportId);
}
