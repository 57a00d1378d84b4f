/** The states of an export and their messages, in Infobip's words. */

import type { ExportRow } from "../../../db/exports/exports.ts";
import { type ErrorCode, publicError } from "../../../errors.ts";
import { iso } from "../../../time/names.ts";

export const STATES = [
  "SUBMITTED",
  "IN_PROGRESS",
  "COMPLETED_SUCCESSFULLY",
  "FAILED_AWAITING_RETRY",
  "FAILED_AFTER_MAX_RETRIES",
  "CANCELLED_BY_CUSTOMER",
] as const;

type State = (typeof STATES)[number];

/** Errors of the customer's bucket and role, for which the API has one text. */
const OF_THE_BUCKET: ReadonlySet<ErrorCode> = new Set([
  "destination_conflict",
  "bucket_not_found",
  "wrong_region",
  "role_denied",
  "external_id_refused",
  "bucket_denied",
  "kms_denied",
  "clock_skew",
  "destination_unavailable",
]);

type Polled = Pick<
  ExportRow,
  | "status"
  | "next_retry_at"
  | "message"
  | "completed_at"
  | "error_code"
  | "error_owner"
  | "error_detail"
  | "error_retryable"
>;

export function stateOf({ status, next_retry_at: nextRetryAt }: Pick<Polled, "status" | "next_retry_at">): State {
  switch (status) {
    case "queued":
      return nextRetryAt === null ? "SUBMITTED" : "FAILED_AWAITING_RETRY";
    case "processing":
      return nextRetryAt === null ? "IN_PROGRESS" : "FAILED_AWAITING_RETRY";
    case "completed":
    case "expired":
      return "COMPLETED_SUCCESSFULLY";
    case "failed":
      return "FAILED_AFTER_MAX_RETRIES";
    case "canceled":
      return "CANCELLED_BY_CUSTOMER";
  }
}

/** @returns undefined where the state says everything. */
export function messageOf(row: Polled): string | undefined {
  const state = stateOf(row);
  if (state === "COMPLETED_SUCCESSFULLY") return row.message ?? undefined;
  // A canceled export ends with the call that cancels it.
  if (state === "CANCELLED_BY_CUSTOMER")
    return `Cancellation complete, cancellation request received at ${iso(row.completed_at ?? 0)}`;
  if (state === "SUBMITTED" || state === "IN_PROGRESS") return undefined;
  const error = publicError(row.error_code, row.error_owner, {
    detail: row.error_detail,
    retryable: row.error_retryable,
  });
  if (error === null) return undefined;
  return OF_THE_BUCKET.has(error.code) ? "Exception caught while trying to push file to S3." : error.message;
}
