/** Creates an export: writes the row of a frozen request, and sends the message of its plan. */

import type { Statement } from "../../db/core/database.ts";
import { countPending, insertExport, type NewExport } from "../../db/exports/exports.ts";
import { answerKey } from "../../db/exports/idempotency.ts";
import type { SpaceRow } from "../../db/tenants/spaces.ts";
import { SpillwayError } from "../../errors.ts";
import type { Since, Source } from "../../datasets/dataset.ts";
import { sha256Hex, utf8 } from "../../outbound/s3.ts";
import type { Context } from "../../context.ts";
import { dayOf } from "../../time/days.ts";
import type { ExportRequest } from "./request.ts";
import { freeze, type FreezeContext } from "./freeze.ts";
import { claimKey, releaseReservation } from "./idempotency.ts";
import { dispatchPlan } from "../pipeline/dispatch.ts";

const PENDING_RETRY_SECONDS = 10;

type CreateContext = FreezeContext & Pick<Context, "send">;

/** A request and the space that it is for. */
export interface RequestOfSpace {
  space: SpaceRow;
  /** Checked by its dataset's schema, defaults filled in. */
  request: ExportRequest;
  /** The id of the call, for the logs. */
  requestId: string;
}

/** A run of a schedule, identified by the time that it is due. */
interface DueRun {
  scheduleId: string;
  dueAt: number;
  /** What the earlier runs had; null: nothing is left out. */
  had: Since | null;
}

/** The conditions of writing the export's row, and what is written in the same transaction. */
interface Terms {
  /** An idempotency key that is still reserved for it. */
  key: string | null;
  /** A run of a schedule that is still due. */
  run: DueRun | null;
  /** Statements of the same transaction. Each must itself check that the export was written. */
  also(row: NewExport): Statement[];
}

/** An export that a call creates. */
export interface CreateCall extends RequestOfSpace {
  idempotencyKey: string | null;
  /** The answer to the call, from the row as it is written: the same bytes when the call is repeated. */
  answer: (row: NewExport) => string;
}

/**
 * @returns the export's id and the answer; `replayed` when an earlier call with the same key created it.
 * @throws invalid_request naming the field; too_many_pending_exports; idempotency_mismatch; conflict.
 */
export async function createExport(
  context: CreateContext,
  call: CreateCall,
): Promise<{ id: string; answer: string; replayed: boolean }> {
  const { space, request, idempotencyKey: key } = call;
  const id = context.runtime.uuid();
  if (key === null) return { id, answer: await createAndAnswer(context, call, id), replayed: false };
  const earlier = await claimKey(context, space.id, key, await sha256Hex(utf8(JSON.stringify(request))), id);
  if (earlier !== null) return { id: (JSON.parse(earlier) as { id: string }).id, answer: earlier, replayed: true };
  try {
    return { id, answer: await createAndAnswer(context, call, id), replayed: false };
  } catch (thrown) {
    await releaseReservation(context, space.id, key, id);
    throw thrown;
  }
}

async function createAndAnswer(context: CreateContext, call: CreateCall, id: string): Promise<string> {
  const { space, idempotencyKey: key } = call;
  let answer = "";
  await insertAndDispatch(context, call, id, {
    key,
    run: null,
    also(row) {
      answer = call.answer(row);
      return key === null ? [] : [answerKey(space.id, key, id, answer)];
    },
  });
  return answer;
}

/**
 * Writes the export's row, with its snapshot, and sends the message of its plan.
 * @throws invalid_request naming the field; too_many_pending_exports; conflict where the terms are no longer met.
 */
export async function insertAndDispatch(
  context: CreateContext,
  call: RequestOfSpace,
  id: string,
  terms: Terms,
): Promise<void> {
  const { config, databases } = context;
  const { space, request, requestId } = call;
  // The snapshot comes first: it has every write that was answered before this call, and none that starts after the
  // answer.
  const frozen = await freeze(context, space, request, id, terms.run?.had);
  const { query, snapshotSeq, now, source, shape, since, encoding, delivered, warnings } = frozen;
  const row: NewExport = {
    id,
    space_id: space.id,
    dataset: request.dataset,
    request: JSON.stringify(request),
    query: JSON.stringify(query),
    result_shape: JSON.stringify(shape),
    file_rows: request.file_rows,
    snapshot_seq: snapshotSeq,
    reads_from: source.readsFrom,
    encoding: encoding === null ? null : JSON.stringify(encoding),
    destination: delivered === null ? null : JSON.stringify(delivered.destination),
    destination_id: delivered?.destinationId ?? null,
    callback_url: request.callback_url ?? null,
    request_id: requestId,
    schedule_id: terms.run?.scheduleId ?? null,
    created_at: now,
    wake_at: now + config.resendAfterMs,
    since: since === null ? null : JSON.stringify(overlapping(since, source)),
    warnings: JSON.stringify(warnings),
  };
  const conditions = {
    pendingLimit: config.pendingLimit,
    key: terms.key,
    dueAt: terms.run?.dueAt ?? null,
    day: dayOf(now, space.timezone),
  };
  if (!(await insertExport(databases.control, row, conditions, terms.also(row))))
    throw await rejectionReason(context, space.id);
  await dispatchPlan(context, { space_id: space.id, export_id: id, request_id: requestId, generation: 0 });
}

async function rejectionReason(context: FreezeContext, spaceId: string): Promise<SpillwayError> {
  const pending = await countPending(context.databases.control, spaceId);
  if (pending >= context.config.pendingLimit) return tooManyPending();
  return new SpillwayError("conflict", "The space was changed while the export was created. Repeat the call.");
}

export function tooManyPending(): SpillwayError {
  return new SpillwayError("too_many_pending_exports", undefined, { retryAfterSeconds: PENDING_RETRY_SECONDS });
}

/** Without the steps that end before the source begins. */
const overlapping = (since: Since, { bounds }: Source): Since => ({
  ...since,
  steps: since.steps.filter(({ until }) => until > bounds.lower.time),
});
