/**
 * THE error table: code → HTTP status, public text, who must act, and whether a retry can help. HTTP, the OpenAPI
 * document, the export row and webhooks all read it, and no other file defines a code.
 */

/** Who must act on an error. */
export type Owner = "customer" | "service";

interface ErrorRow {
  status: number;
  /** A whole sentence: what is wrong, and what to do. */
  title: string;
  owner: Owner;
  /** Whether the same request may succeed later. */
  retryable: boolean;
}

/** The customer must act. @param retryable without a new request, for example by a correction of the role's policy. */
function customer(status: number, title: string, retryable = false): ErrorRow {
  return { status, title, owner: "customer", retryable };
}

/** The service must act, or its queue retries by itself. */
const service = (status: number, title: string): ErrorRow => ({ status, title, owner: "service", retryable: true });

export const ERRORS = {
  malformed_request: customer(400, "The request cannot be parsed: send a body of valid JSON in UTF-8."),
  unauthenticated: customer(
    401,
    "The request has no valid API key or portal session: send a key as `Authorization: Bearer`, or open a new link.",
  ),
  forbidden: customer(403, "The key or the portal session may not make this call: use one that has the scope."),
  space_inactive: customer(403, "The space's subscription is inactive: reactivate it to use the API."),
  not_found: customer(404, "No resource exists at this path: check the id, and that it is one of your space."),
  method_not_allowed: customer(405, "This path does not support the method: see the `Allow` header."),
  conflict: customer(409, "The request conflicts with the resource's current state: read the resource, then decide."),
  gone: customer(410, "The export's result or the link was used, was deleted or has expired: ask for a new one."),
  precondition_failed: customer(412, "The content is not the version that `If-Match` names: get it as a whole."),
  payload_too_large: customer(413, "The request body is too large: send a smaller one."),
  unsupported_media_type: customer(415, "The body's media type is not supported: send `application/json`."),
  range_not_satisfiable: customer(416, "The range begins after the content's end: `Content-Range` has its length."),
  invalid_request: customer(422, "The request is not valid: correct the fields that `errors` lists."),
  idempotency_mismatch: customer(
    422,
    "The idempotency key was used for another request: send a new key, or the same request as before.",
  ),
  segment_too_complex: customer(422, "The segment's rule has too many conditions: simplify it."),
  rate_limited: customer(429, "The space has sent too many requests: wait for the seconds in `Retry-After`.", true),
  too_many_pending_exports: customer(
    429,
    "The space has too many exports that are queued or processing: wait until one is finished, or cancel one.",
    true,
  ),
  internal: service(500, "The service failed unexpectedly: retry, and report the request id if it fails again."),
  budget_exceeded: service(
    500,
    "The work needs more than one invocation of the service may use: ask for less, or report the request id.",
  ),
  export_failed: service(503, "The export failed: its resource names the error."),
  unavailable: service(503, "The service is unavailable: retry after a few seconds."),
  export_too_large: customer(
    422,
    "The result is larger than an export may be. Ask for a shorter window, fewer events, or, in Parquet, fewer columns or rows per file.",
  ),
  incomplete_export: service(
    500,
    "The number of written rows differs from the number of counted rows, so the export was not completed: retry it.",
  ),
  destination_conflict: customer(
    409,
    "An object already exists at a key of this export; it was not overwritten. Move it, or change the destination's path.",
  ),
  bucket_not_found: customer(422, "The bucket does not exist: create it, or ask for a new export with the right name."),
  wrong_region: customer(422, "The bucket is in another region: correct the region, and ask for a new export."),
  role_denied: customer(
    422,
    "The role cannot be assumed: its trust policy must allow sts:AssumeRole to this service's principal with the space's external id.",
    true,
  ),
  external_id_refused: customer(
    422,
    "The role refuses the space's external id: its trust policy must require the external id that the space has.",
    true,
  ),
  bucket_denied: customer(
    422,
    "The bucket refused the call: allow s3:PutObject, s3:GetObject and s3:AbortMultipartUpload under the directory path.",
    true,
  ),
  kms_denied: customer(
    422,
    "The KMS key refused the call: allow kms:GenerateDataKey and kms:Decrypt on it, and check that it is enabled.",
    true,
  ),
  clock_skew: service(503, "The clocks of the object store and of the service differ too much: retry once they agree."),
  destination_unavailable: service(
    503,
    "The object store is not available, or did not accept the file: retry once it is available.",
  ),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** One fault of a request. `pointer`: a JSON pointer into the body (RFC 6901), `#query/<name>` or `#path/<name>`. */
export interface Fault {
  pointer: string;
  detail: string;
}

/** A name as a token of a JSON pointer (RFC 6901). */
export const pointerToken = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");

/** UTF-16 units. No value that this API knows has a longer pointer. */
export const MAX_POINTER = 2_000;

/** A path of names and indexes as a JSON pointer. Where that would be too long, it leads to a value further out. */
export function pointerTo(path: readonly PropertyKey[]): string {
  let pointer = "";
  for (const step of path) {
    const longer = `${pointer}/${pointerToken(String(step))}`;
    if (longer.length > MAX_POINTER) break;
    pointer = longer;
  }
  return pointer;
}

/** The only error that clients see. `detail` is public text: no secrets, no driver messages. */
export class SpillwayError extends Error {
  readonly code: ErrorCode;
  readonly faults: readonly Fault[];
  readonly retryAfterSeconds: number | undefined;
  /** The table's, unless the code that throws knows better. */
  readonly owner: Owner;
  /** The table's, unless the code that throws knows better. */
  readonly retryable: boolean;
  /** Headers of the answer that say what else the client can do. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ErrorCode,
    detail: string = ERRORS[code].title,
    more: {
      faults?: readonly Fault[];
      retryAfterSeconds?: number;
      owner?: Owner;
      retryable?: boolean;
      headers?: Readonly<Record<string, string>>;
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
    this.headers = more.headers ?? {};
  }
}

/** The error's own text; null when it has only its code's title. */
export function detailOf(error: SpillwayError): string | null {
  return error.message === ERRORS[error.code].title ? null : error.message;
}

/** The most faults that one answer lists. */
export const MAX_FAULTS = 100;

/** A 422 with its faults. Its detail is the first fault's, and with several faults their number. */
export function invalid(...faults: readonly Fault[]): SpillwayError {
  const first = faults[0];
  const detail =
    first === undefined ? undefined : faults.length === 1 ? first.detail : `${first.detail} (${faults.length} errors)`;
  return new SpillwayError("invalid_request", detail, { faults });
}

/** Anything thrown, as a public error: an unknown failure becomes `internal` without a detail. */
export function asSpillwayError(thrown: unknown): SpillwayError {
  return thrown instanceof SpillwayError ? thrown : new SpillwayError("internal", undefined, { cause: thrown });
}

/**
 * A stored error as the API and webhooks return it.
 * @param stored the code; null where there is no error. A code of an older version that is not in the table becomes
 * `internal`.
 * @param owner null: the table's.
 * @param known what differs from the table: 0 or 1 for `retryable`.
 */
export function publicError(
  stored: string | null,
  owner: Owner | null,
  known: { detail?: string | null | undefined; retryable?: number | null | undefined } = {},
) {
  if (stored === null) return null;
  const code = (Object.hasOwn(ERRORS, stored) ? stored : "internal") as ErrorCode;
  const row = ERRORS[code];
  return {
    code,
    message: known.detail ?? row.title,
    owner: owner ?? row.owner,
    retryable: typeof known.retryable === "number" ? known.retryable === 1 : row.retryable,
  };
}
