/** What a store's refusal means here: by its S3 error code, else by its status. A store's own words go to nobody. */

import type { ErrorCode } from "../errors.ts";
import { refusalIn } from "./s3-xml.ts";

const MEANS: Readonly<Record<string, ErrorCode>> = {
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

const OWN_SENTENCES: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: "The store does not know the access key: give the destination one that it knows.",
  SignatureDoesNotMatch: "The store refused the signature: the secret access key is not the one of its access key id.",
};

const REDIRECTED =
  "The store's address leads to another one, which is not followed: correct the endpoint or the region, and ask for a new export.";
const REFUSED_OPTIONS = new Set(["InvalidArgument", "InvalidStorageClass", "InvalidEncryptionAlgorithmError"]);
const OPTIONS =
  "The store refused the encryption or the storage class: correct them in the destination, and ask for a new export.";
const OWN_KEY =
  "The bucket encrypts with a KMS key by itself: use a destination with the encryption aws:kms and that key, and ask for a new export.";
/** What comes of the request itself: the same one will be refused again. */
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

/** A region as a store may name it. */
const REGION = /^[a-z0-9-]{2,40}$/;

export interface Meaning {
  code: ErrorCode;
  /** What the code's own title does not say. */
  detail?: string;
  /** Where the meaning's own answer does not fit. */
  retryable?: boolean;
  /** The store's own code, for the log; empty where it gives none. */
  s3Code: string;
}

/** @param asked what the request had in its fields: an encryption by KMS, any encryption or storage class. */
export function classifyRefusal(response: Response, text: string, asked: { kms: boolean; options: boolean }): Meaning {
  const { code: s3Code, message, region } = refusalIn(text);
  const right = response.headers.get("x-amz-bucket-region") ?? region;
  const redirected = response.status >= 300 && response.status < 400;
  const elsewhere = right !== "" && (redirected || s3Code === "AuthorizationHeaderMalformed");
  if (elsewhere || MEANS[s3Code] === "wrong_region") return { code: "wrong_region", ...inRegion(right), s3Code };
  if (redirected) return { code: "destination_unavailable", detail: REDIRECTED, s3Code, retryable: false };
  // AWS names the action that it misses, others the key that they did not find; some under a code of another meaning.
  if (s3Code.startsWith("KMS.") || (asked.kms && /\bkms\b/i.test(message))) return { code: "kms_denied", s3Code };
  if (/\bkms:/.test(message)) return { code: "kms_denied", detail: OWN_KEY, s3Code };
  if (asked.options && response.status === 400 && REFUSED_OPTIONS.has(s3Code))
    return { code: "bucket_denied", detail: OPTIONS, s3Code, retryable: false };
  if (PERMANENT.has(s3Code) || response.status === 405 || response.status === 501) {
    const detail = `The store refused the call for good (${response.status}): look at the destination's settings, and ask for a new export.`;
    return { code: "bucket_denied", detail, s3Code, retryable: false };
  }
  const denied = response.status === 401 || response.status === 403;
  const code = MEANS[s3Code] ?? (denied ? "bucket_denied" : "destination_unavailable");
  const detail = OWN_SENTENCES[s3Code];
  return { code, ...(detail !== undefined && { detail }), s3Code };
}

function inRegion(region: string): { detail?: string } {
  return REGION.test(region)
    ? { detail: `The bucket is in ${region}: correct the region, and ask for a new export.` }
    : {};
}
