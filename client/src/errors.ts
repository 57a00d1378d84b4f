/**
 * What a call throws: one class, `SpillwayError`, and one union of types that `code` tells apart. The codes of the
 * service's error table come with the status that the table has; the client adds those of its own below.
 */

import type { Export, Problem } from "./generated/types.gen.ts";

/** One wrong field of a request; `pointer` is a JSON pointer into the body, `#query/<name>` or `#path/<name>`. */
export interface Fault {
  readonly pointer: string;
  readonly detail: string;
}

interface Failure {
  code: string;
  /** HTTP status; 0 without a complete answer. */
  status: number;
  /** A sentence: what is wrong, and what to do. */
  detail: string;
  errors?: readonly Fault[];
  requestId?: string | null;
  retryAfterSeconds?: number | null;
  export?: Export;
  file?: string;
}

class FailedCall extends Error {
  override readonly name = "SpillwayError";
  readonly code: string;
  /** HTTP status; 0 without a complete answer. */
  readonly status: number;
  /** A sentence: what is wrong, and what to do. */
  readonly detail: string;
  /** The wrong fields of the request; empty where the service names none. */
  readonly errors: readonly Fault[];
  /** `X-Request-Id` of the answer: name it when you report a problem. */
  readonly requestId: string | null;
  /** `Retry-After` of the answer. */
  readonly retryAfterSeconds: number | null;

  constructor(message: string, failure: Failure, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.code = failure.code;
    this.status = failure.status;
    this.detail = failure.detail;
    this.errors = failure.errors ?? [];
    this.requestId = failure.requestId ?? null;
    this.retryAfterSeconds = failure.retryAfterSeconds ?? null;
    if (failure.export !== undefined) Object.assign(this, { export: failure.export });
    if (failure.file !== undefined) Object.assign(this, { file: failure.file });
  }
}

type Coded<Code, Status> = FailedCall & { readonly code: Code; readonly status: Status };

/** An error that the service answered: `code` and `status` of its error table. */
export type ProblemError<P = Problem> = P extends { code: infer Code; status: infer Status }
  ? Code extends string
    ? Coded<Code, Status>
    : never
  : never;

/** The export ended as failed, canceled or expired: `export.error` says why, and who must act. */
export type ExportFailed = Coded<"export_ended", number> & { readonly export: Export };

/** Waiting took longer than asked. The export goes on: wait again with its id. */
export type WaitTimedOut = Coded<"wait_timed_out", 0> & { readonly export: Export };

/** A downloaded file is not the one that the manifest describes. */
export type FileDamaged = Coded<"file_damaged", 0> & { readonly file: string };

/** An answer that is not the service's: a page of a proxy before it, say. `status` may be 200. */
export type UnexpectedAnswer = Coded<"unexpected_answer", number>;

/**
 * - `unreachable`: no service answers at this origin.
 * - `unreadable`: the answer ended too early, or is not an object of JSON.
 * - `webhook_rejected`: the request is not a webhook signed with this secret, or is too old.
 */
export type ClientFailure = Coded<"unreachable" | "unreadable" | "webhook_rejected", 0>;

/** Everything that the client throws, but a wrong argument of its own and the reason of an aborted signal. */
export type SpillwayError = ProblemError | ExportFailed | WaitTimedOut | FileDamaged | UnexpectedAnswer | ClientFailure;

/** `thrown instanceof SpillwayError`, then `switch (thrown.code)`. */
export const SpillwayError = FailedCall as unknown as (abstract new () => SpillwayError) & {
  readonly prototype: SpillwayError;
};

/** Makes an error. @param message what an uncaught error prints; `detail` where it is left out. */
export function failure(facts: Failure, { message = facts.detail, cause }: { message?: string; cause?: unknown } = {}) {
  return new FailedCall(message, facts, cause) as SpillwayError;
}

/** Makes an error of an answer that is not a success. @param body parsed JSON, or the text. */
export function problemOf(call: string, response: Response, body: unknown): SpillwayError {
  const headers = {
    requestId: response.headers.get("x-request-id"),
    retryAfterSeconds: wholeSeconds(response.headers.get("retry-after")),
  };
  const { status } = response;
  if (!isProblem(body)) {
    const detail = `${call} answered ${status}, and not as Spillway does: check the origin.`;
    return failure({ code: "unexpected_answer", status, detail, ...headers });
  }
  const { code, detail, errors = [] } = body;
  const [fault] = errors;
  const where = fault === undefined ? "" : ` ${fault.pointer}: ${fault.detail}`;
  return failure(
    { code, status, detail, errors, ...headers },
    { message: `${call} answered ${status}: ${detail}${where}` },
  );
}

function isProblem(body: unknown): body is { code: string; detail: string; errors?: Fault[] } {
  if (typeof body !== "object" || body === null || !("code" in body) || !("detail" in body)) return false;
  return typeof body.code === "string" && typeof body.detail === "string";
}

function wholeSeconds(header: string | null): number | null {
  return header !== null && /^\d+$/.test(header) ? Number(header) : null;
}
