/**
 * One call to an S3 store: signed with Signature Version 4 through aws4fetch, sent once, and what it refuses told in our own
 * codes. Nothing is retried here: the queue's retry is the only loop.
 */

import { AwsV4Signer } from "aws4fetch";
import { type ErrorCode, ERRORS, SpillwayError } from "../errors.ts";
import { classifyRefusal } from "./s3-errors.ts";

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/**
 * Does a store keep the condition that nothing is there (`If-None-Match: *`)? `look`: it may, but one that passes it over
 * cannot be told from one that keeps it, so the object is looked for first.
 */
export type ConditionSupport = "yes" | "look" | "no";

/** A bucket as it is called. */
export interface Store {
  /** Of the bucket, without a trailing slash. */
  url: string;
  region: string;
  /** Asked before each call: temporary ones are renewed in time. */
  credentials: () => Promise<Credentials>;
  /** They were refused: what was kept of them is of no use. */
  refused?: () => void;
  /** Looks whether the address may be called, right before it is. @throws SpillwayError. */
  admit?: () => Promise<void>;
  /** Whose the clock is that is wrong when they disagree. */
  clock?: "customer" | "service";
  /** What every object is written with. */
  headers: Readonly<Record<string, string>>;
  conditionalPut: ConditionSupport;
  conditionalComplete: ConditionSupport | "overwrites";
}

export interface S3Request {
  body?: Uint8Array<ArrayBuffer>;
  sha256?: string;
  headers?: Record<string, string>;
  accept?: readonly number[];
  /** Ends the call; by default when its answer, body and all, takes too long. */
  signal?: AbortSignal;
}

/** Shorter than a lease by default: a step that waits for an answer is not taken for dead. */
export const ANSWER_WITHIN_MS = 25_000;
/** A large object is put together before the answer comes; the lease is renewed meanwhile. */
export const COMPLETED_WITHIN_MS = 300_000;
/** An answer of a store that is not ours may be anything. */
const MAX_ANSWER_BYTES = 4 * 1_048_576;
/** Asked for in a request, confirmed in the answer. */
export const ENCRYPTION = "x-amz-server-side-encryption";
const SAFE_KEY = /^[A-Za-z0-9/_=.-]{1,1024}$/;
const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

export class S3Caller {
  readonly store: Store;
  /** Signing keys, which hold for a day. */
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

  /** @param key null for a call about the bucket itself. @throws SpillwayError for any answer but 2xx and what is accepted. */
  async send(method: string, key: string | null, query: string, more: S3Request): Promise<Response> {
    const address = key === null ? this.store.url : this.urlOf(key);
    const url = query === "" ? address : `${address}?${query}`;
    await this.store.admit?.();
    const credentials = await this.store.credentials();
    // Signed apart and sent with the bytes themselves: a Request would copy the body once more.
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
    const text = await textOf(response).catch(() => "");
    throw this.refusalOf(response, text, more.headers ?? {}, credentials.sessionToken !== undefined);
  }

  /** A URL that gives the object to whoever holds it, for that many seconds. */
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

  /** Who signs, for what, and when: `yyyymmddThhmmssZ`, as Signature Version 4 wants it. */
  #identity(credentials: Credentials) {
    const datetime = new Date(this.#now()).toISOString().replaceAll(/[:-]|\.\d{3}/g, "");
    return { ...credentials, region: this.store.region, service: "s3", datetime, cache: this.#keys };
  }

  /** What an answer means that is an error; S3 may tell of one after a 200 too. */
  refusalOf(response: Response, text: string, sent: Record<string, string> = {}, inSession = false): SpillwayError {
    const kms = this.store.headers[ENCRYPTION] === "aws:kms";
    const asked = { kms, options: ENCRYPTION in sent || "x-amz-storage-class" in sent };
    const { code, detail, s3Code, retryable } = classifyRefusal(response, text, asked);
    const said = `S3 answered ${response.status} ${s3Code}`;
    const ended = inSession && code !== "kms_denied" && ENDED.has(s3Code);
    if (ended || code === "bucket_denied") this.store.refused?.();
    if (!ended) return this.error(code, said, detail, retryable === undefined ? {} : { retryable });
    return new SpillwayError("destination_unavailable", SESSION_ENDED, { cause: new Error(said), owner: "service" });
  }

  /** What the service's own bucket refuses is the service's to mend: to the customer the store is not available. */
  error(meant: ErrorCode, log: string, detail?: string, more: { retryable?: boolean } = {}): SpillwayError {
    const cause = new Error(log);
    const theirClock = meant === "clock_skew" ? this.store.clock : undefined;
    if (this.#owner === "customer")
      return new SpillwayError(meant, detail, { ...more, cause, owner: theirClock ?? "customer" });
    const theirs = ERRORS[meant].owner === "customer" && meant !== "destination_conflict";
    return new SpillwayError(theirs ? "destination_unavailable" : meant, undefined, { cause, owner: "service" });
  }

  /** A store that does not confirm an encryption may have dropped it. @throws kms_denied, not to be retried. */
  mustConfirm(answer: Response): void {
    if (this.confirms(answer)) return;
    throw this.error("kms_denied", "the encryption is not confirmed", NOT_CONFIRMED, { retryable: false });
  }

  /** Does an answer tell of the encryption that was asked for, if any was? */
  confirms(answer: Response): boolean {
    const asked = this.store.headers[ENCRYPTION];
    return asked === undefined || answer.headers.get(ENCRYPTION) === asked;
  }

  /** The connection failed, or an answer was cut off. */
  unavailable(thrown: unknown): SpillwayError {
    return new SpillwayError("destination_unavailable", undefined, { cause: thrown, owner: this.#owner });
  }

  /** An answer's text. */
  async text(response: Response): Promise<string> {
    try {
      return await textOf(response);
    } catch (thrown) {
      throw this.unavailable(thrown);
    }
  }

  /** A store that answers something else than it should is not working. */
  understood<Value>(answer: Value | null): Value {
    if (answer === null) throw this.unavailable(new Error("the store's answer could not be read"));
    return answer;
  }
}

/** What stores say of temporary credentials that are over. */
const ENDED = new Set(["ExpiredToken", "InvalidToken", "InvalidAccessKeyId", "TokenRefreshRequired"]);
const SESSION_ENDED = "The session of the role has ended: the role is assumed anew.";
const NOT_CONFIRMED =
  "The store does not confirm the encryption that the destination asks for: choose one that it has, or none.";

async function textOf(response: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += piece.byteLength;
    if (bytes > MAX_ANSWER_BYTES) throw new Error("the store's answer is too long");
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

/** A body that nobody reads keeps its connection. */
export async function drain(response: Response): Promise<void> {
  await response.body?.cancel();
}
