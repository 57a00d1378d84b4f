/**
 * THE table of error codes that stores of the S3 family send: what each becomes in errors.ts, and what to do. The codes
 * are those of AWS S3, Cloudflare R2, Google Cloud Storage (XML API) and Ceph's gateway, by their documentation. A Map,
 * because a store may send any text as its code.
 */

import type { ErrorCode } from "../errors.ts";

export interface StoreCode {
  code: ErrorCode;
  /** What to do, as the end of the sentence "The store answered 403 <code>: …". */
  advice: string;
  /** The store refuses who signed or what it may do, and not the request: a permission could change the answer. */
  permission?: boolean;
  /** Replaces the table's of errors.ts. */
  retryable?: boolean;
}

const PERMISSIONS = "allow s3:PutObject, s3:GetObject and s3:AbortMultipartUpload under the directory path.";
const AGAIN = "it passes when the store is available again.";
const SETTINGS = "check the destination's settings, and ask for a new export.";

const CREDENTIALS: StoreCode = {
  code: "bucket_denied",
  advice: "the credentials are not valid: give the destination an access key of this store that is active.",
};
const UNKNOWN_KEY: StoreCode = {
  code: "bucket_denied",
  advice: "it does not know the access key id: give the destination an access key of this store.",
};
const WRONG_SECRET: StoreCode = {
  code: "bucket_denied",
  advice: "the secret access key does not belong to its access key id: correct the destination's secret_access_key.",
};
const EXPIRED: StoreCode = {
  code: "bucket_denied",
  advice: "the credentials have expired: give the destination an access key that is valid.",
};
const ACCOUNT: StoreCode = {
  code: "bucket_denied",
  advice: "the account that owns the key or the bucket is blocked: ask the store's operator.",
};
const DENIED: StoreCode = { code: "bucket_denied", advice: PERMISSIONS, permission: true };
const CLOCK: StoreCode = { code: "clock_skew", advice: "the clocks of the store and of the service differ too much." };
const REGION: StoreCode = { code: "wrong_region", advice: "correct the region, and ask for a new export." };
const KEY: StoreCode = {
  code: "kms_denied",
  advice: "allow kms:GenerateDataKey and kms:Decrypt on the KMS key, and check that it exists and is enabled.",
};
const FULL: StoreCode = {
  code: "destination_unavailable",
  advice: "the store accepts no more data: make room, or raise its quota.",
};
const BUSY: StoreCode = { code: "destination_unavailable", advice: AGAIN };
const ARCHIVED: StoreCode = {
  code: "bucket_denied",
  advice: "the object there is archived and cannot be compared: choose another directory path.",
  retryable: false,
};
/** A fault of the request itself: the store would reject the same request again. */
const INVALID: StoreCode = {
  code: "bucket_denied",
  advice: `it rejected the request as invalid: ${SETTINGS}`,
  retryable: false,
};
/** No answer of a store of this family: perhaps another server is at the address. */
const UNEXPECTED: StoreCode = {
  code: "destination_unavailable",
  advice: "it does not accept the call: check the destination's endpoint and settings.",
};
/** Whoever signed, the store would not do this. */
const LOCKED: StoreCode = {
  code: "bucket_denied",
  advice: "the bucket's own rules forbid it: correct the bucket, or choose another one.",
};

const GROUPS: readonly (readonly [StoreCode, readonly string[]])[] = [
  [UNKNOWN_KEY, ["InvalidAccessKeyId", "InvalidClientTokenId", "NoSuchAccessKey", "NoSuchUser"]],
  [WRONG_SECRET, ["SignatureDoesNotMatch", "InvalidSignature"]],
  [EXPIRED, ["ExpiredToken", "TokenRefreshRequired", "ExpiredTokenException"]],
  [
    CREDENTIALS,
    [
      "AuthenticationRequired",
      "CredentialsNotSupported",
      "InvalidSecurity",
      "InvalidToken",
      "MissingSecurityElement",
      "MissingSecurityHeader",
      "Unauthorized",
      "UnauthorizedAccess",
      "UnrecognizedClientException",
    ],
  ],
  [
    ACCOUNT,
    [
      "AccountProblem",
      "AllAccessDisabled",
      "BillingDisabled",
      "NotEntitled",
      "NotSignedUp",
      "UserProjectAccountProblem",
      "UserSuspended",
    ],
  ],
  [DENIED, ["AccessDenied", "AccessForbidden", "UserProjectAccessDenied"]],
  [
    LOCKED,
    [
      "InvalidBucketState",
      "InvalidPayer",
      "ObjectLocked",
      "ObjectLockedByBucketPolicy",
      "ObjectUnderActiveHold",
      "OrgPolicyConstraintFailed",
      "RetentionPolicyNotMet",
      "UserProjectInvalid",
      "UserProjectMissing",
    ],
  ],
  [
    {
      code: "bucket_not_found",
      advice: "the bucket does not exist: create it, or ask for a new export with the right name.",
    },
    ["NoSuchBucket"],
  ],
  [CLOCK, ["ExpiredRequest", "RequestExpired", "RequestTimeTooSkewed"]],
  [REGION, ["IllegalLocationConstraintException", "PermanentRedirect", "TemporaryRedirect"]],
  [
    KEY,
    [
      "CloudKmsBadKey",
      "CloudKmsCannotChangeKeyName",
      "CloudKmsDecryptionKeyNotFound",
      "CloudKmsDisabledKey",
      "CloudKmsEncryptionKeyNotFound",
      "CloudKmsKeyLocationNotAllowed",
    ],
  ],
  [FULL, ["InsufficientCapacity", "QuotaExceeded", "TooManyBuckets", "XMinioStorageFull"]],
  [ARCHIVED, ["InvalidObjectState", "ObjectNotInActiveTierError"]],
  [
    BUSY,
    [
      "BandwidthLimitExceeded",
      "ClientDisconnect",
      "ConditionalRequestConflict",
      "IncompleteBody",
      "InternalError",
      "OperationAborted",
      "RateLimitExceeded",
      "RequestTimeout",
      "ServiceUnavailable",
      "SlowDown",
      "Throttling",
      "TooManyRequests",
    ],
  ],
  [
    INVALID,
    [
      "AuthorizationHeaderMalformed",
      "AuthorizationQueryParametersError",
      "EntityTooLarge",
      "InvalidArgument",
      "InvalidBucketName",
      "InvalidEncryptionAlgorithmError",
      "InvalidRegionName",
      "InvalidRequest",
      "InvalidStorageClass",
      "InvalidURI",
      "KeyTooLong",
      "KeyTooLongError",
      "MetadataTooLarge",
      "MethodNotAllowed",
      "MissingContentLength",
      "NotImplemented",
      "NotSupported",
    ],
  ],
];

const CODES: ReadonlyMap<string, StoreCode> = new Map(
  GROUPS.flatMap(([meaning, codes]) => codes.map((code) => [code, meaning] as const)),
);

/** What a store's code means; undefined for one that the table does not have. AWS's codes of keys begin with `KMS.`. */
export const storeCode = (code: string): StoreCode | undefined => (code.startsWith("KMS.") ? KEY : CODES.get(code));

/** What a refusal means whose code is unknown, by its status. */
export function storeStatus(status: number): StoreCode {
  if (status === 401) return CREDENTIALS;
  if (status === 403) return DENIED;
  if (status === 405 || status === 501) return INVALID;
  return status >= 400 && status < 500 && !PASSING.has(status) ? UNEXPECTED : BUSY;
}

/** Client errors that pass by themselves: timeout, conflict, precondition, too early, too many calls. */
const PASSING = new Set([408, 409, 412, 425, 429]);

/** The codes of the table. */
export const STORE_CODES: readonly string[] = [...CODES.keys()];
