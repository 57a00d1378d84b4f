/**
 * The error table: code → HTTP status, public text, who must act, and whether a retry can help. HTTP answers, the
 * OpenAPI document, the export row and the queue's verdict all read it. No other place defines an error.
 */

interface ErrorRow {
  status: number;
  title: string;
  owner: "customer" | "service";
  retryable: boolean;
}

export const ERRORS = {
  malformed_request: { status: 400, title: "The request cannot be read.", owner: "customer", retryable: false },
  unauthenticated: { status: 401, title: "No valid API key was sent.", owner: "customer", retryable: false },
  forbidden: { status: 403, title: "This key lacks the scope for this call.", owner: "customer", retryable: false },
  space_inactive: { status: 403, title: "The space's subscription is inactive.", owner: "customer", retryable: false },
  not_found: {
    status: 404,
    title: "Nothing exists at this address or with this id.",
    owner: "customer",
    retryable: false,
  },
  method_not_allowed: {
    status: 405,
    title: "This address does not accept this method.",
    owner: "customer",
    retryable: false,
  },
  conflict: {
    status: 409,
    title: "The request conflicts with the current state.",
    owner: "customer",
    retryable: false,
  },
  gone: { status: 410, title: "The result has expired or was removed.", owner: "customer", retryable: false },
  payload_too_large: { status: 413, title: "The body is too large.", owner: "customer", retryable: false },
  unsupported_media_type: {
    status: 415,
    title: "The body's media type is not accepted here.",
    owner: "customer",
    retryable: false,
  },
  invalid_request: { status: 422, title: "The request is not valid.", owner: "customer", retryable: false },
  idempotency_mismatch: {
    status: 422,
    title: "The idempotency key was used with another request.",
    owner: "customer",
    retryable: false,
  },
  segment_too_complex: {
    status: 422,
    title: "The segment's rule exceeds a limit of complexity.",
    owner: "customer",
    retryable: false,
  },
  rate_limited: { status: 429, title: "Too many requests.", owner: "customer", retryable: true },
  too_many_pending_exports: {
    status: 429,
    title: "Too many exports of this space are queued or processing.",
    owner: "customer",
    retryable: true,
  },
  internal: {
    status: 500,
    title: "The service failed. Send the request again; if that fails too, report the request id.",
    owner: "service",
    retryable: true,
  },
  export_failed: { status: 503, title: "The export failed.", owner: "service", retryable: true },
  unavailable: { status: 503, title: "The service is temporarily unavailable.", owner: "service", retryable: true },
  export_too_large: {
    status: 422,
    title:
      "The result is larger than an export may be. Request a shorter window, fewer events, or, in Parquet, fewer columns or rows per file.",
    owner: "customer",
    retryable: false,
  },
  incomplete_export: {
    status: 500,
    title: "The export was not completed, because the written rows do not add up to the counted rows.",
    owner: "service",
    retryable: true,
  },
  destination_conflict: {
    status: 409,
    title: "An object already exists at this key; it was not overwritten.",
    owner: "customer",
    retryable: false,
  },
  bucket_not_found: {
    status: 422,
    title: "The bucket does not exist. Create it, or create a new export with the right name.",
    owner: "customer",
    retryable: false,
  },
  wrong_region: {
    status: 422,
    title: "The bucket is in another region. Correct the region, and create a new export.",
    owner: "customer",
    retryable: false,
  },
  role_denied: {
    status: 422,
    title:
      "The role cannot be assumed. Its trust policy must allow sts:AssumeRole to this service's principal with the space's external id.",
    owner: "customer",
    retryable: true,
  },
  external_id_refused: {
    status: 422,
    title: "The role refuses the space's external id. Its trust policy must require the external id of the space.",
    owner: "customer",
    retryable: true,
  },
  bucket_denied: {
    status: 422,
    title:
      "The bucket refused the call. Allow s3:PutObject, s3:GetObject and s3:AbortMultipartUpload under the directory path.",
    owner: "customer",
    retryable: true,
  },
  kms_denied: {
    status: 422,
    title:
      "The KMS key refused the call. Allow kms:GenerateDataKey and kms:Decrypt on it, and check that it is enabled.",
    owner: "customer",
    retryable: true,
  },
  clock_skew: {
    status: 503,
    title: "The clocks of the object store and the service differ.",
    owner: "service",
    retryable: true,
  },
  destination_unavailable: {
    status: 503,
    title: "The object store did not accept the file. The upload is retried.",
    owner: "service",
    retryable: true,
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/**
 * One thing wrong with a request. `pointer` is a JSON pointer into the body (RFC 6901), or `#query/<name>`, or
 * `#path/<name>`.
 */
export interface Fault {
  pointer: string;
  detail: string;
}

/** A name as a token of a JSON pointer (RFC 6901). */
export const pointerToken = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");

/** The JSON pointer to the value at a path. */
export const pointerTo = (path: readonly PropertyKey[]): string =>
  path.map((step) => `/${pointerToken(String(step))}`).join("");

/** The only error that clients see. `detail` is public text: no secrets, no driver messages. */
export class SpillwayError extends Error {
  readonly code: ErrorCode;
  readonly faults: readonly Fault[];
  readonly retryAfterSeconds: number | undefined;
  /** Who must act: the table's owner, unless the place that threw knows better. */
  readonly owner: "customer" | "service";
  /** Whether a retry can help. */
  readonly retryable: boolean;

  constructor(
    code: ErrorCode,
    detail: string = ERRORS[code].title,
    more: {
      faults?: readonly Fault[];
      retryAfterSeconds?: number;
      owner?: "customer" | "service";
      retryable?: boolean;
      cause?: unknown;
    } = {},
  ) {
    super(detail, { cause: more.cause });
    this.name = "SpillwayError";
    this.code = code;
    this.faults = more.faults ?? [];
    this.retryAfterSeconds = more.retryAfterSeconds;
    this.owner = more.owner ?? ERRORS[code].owner;
    this.retryable = more.retryable ?? ERRORS[code].retryable;
  }
}

/** @returns the error's detail, or null if it is only its code's title. */
export function detailOf(error: SpillwayError): string | null {
  return error.message === ERRORS[error.code].title ? null : error.message;
}

/** A 422 with its faults. Its detail is the first fault's; with several, the first detail and a count. */
export function invalid(...faults: readonly Fault[]): SpillwayError {
  const first = faults[0];
  const detail =
    first === undefined ? undefined : faults.length === 1 ? first.detail : `${first.detail} (${faults.length} errors)`;
  return new SpillwayError("invalid_request", detail, { faults });
}

/** Anything thrown, as a public error. An unknown failure becomes `internal`, without its message. */
export function asSpillwayError(thrown: unknown): SpillwayError {
  return thrown instanceof SpillwayError ? thrown : new SpillwayError("internal", undefined, { cause: thrown });
}

/** What is stored beside a code if the place that threw knew more than the table. */
interface Known {
  detail?: string | null | undefined;
  /** 0 or 1. */
  retryable?: number | null | undefined;
}

const retryableBy = ({ retryable }: Known) => (typeof retryable === "number" ? retryable === 1 : undefined);

/**
 * An export's error as clients and webhooks see it.
 * @param stored the stored code. @param owner @param known what was stored beside it, which overrides the table.
 */
export function publicError(stored: string | null, owner: ErrorRow["owner"] | null, known: Known = {}) {
  if (stored === null) return null;
  const code = (Object.hasOwn(ERRORS, stored) ? stored : "internal") as ErrorCode;
  const row = ERRORS[code];
  return {
    code,
    message: known.detail ?? row.title,
    owner: owner ?? row.owner,
    retryable: retryableBy(known) ?? row.retryable,
  };
}
