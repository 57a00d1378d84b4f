/** A store's refusal → a code of errors.ts, by its S3 error code or its status. A store's own message is never shown. */

import type { ErrorCode } from "../errors.ts";
import { refusalIn } from "./s3-xml.ts";

const CODES: Readonly<Record<string, ErrorCode>> = {
  NoSuchBucket: "bucket_not_found",
  RequestTimeTooSkewed: "clock_skew",
  AccessDenied: "bucket_denied",
  AccountProblem: "bucket_denied",
  AllAccessDisabled: "bucket_denied",
  InvalidAccessKeyId: "bucket_denied",
  SignatureDoesNotMatch: "bucket_denied",
  PermanentRedirect: "wrong_region",
  IllegalLocationConstraintException: "wrong_region",
};

const DETAILS: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: "The store does not know the access key: give the destination an access key of this store.",
  SignatureDoesNotMatch: "The store refused the signature: the secret access key does not match its id.",
};

const REDIRECTED =
  "The store redirects to another address, which is not followed: correct the endpoint or the region, and ask for a new export.";
const REFUSED_OPTIONS = new Set(["InvalidArgument", "InvalidStorageClass", "InvalidEncryptionAlgorithmError"]);
const OPTIONS =
  "The store refused the encryption or the storage class: correct them in the destination, and ask for a new export.";
const OWN_KEY =
  "The bucket encrypts with a KMS key by default: use a destination with the encryption aws:kms and that key, and ask for a new export.";
/** Faults of the request itself: the store would reject the same request again. */
const PERMANENT = new Set([
  "InvalidBucketName",
  "InvalidRequest",
  "InvalidArgument",
  "InvalidURI",
  "KeyTooLongError",
  "MethodNotAllowed",
  "NotImplemented",
  "AuthorizationHeaderMalformed",
]);

/** The only names of regions that are repeated to a customer. */
const REGION = /^[a-z0-9-]{2,40}$/;

interface Refusal {
  code: ErrorCode;
  /** Replaces the code's title. */
  detail?: string | undefined;
  /** Replaces the table's. */
  retryable?: boolean;
  /** The store's own code, for the log; empty when the answer has none. */
  s3Code: string;
}

/** @param asked whether the request's headers had encryption by KMS, and any encryption or storage class (options). */
export function classifyRefusal(response: Response, text: string, asked: { kms: boolean; options: boolean }): Refusal {
  const { code: s3Code, message, region } = refusalIn(text);
  const right = response.headers.get("x-amz-bucket-region") ?? region;
  const redirected = response.status >= 300 && response.status < 400;
  const elsewhere = right !== "" && (redirected || s3Code === "AuthorizationHeaderMalformed");
  if (elsewhere || CODES[s3Code] === "wrong_region") {
    const detail = `The bucket is in ${right}: correct the region, and ask for a new export.`;
    return { code: "wrong_region", detail: REGION.test(right) ? detail : undefined, s3Code };
  }
  if (redirected) return { code: "destination_unavailable", detail: REDIRECTED, s3Code, retryable: false };
  // AWS's message names the denied action; other stores name the missing key, some under an unrelated code.
  if (s3Code.startsWith("KMS.") || (asked.kms && /\bkms\b/i.test(message))) return { code: "kms_denied", s3Code };
  if (/\bkms:/.test(message)) return { code: "kms_denied", detail: OWN_KEY, s3Code };
  if (asked.options && response.status === 400 && REFUSED_OPTIONS.has(s3Code))
    return { code: "bucket_denied", detail: OPTIONS, s3Code, retryable: false };
  if (PERMANENT.has(s3Code) || response.status === 405 || response.status === 501) {
    const detail = `The store rejected the request as invalid (${response.status}): check the destination's settings, and ask for a new export.`;
    return { code: "bucket_denied", detail, s3Code, retryable: false };
  }
  const denied = response.status === 401 || response.status === 403;
  const code = CODES[s3Code] ?? (denied ? "bucket_denied" : "destination_unavailable");
  return { code, detail: DETAILS[s3Code], s3Code };
}
