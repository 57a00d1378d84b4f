/**
 * What reading a file back means: the verdict that a customer reads, with what was found and who must act; or that the
 * store has to be asked again, because it did not answer, or not to the end.
 */

import { asSpillwayError, type SpillwayError } from "../../errors.ts";
import { StoreAnswer, StoreRefusal } from "../../outbound/s3-errors.ts";
import type { PartlyRead, ReadBack, Written } from "../output/read-back.ts";

export type Verdict =
  | { status: "ok" }
  | { status: "missing" | "changed"; detail: string }
  /** `everywhere`: the reason is not the file's, so that the other files cannot be read either. */
  | { status: "unreadable"; detail: string; everywhere: boolean }
  /** Nothing is known yet. */
  | { status: "again"; detail: string }
  | { status: "stopped"; partly: PartlyRead };

/** @param customers the bucket is a customer's, so that the customer must act. */
export function verdictOf(read: ReadBack, written: Written, customers: boolean): Verdict {
  switch (read.is) {
    case "same":
      return { status: "ok" };
    case "missing":
      return { status: "missing", detail: `No object is at this key any more. ${customers ? RESTORE : REPORT}` };
    case "different": {
      const { bytes, sha256 } = read;
      const expected = `${written.bytes} bytes with the SHA-256 ${written.sha256}`;
      const found = sha256 === null ? `${bytes === written.bytes ? "more" : bytes} bytes` : `the SHA-256 ${sha256}`;
      const detail = `Another object is at this key: ${found} instead of ${expected}. ${customers ? RESTORE : REPORT}`;
      return { status: "changed", detail };
    }
    case "encoded":
      return { status: "unreadable", detail: encoded(read.coding), everywhere: false };
    case "replaced while it was read":
      return { status: "again", detail: `The object was replaced while it was read. ${VERIFY_AGAIN}` };
    case "cut":
      return { status: "again", detail: `The store did not send the object to its end. ${VERIFY_AGAIN}` };
    case "stopped":
      return { status: "stopped", partly: read.partly };
  }
}

/** A store that cannot be read. @throws what is no fault of a store. */
export function verdictOfRefusal(thrown: unknown, customers: boolean): Verdict {
  const error = asSpillwayError(thrown);
  if (error.code === "internal" || error.code === "budget_exceeded" || error.code === "unavailable") throw thrown;
  if (PASSING.has(error.code) && error.retryable)
    return { status: "again", detail: customers ? `${error.message} ${VERIFY_AGAIN}` : OWN_STORE };
  if (error instanceof StoreRefusal && error.lacksPermission)
    return { status: "unreadable", detail: `${answerOf(error)} ${PERMISSIONS}`, everywhere: false };
  if (error.cause instanceof StoreAnswer && ARCHIVED.has(error.cause.s3Code))
    return { status: "unreadable", detail: `${answerOf(error)} ${RESTORE_ARCHIVED}`, everywhere: false };
  // Another refusal of the bucket is of credentials, if a correction of these could change it.
  const everywhere = EVERYWHERE.has(error.code) || (error.code === "bucket_denied" && error.retryable);
  return { status: "unreadable", detail: error.message, everywhere };
}

/** Codes of stores that may answer later. */
const PASSING = new Set(["destination_unavailable", "clock_skew"]);
const EVERYWHERE = new Set(["role_denied", "external_id_refused", "bucket_not_found", "wrong_region"]);
const ARCHIVED = new Set(["InvalidObjectState", "ObjectNotInActiveTierError"]);

/** The store's status and code alone. */
const answerOf = (error: SpillwayError): string =>
  error.cause instanceof StoreAnswer ? `${error.cause.message.replace("S3 answered", "The store answered")}.` : "";

const RESTORE = "Restore it from a version or a copy, or ask for a new export.";
const REPORT = "The service must act: report the export's id. A new export has the same rows while they are kept.";
const VERIFY_AGAIN = "Verify again later.";
const OWN_STORE = `The service's own bucket did not answer. ${VERIFY_AGAIN}`;
const RESTORE_ARCHIVED = "The object is archived: restore it in the store, then verify again.";
const PERMISSIONS =
  "Allow s3:GetObject under the directory path, and s3:ListBucket on the bucket, without which a store gives this answer for a missing object too. Then verify again.";
const encoded = (coding: string) =>
  `The object has the Content-Encoding ${/^[a-z0-9, -]{1,40}$/i.test(coding) ? coding : "of another writer"}, so its stored bytes cannot be compared: remove that, then verify again.`;
