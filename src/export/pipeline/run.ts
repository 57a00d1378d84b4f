/**
 * The table of steps. A message names a step, and the step reads the export's row and does the work that is due. An
 * error becomes a verdict here: the queue delivers the message again later, or the export, or its verification, ends.
 */

import { failExport } from "../../db/exports/transitions.ts";
import { recordRetry } from "../../db/exports/progress.ts";
import { asSpillwayError, detailOf, SpillwayError } from "../../errors.ts";
import { log, logFailure } from "../../log.ts";
import { assemble, type AssembleContext } from "./assemble.ts";
import { backoffSeconds, MAX_ATTEMPTS } from "./backoff.ts";
import { writeChunk } from "./chunk.ts";
import { type FinishedContext, onFinished } from "./on-finished.ts";
import { finish, type FinishContext } from "./finish.ts";
import type { Message } from "../../context.ts";
import { plan, type PlanContext } from "./plan.ts";
import { daySpaceHas } from "./space-day.ts";
import { endVerification, verify, type VerifyContext } from "./verify.ts";
import { HOUR_MS } from "../../time/durations.ts";

type FailContext = FinishedContext & VerifyContext;
type StepContext = AssembleContext & FinishContext & PlanContext & VerifyContext;

const STEPS: Record<Message["step"], (context: StepContext, message: Message) => Promise<void>> = {
  plan,
  chunk: writeChunk,
  assemble,
  finish,
  verify: (context, message) => verify(context, message),
};

/** A failed export's files are deleted this long after its last possible retry, which still finds them. */
const GRACE_MS = HOUR_MS;

export type Verdict = "ack" | { retryInSeconds: number };

/**
 * Runs the step of one message. Never throws: a failed message must not redeliver its neighbours in the batch.
 * @param attempt how often the queue delivered this message, from 1.
 */
export async function runStep(context: StepContext, message: Message, attempt: number): Promise<Verdict> {
  const { space_id: spaceId, export_id: exportId, step, n } = message;
  const startedAt = context.runtime.now();
  const about = { ...message, attempt };
  try {
    await STEPS[step](context, message);
    log("step", { ...about, ms: context.runtime.now() - startedAt });
    return "ack";
  } catch (thrown) {
    const error = asSpillwayError(thrown);
    logFailure("step.failed", thrown, { ...about, code: error.code, ms: context.runtime.now() - startedAt });
    const now = context.runtime.now();
    try {
      if (!error.retryable || attempt >= MAX_ATTEMPTS) {
        await fail(context, message, error);
        return "ack";
      }
      const delay = backoffSeconds(attempt, context.runtime.random());
      // The export is completed, and stays so.
      if (step === "verify") return { retryInSeconds: delay };
      const nextRetryAt = now + delay * 1000;
      const { resendAfterMs } = context.config;
      const failed = { step, n, attempt, generation: message.generation, now, nextRetryAt, resendAfterMs };
      const again = await recordRetry(
        context.databases.control,
        { space_id: spaceId, id: exportId },
        exportError(error),
        failed,
      );
      return again ? { retryInSeconds: delay } : "ack";
    } catch (second) {
      logFailure("step.retry_not_recorded", second, about);
      return { retryInSeconds: backoffSeconds(attempt, context.runtime.random()) };
    }
  }
}

/** The queue gave the message up after all its attempts: the export fails, or its verification ends. */
export async function handleDeadLetter(context: FailContext, message: Message): Promise<Verdict> {
  log("message.dead_lettered", { ...message });
  await fail(context, message, new SpillwayError("internal"));
  return "ack";
}

/** An error as the export's row stores it. */
function exportError(error: SpillwayError) {
  return { code: error.code, owner: error.owner, detail: detailOf(error), retryable: error.retryable };
}

async function fail(context: FailContext, message: Message, error: SpillwayError): Promise<void> {
  if (message.step === "verify") return endVerification(context, message, error);
  const { space_id: spaceId, export_id: exportId } = message;
  const now = context.runtime.now();
  const keptUntil = now + context.config.ttlMs.download;
  const day = await daySpaceHas(context, spaceId, now);
  const end = { now, day, generation: message.generation, keptUntil, cleanupAt: keptUntil + GRACE_MS };
  if (await failExport(context.databases.control, { space_id: spaceId, id: exportId }, exportError(error), end))
    await onFinished(context, spaceId, exportId);
}
