/**
 * One call to an S3 store: signed with Signature Version 4 through aws4fetch, sent once, its refusals translated to the
 * codes of errors.ts. Nothing is retried here: the queue's retry is the only loop.
 */

import { AwsV4Signer } from "aws4fetch";
import { type ErrorCode, ERRORS, SpillwayError } from "../errors.ts";
import { readStartText, readWholeText } from "./bodies.ts";
import { classifyRefusal, StoreAnswer, StoreRefusal } from "./s3-errors.ts";

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/**
 * Whether a store honours `If-None-Match: *`. `look`: unknown, and a store that ignores the condition cannot be
 * recognized, so the object is read first.
 */
export type ConditionSupport = "yes" | "look" | "no";

/** A bucket's address, credentials and abilities. */
export interface Store {
  /** The bucket's, without a trailing slash. */
  url: string;
  region: string;
  /** Called before each request: temporary credentials are renewed in time. */
  credentials: () => Promise<Credentials>;
  /** Called when the store refuses the credentials: cached ones must be dropped. */
  refused?: () => void;
  /** Checks the address right before each request. @throws SpillwayError for an address that must not be called. */
  admit?: () => Promise<void>;
  /** Who must correct the clock when the store rejects the time of a signature. */
  clock?: "customer" | "service";
  /** Sent with every write. */
  headers: Readonly<Record<string, string>>;
  conditionalPut: ConditionSupport;
  conditionalComplete: ConditionSupport | "overwrites";
}

export interface S3Request {
  body?: Uint8Array<ArrayBuffer>;
  sha256?: string;
  headers?: Record<string, string>;
  accept?: readonly number[];
  /** Aborts the request; by default after ANSWER_WITHIN_MS, which covers the answer's body. */
  signal?: AbortSignal;
}

/** Shorter than the default lease: a step that waits for an answer keeps its lease. */
export const ANSWER_WITHIN_MS = 25_000;
/** The store assembles a large object before it answers; the step renews its lease meanwhile. */
export const COMPLETED_WITHIN_MS = 300_000;
/** A list of a thousand keys of 1,024 bytes, each of whose bytes may be written as an entity. */
const MAX_ANSWER_BYTES = 4 * 1_048_576;
const MAX_REFUSAL_BYTES = 65_536;
/** Sent with a request, and confirmed in its answer. */
const ENCRYPTION = "x-amz-server-side-encryption";
const SAFE_KEY = /^[A-Za-z0-9/_=.-]{1,1024}$/;
const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

export class S3Caller {
  readonly store: Store;
  /** Signing keys, each valid for a day. */
  readonly #keys = new Map<string, ArrayBuffer>();
  readonly #now: () => number;
  readonly #fetch: typeof fetch;
  readonly #owner: "customer" | "service";

  constructor(store: Store, now: () => number, reach: typeof fetch, owner: "customer" | "service") {
    this.store = store;
    this.#now = now;
    this.#fetch = reach;
    this.#owner = owner;
  }

  /** @param key null for the bucket itself. @throws SpillwayError for a status that is neither 2xx nor in `accept`. */
  async send(method: string, key: string | null, query: string, more: S3Request): Promise<Response> {
    const address = key === null ? this.store.url : this.urlOf(key);
    const url = query === "" ? address : `${address}?${query}`;
    await this.store.admit?.();
    const credentials = await this.store.credentials();
    // The signer's own Request would copy the body, so the signed headers are sent with the body itself.
    const signed = await new AwsV4Signer({
      ...this.#identity(credentials),
      method,
      url,
      headers: { ...more.headers, "x-amz-content-sha256": more.sha256 ?? EMPTY_SHA256 },
    }).sign();
    let response: Response;
    try {
      response = await this.#fetch(signed.url, {
        method,
        headers: signed.headers,
        ...(more.body === undefined ? {} : { body: more.body }),
        signal: more.signal ?? AbortSignal.timeout(ANSWER_WITHIN_MS),
        redirect: "manual",
      });
    } catch (thrown) {
      throw this.unavailable(thrown);
    }
    if (response.ok || more.accept?.includes(response.status) === true) return response;
    const text = await readStartText(response, MAX_REFUSAL_BYTES).catch(() => "");
    throw this.refusal(response, text, more.headers ?? {}, credentials.sessionToken !== undefined);
  }

  /** A presigned URL: everyone who has it can download the object for that many seconds. */
  async presign(key: string, seconds: number): Promise<string> {
    const url = `${this.urlOf(key)}?X-Amz-Expires=${seconds}`;
    const identity = this.#identity(await this.store.credentials());
    return (await new AwsV4Signer({ ...identity, method: "GET", url, signQuery: true }).sign()).url.href;
  }

  urlOf(key: string): string {
    if (!SAFE_KEY.test(key) || key.split("/").some((part) => part === "." || part === ".."))
      throw new Error("an object key has characters that are not allowed");
    return `${this.store.url}/${key}`;
  }

  #identity(credentials: Credentials) {
    const datetime = signatureTime(this.#now());
    return { ...credentials, region: this.store.region, service: "s3", datetime, cache: this.#keys };
  }

  /** Translates an answer that is an error. S3 may also send an error after a status of 200. */
  refusal(response: Response, text: string, sent: Record<string, string> = {}, inSession = false): SpillwayError {
    const kms = this.store.headers[ENCRYPTION] === "aws:kms";
    const asked = { kms, options: ENCRYPTION in sent || "x-amz-storage-class" in sent };
    const { code, detail, s3Code, retryable, lacksPermission } = classifyRefusal(response, text, asked);
    const ended = inSession && code !== "kms_denied" && ENDED.has(s3Code);
    if (ended || code === "bucket_denied") this.store.refused?.();
    const cause = new StoreAnswer(response.status, s3Code);
    if (ended) {
      const why = `The store answered ${response.status} ${s3Code}: ${SESSION_ENDED}`;
      return new SpillwayError("destination_unavailable", why, { cause, owner: "service" });
    }
    if (this.#owner === "service") return this.error(code, cause);
    const owner = (code === "clock_skew" ? this.store.clock : undefined) ?? "customer";
    const more = retryable === undefined ? { cause, owner } : { cause, owner, retryable };
    return new StoreRefusal(code, detail, { ...more, lacksPermission });
  }

  /** A refusal of the service's own bucket becomes destination_unavailable: the customer cannot act on it. */
  error(code: ErrorCode, log: string | Error, detail?: string, more: { retryable?: boolean } = {}): SpillwayError {
    const cause = typeof log === "string" ? new Error(log) : log;
    const theirClock = code === "clock_skew" ? this.store.clock : undefined;
    if (this.#owner === "customer")
      return new SpillwayError(code, detail, { ...more, cause, owner: theirClock ?? "customer" });
    const theirs = ERRORS[code].owner === "customer" && code !== "destination_conflict";
    return new SpillwayError(theirs ? "destination_unavailable" : code, undefined, { cause, owner: "service" });
  }

  /** A store that does not confirm the encryption may have ignored it. @throws kms_denied, not retryable. */
  requireEncryption(answer: Response): void {
    if (this.confirmsEncryption(answer)) return;
    throw this.error("kms_denied", "the encryption is not confirmed", NOT_CONFIRMED, { retryable: false });
  }

  /** Whether the answer confirms the requested encryption, if there is one. */
  confirmsEncryption(answer: Response): boolean {
    const asked = this.store.headers[ENCRYPTION];
    return asked === undefined || answer.headers.get(ENCRYPTION) === asked;
  }

  /** The connection failed, or the answer was incomplete. */
  unavailable(thrown: unknown): SpillwayError {
    return new SpillwayError("destination_unavailable", undefined, { cause: thrown, owner: this.#owner });
  }

  async text(response: Response): Promise<string> {
    return readWholeText(response, MAX_ANSWER_BYTES).catch((thrown: unknown) => {
      throw this.unavailable(thrown);
    });
  }

  /** @throws destination_unavailable for null, an answer that was not what S3 specifies. */
  parsed<Value>(answer: Value | null): Value {
    if (answer === null) throw this.unavailable(new Error("the store's answer could not be parsed"));
    return answer;
  }
}

/** The S3 error codes of stores for expired temporary credentials. */
const ENDED = new Set(["ExpiredToken", "InvalidToken", "InvalidAccessKeyId", "TokenRefreshRequired"]);
const SESSION_ENDED = "the role's session has expired; a retry assumes the role again.";
const NOT_CONFIRMED =
  "The store does not confirm the destination's encryption: choose one that the store supports, or none.";

/** An unread body would keep its connection open. */
export async function drain(response: Response): Promise<void> {
  await response.body?.cancel();
}

/** `yyyymmddThhmmssZ`, as Signature Version 4 specifies. @param now epoch ms. */
export const signatureTime = (now: number): string => new Date(now).toISOString().replaceAll(/[:-]|\.\d{3}/g, "");
