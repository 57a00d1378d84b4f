/** Creates an export: freezes the snapshot and the request, writes the row, and sends the message of its plan. */

import type { Statement } from "../../db/core/database.ts";
import { countPending, findExport, insertExport, type NewExport } from "../../db/exports/exports.ts";
import { answerKey } from "../../db/exports/idempotency.ts";
import { readSequence } from "../../db/core/sequences.ts";
import type { SpaceRow } from "../../db/tenants/spaces.ts";
import { type Fault, invalid, pointerToken, SpillwayError } from "../../errors.ts";
import type { Since, Source } from "../../datasets/dataset.ts";
import { datasetNamed } from "../../datasets/index.ts";
import { sha256Hex, utf8 } from "../../outbound/s3.ts";
import { isCutUrl } from "../../outbound/shown-url.ts";
import { urlFault } from "../../outbound/url-guard.ts";
import { freezeDestination, NO_ID } from "../delivery/destination.ts";
import { type Context, sourceOf } from "../../context.ts";
import { dayOf } from "../../time/days.ts";
import { isPlain } from "../output/encode/encoding.ts";
import { MAX_FILES } from "../output/file-count.ts";
import { resolveEncoding, unusedColumns } from "../output/encode/resolve.ts";
import type { ExportRequest } from "./request.ts";
import { claimKey, releaseReservation } from "./idempotency.ts";
import { dispatchPlan } from "../pipeline/dispatch.ts";
import { deriveResultShape } from "../pipeline/result-shape.ts";

const PENDING_RETRY_SECONDS = 10;
/** D1 accepts rows of up to 2,000,000 bytes, and an export is one row. */
const MAX_STORED_BYTES = 1_500_000;
const MAX_WARNINGS = 100;

/** What a request is checked and frozen with; and what its export is created with. */
export type FreezeContext = Pick<Context, "config" | "databases" | "runtime" | "sizes">;
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

/**
 * Checks a request and resolves everything in it that could change later, without creating anything.
 * @param exportId by default that of an export which is only estimated or checked.
 * @param had of a run of a schedule, what the earlier runs had; undefined: a call's, which leaves out what the export
 * that `since` names had.
 * @throws invalid_request naming the field.
 */
export async function freeze(
  context: FreezeContext,
  space: SpaceRow,
  request: ExportRequest,
  exportId = NO_ID,
  had?: Since | null,
) {
  const { callback_url: callback, since: sinceId } = request;
  const refusal = callback === undefined ? null : callbackFault(callback, context.config.allowInsecureTargets);
  if (refusal !== null) throw invalid({ pointer: "/callback_url", detail: refusal });
  const dataset = datasetNamed(request.dataset);
  if (dataset.tabular === undefined && request.layout === "files")
    throw invalid({ pointer: "/layout", detail: "layout must be single: the result is one JSON document." });
  const db = context.databases.space(space.id);
  const snapshotSeq = await readSequence(db, space.id);
  const now = context.runtime.now();
  const secret = context.runtime.uuid();
  const warnings: Fault[] = [];
  const warn = (warning: Fault) => {
    if (warnings.length < MAX_WARNINGS) warnings.push(warning);
  };
  const asking = {
    db,
    space,
    now,
    snapshotSeq,
    secret,
    increment: sinceId !== undefined,
    scheduled: had !== undefined,
    warn,
  };
  const query = await dataset.freeze(request, asking);
  const { tabular } = dataset;
  const asOf = { db, spaceId: space.id, seq: snapshotSeq };
  const columns = isPlain(request) || tabular === undefined ? null : await tabular.columns(query, asOf);
  const open = columns === null ? undefined : await tabular?.open?.(query, asOf);
  const encoding = resolveEncoding(request, { columns, open, fieldsParameter: tabular?.fieldsParameter }, warn);
  for (const warning of unusedColumns(request, columns ?? [])) warn(warning);
  const stored = JSON.stringify([request, query, encoding]);
  if (stored.length * 3 > MAX_STORED_BYTES && utf8(stored).length > MAX_STORED_BYTES)
    throw invalid({
      pointer: "/columns",
      detail: "The names of all columns are too long together. Name fewer columns.",
    });
  const named = async () =>
    sinceId === undefined ? null : await resolveSince(context, space.id, sinceId, dataset.name);
  const since = had === undefined ? await named() : had;
  const source = dataset.open(query, { db, spaceId: space.id, seq: snapshotSeq, since });
  const revealed = Object.keys(request.redact ?? {}).filter((path) => source.summarized?.names.includes(path));
  if (revealed.length > 0)
    throw invalid(
      ...revealed.map((path) => ({
        pointer: `/redact/${pointerToken(path)}`,
        detail: `The summary in the manifest contains ${path}. Leave it out of redact, or request no summary.`,
      })),
    );
  const eventNames = dataset.eventNames?.(request) ?? [];
  const { window, firstDay } = source;
  const facts = { dataset: request.dataset, exportId, start: window.start, firstDay, eventNames };
  const delivered = await freezeDestination(context, space, request.delivery, facts);
  const shape = deriveResultShape(request, source, context.sizes);
  if (shape.kind === "assembled" && request.format === "parquet") await assertFitsOneFile(source, request.file_rows);
  if (shape.kind !== "assembled" && !shape.rows_vary) await assertFewFiles(source, request.file_rows);
  return { query, snapshotSeq, now, encoding, source, shape, since, delivered, warnings };
}

function callbackFault(url: string, allowInsecure: boolean): string | null {
  if (isCutUrl(url)) return "This address is cut, as answers show it. Send the whole address.";
  return urlFault(url, allowInsecure);
}

/** Snapshot and window's end of the export that `since` names. @throws invalid_request if it has none to use. */
async function resolveSince(
  context: Pick<Context, "databases">,
  spaceId: string,
  exportId: string,
  dataset: string,
): Promise<Since> {
  const earlier = await findExport(context.databases.control, spaceId, exportId);
  const refuse = (detail: string) => invalid({ pointer: "/since", detail });
  if (earlier === null) throw refuse("since must be the id of an export of this space.");
  if (earlier.dataset !== dataset)
    throw refuse(`since must be an export of ${dataset}. This one is of ${earlier.dataset}.`);
  if (earlier.status !== "completed" && earlier.status !== "expired")
    throw refuse(`since must be a completed export. This one is ${earlier.status}.`);
  const { snapshot_seq: seq } = earlier;
  return { seq, steps: [{ until: sourceOf(context, earlier).window.end, seq }], lateFrom: null };
}

/** Without the steps that end before the source begins. */
const overlapping = (since: Since, { bounds }: Source): Since => ({
  ...since,
  steps: since.steps.filter(({ until }) => until > bounds.lower.time),
});

/** A create reads at most this many records to find out whether there are too many for their files. */
const MAX_COUNTED = 250_000;
/** Where few of the events that it scans are in the result, it gives up after this many. */
const MAX_SCANNED = 1_000_000;

/** A cut ends early where more records would be too large for a chunk: a create makes this many to count them. */
const MAX_CUTS = 20;

/** Where records are so large that the cuts do not suffice, the plan finds out. @throws invalid_request. */
async function assertFitsOneFile(source: Source, maxRows: number): Promise<void> {
  let [lower, left] = [source.bounds.lower, maxRows + 1];
  for (let cuts = 0; cuts < MAX_CUTS; cuts += 1) {
    const { records, next } = await source.cut(
      { ...source.bounds, lower },
      { records: left, bytes: Infinity, scanned: MAX_SCANNED / MAX_CUTS },
    );
    left -= records;
    if (left === 0)
      throw invalid({
        pointer: "/layout",
        detail: `There are more than ${maxRows} ${source.rowsVary === true ? "records" : "rows"}, the limit of one Parquet file. Request the layout files.`,
      });
    if (next === null) return;
    lower = next;
  }
}

/** Where more records would have to be read for it, the plan finds out. @throws invalid_request. */
async function assertFewFiles(source: Source, fileRows: number): Promise<void> {
  const most = fileRows * MAX_FILES;
  if (most > MAX_COUNTED) return;
  const max = { records: most, bytes: Infinity, scanned: MAX_SCANNED };
  const { records, next } = await source.cut(source.bounds, max);
  if (records === most && next !== null)
    throw invalid({
      pointer: "/file_rows",
      detail: `The result would have more than ${MAX_FILES} files: there are more than ${most} rows. Ask for more rows per file.`,
    });
}
