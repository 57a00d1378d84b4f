/**
 * An S3 bucket, by the REST API, signed with Signature Version 4 through aws4fetch. Bodies are whole byte arrays, so that
 * each has a length and is signed with its own SHA-256. Nothing is retried here: the queue's retry is the only loop.
 *
 * Object keys stay in [A-Za-z0-9/_.-], so that no client and no store can disagree on how a path is encoded.
 */

import { AwsV4Signer } from "aws4fetch";
import { type ErrorCode, ERRORS, SpillwayError } from "../errors.ts";
import {
  CODES,
  codeIn,
  completionOf,
  isCompleted,
  keysIn,
  uploadIdIn,
  type UploadedPart,
  uploadsIn,
} from "./s3-xml.ts";

export interface BucketAddress {
  /** Origin and path before the bucket, without a trailing slash; path style. */
  endpoint: string;
  name: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** Shorter than a lease by default: a step that waits for an answer is not taken for dead. */
const ANSWER_WITHIN_MS = 25_000;
const SAFE_KEY = /^[A-Za-z0-9/_.-]+$/;

export class Bucket {
  readonly #address: BucketAddress;
  /** Signing keys, which hold for a day. */
  readonly #keys = new Map<string, ArrayBuffer>();
  readonly #now: () => number;
  readonly #fetch: typeof fetch;
  readonly #owner: "customer" | "service";

  /** @param owner whose bucket it is: what the service's own refuses is nothing that a customer can mend. */
  constructor(
    address: BucketAddress,
    now: () => number,
    reach: typeof fetch,
    owner: "customer" | "service" = "customer",
  ) {
    this.#address = address;
    this.#now = now;
    this.#fetch = reach;
    this.#owner = owner;
  }

  /**
   * PUTs an object that is not to be overwritten. The same bytes under the same key already: success.
   * @param sha256 of the body, in hex.
   * @throws destination_conflict when other bytes stand there.
   */
  async putOnce(key: string, body: Uint8Array<ArrayBuffer>, sha256: string, contentType: string): Promise<void> {
    const response = await this.#send("PUT", key, "", {
      body,
      sha256,
      headers: { "content-type": contentType, "if-none-match": "*" },
      accept: [412, 304],
    });
    await drain(response);
    // Some stores answer 304 instead of 412 when the object is there.
    if (response.ok) return;
    if ((await this.#sha256Of(key)) !== sha256) throw this.#refused("destination_conflict", "another object is there");
  }

  /**
   * The bytes [from, from + length) of an object, or all of it, as a stream that takes as long as its reader does. Null when
   * there is no such object.
   */
  async get(key: string, range?: { from: number; length: number }): Promise<Response | null> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new DOMException("no answer", "TimeoutError")), ANSWER_WITHIN_MS);
    try {
      return await this.#fetchObject(key, range, late.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  async #fetchObject(
    key: string,
    range: { from: number; length: number } | undefined,
    signal?: AbortSignal,
  ): Promise<Response | null> {
    const headers: Record<string, string> =
      range === undefined ? {} : { range: `bytes=${range.from}-${range.from + range.length - 1}` };
    const response = await this.#send("GET", key, "", { headers, accept: [404], ...(signal && { signal }) });
    if (response.status !== 404) return response;
    await drain(response);
    return null;
  }

  /** As `get`, read whole: at most a part of an object. */
  async read(key: string, range?: { from: number; length: number }): Promise<Uint8Array<ArrayBuffer> | null> {
    const response = await this.#fetchObject(key, range);
    return response === null ? null : new Uint8Array(await response.arrayBuffer().catch(unavailable));
  }

  /** An object that is not there is deleted already. */
  async delete(key: string): Promise<void> {
    await drain(await this.#send("DELETE", key, "", { accept: [404] }));
  }

  /** Keys of objects that begin with `prefix`, the first thousand at most. */
  async list(prefix: string): Promise<string[]> {
    const response = await this.#send("GET", null, `list-type=2&prefix=${encodeURIComponent(prefix)}`, {});
    return understood(keysIn(await textOf(response)));
  }

  /** Multipart uploads under way to keys that begin with `prefix`. A store that cannot tell has none. */
  async listUploads(prefix: string): Promise<{ key: string; uploadId: string }[]> {
    const query = `prefix=${encodeURIComponent(prefix)}&uploads=`;
    const response = await this.#send("GET", null, query, { accept: [501] });
    const text = await textOf(response);
    if (response.status === 501) return [];
    return understood(uploadsIn(text));
  }

  /** @returns the id of a new multipart upload. */
  async createUpload(key: string, contentType: string): Promise<string> {
    const response = await this.#send("POST", key, "uploads=", { headers: { "content-type": contentType } });
    return understood(uploadIdIn(await textOf(response)));
  }

  /** @param number from 1. All parts but the last are of one size, at least 5 MiB. */
  async uploadPart(
    key: string,
    uploadId: string,
    number: number,
    body: Uint8Array<ArrayBuffer>,
    sha256: string,
  ): Promise<UploadedPart> {
    const query = `partNumber=${number}&uploadId=${encodeURIComponent(uploadId)}`;
    const response = await this.#send("PUT", key, query, { body, sha256 });
    const etag = response.headers.get("etag");
    await drain(response);
    return { number, etag: understood(etag) };
  }

  async completeUpload(key: string, uploadId: string, parts: readonly UploadedPart[]): Promise<void> {
    const body = utf8(completionOf(parts));
    const response = await this.#send("POST", key, `uploadId=${encodeURIComponent(uploadId)}`, {
      body,
      sha256: await sha256Hex(body),
      headers: { "content-type": "application/xml" },
    });
    if (!isCompleted(await textOf(response))) throw new SpillwayError("destination_unavailable");
  }

  /** Ends a multipart upload and drops its parts. One that is not there is ended already. */
  async abortUpload(key: string, uploadId: string): Promise<void> {
    await drain(await this.#send("DELETE", key, `uploadId=${encodeURIComponent(uploadId)}`, { accept: [404] }));
  }

  /** A URL that gives the object to whoever holds it, for that many seconds. */
  async presign(key: string, seconds: number): Promise<string> {
    const url = `${this.#url(key)}?X-Amz-Expires=${seconds}`;
    const signed = await new AwsV4Signer({ ...this.#identity(), method: "GET", url, signQuery: true }).sign();
    return signed.url.href;
  }

  async #sha256Of(key: string): Promise<string | null> {
    const response = await this.get(key);
    if (response?.body === null || response === null) return null;
    const digest = new crypto.DigestStream("SHA-256");
    // Whoever looks at the digest only when all went well must not leave its failure unseen.
    digest.digest.catch(() => {});
    await response.body.pipeTo(digest).catch(unavailable);
    return hex(await digest.digest);
  }

  #url(key: string): string {
    if (!SAFE_KEY.test(key)) throw new Error("an object key has characters that are not allowed");
    return `${this.#bucketUrl()}/${key}`;
  }

  #bucketUrl(): string {
    return `${this.#address.endpoint}/${this.#address.name}`;
  }

  /** Who signs, for what, and when: `yyyymmddThhmmssZ`, as Signature Version 4 wants it. */
  #identity() {
    const { accessKeyId, secretAccessKey, region } = this.#address;
    const datetime = new Date(this.#now()).toISOString().replaceAll(/[:-]|\.\d{3}/g, "");
    return { accessKeyId, secretAccessKey, region, service: "s3", datetime, cache: this.#keys };
  }

  /** @param key null for a call about the bucket itself. */
  async #send(
    method: string,
    key: string | null,
    query: string,
    more: {
      body?: Uint8Array<ArrayBuffer>;
      sha256?: string;
      headers?: Record<string, string>;
      accept?: readonly number[];
      /** Ends the call; by default when its answer, body and all, takes too long. */
      signal?: AbortSignal;
    },
  ): Promise<Response> {
    const address = key === null ? this.#bucketUrl() : this.#url(key);
    const url = query === "" ? address : `${address}?${query}`;
    // Signed apart and sent with the bytes themselves: a Request would copy the body once more.
    const signed = await new AwsV4Signer({
      ...this.#identity(),
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
      unavailable(thrown);
    }
    if (response.ok || more.accept?.includes(response.status) === true) return response;
    throw await this.#refusal(response);
  }

  /** What a store's refusal means: by its S3 error code, else by its status. */
  async #refusal(response: Response): Promise<SpillwayError> {
    const text = await response.text().catch(() => "");
    const s3Code = codeIn(text);
    const denied = response.status === 401 || response.status === 403;
    const meant = CODES[s3Code] ?? (denied ? "bucket_denied" : "destination_unavailable");
    return this.#refused(meant, `S3 answered ${response.status} ${s3Code}`);
  }

  /** What the service's own bucket refuses is the service's to mend: to the customer the store is not available. */
  #refused(meant: ErrorCode, log: string): SpillwayError {
    const cause = new Error(log);
    if (this.#owner === "customer") return new SpillwayError(meant, undefined, { cause });
    const theirs = ERRORS[meant].owner === "customer" && meant !== "destination_conflict";
    return new SpillwayError(theirs ? "destination_unavailable" : meant, undefined, { cause, owner: "service" });
  }
}

const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
}

/** The SHA-256 of bytes, in hex. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return hex(await crypto.subtle.digest("SHA-256", bytes));
}

function hex(buffer: ArrayBuffer): string {
  return Buffer.from(buffer).toString("hex");
}

/** The connection failed, or an answer was cut off. */
function unavailable(thrown: unknown): never {
  throw new SpillwayError("destination_unavailable", undefined, { cause: thrown });
}

/** A store that answers something else than it should is not working. */
function understood<Value>(answer: Value | null): Value {
  if (answer === null) throw new SpillwayError("destination_unavailable");
  return answer;
}

async function textOf(response: Response): Promise<string> {
  return response.text().catch(unavailable);
}

/** A body that nobody reads keeps its connection. */
async function drain(response: Response): Promise<void> {
  await response.body?.cancel();
}
