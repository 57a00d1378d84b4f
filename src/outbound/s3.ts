/**
 * An S3 bucket through its REST API. A body is a whole byte array, so that each request has a length and signs its own
 * SHA-256. Object keys stay in [A-Za-z0-9/_=.-], so that no client and no store encodes a path differently.
 */

import { createHash } from "node:crypto";
import type { Config } from "../config.ts";
import { SpillwayError } from "../errors.ts";
import { shownCode } from "./s3-errors.ts";
import { ANSWER_WITHIN_MS, COMPLETED_WITHIN_MS, drain, type S3Request, S3Caller, type Store } from "./s3-call.ts";
import { type WriteOutcome, OnceWriter, type ObjectDigest } from "./write-once.ts";
import { readWhole } from "./bodies.ts";
import {
  completionXml,
  deletionXml,
  isCompleted,
  keysIn,
  notDeletedIn,
  refusalIn,
  uploadIdIn,
  type UploadedPart,
  uploadsIn,
} from "./s3-xml.ts";

/** Characters of an ETag that is kept and sent back. */
const MAX_ID = 1_024;

/** Answers to a read of a part: no object, another one, or one that is shorter. */
const OTHER_OBJECT = [404, 412, 416];

/** The service's own bucket. Its endpoint has no trailing slash, and the bucket's name follows it: path style. */
export type BucketAddress = Config["bucket"];

export class Bucket {
  readonly #calls: S3Caller;
  readonly #once: OnceWriter;

  /** @param owner of the bucket: who must act on its refusals. */
  constructor(
    address: BucketAddress | Store,
    now: () => number,
    reach: typeof fetch,
    owner: "customer" | "service" = "customer",
  ) {
    this.#calls = new S3Caller("url" in address ? address : storeAt(address), now, reach, owner);
    this.#once = new OnceWriter(this.#calls, (key, withinMs) =>
      this.#fetchObject(key, undefined, AbortSignal.timeout(withinMs)),
    );
  }

  /**
   * PUTs an object without overwriting one. Succeeds when the same bytes already exist at the key.
   * @param sha256 of the body, in hex.
   * @throws destination_conflict when other bytes exist at the key.
   */
  async putOnce(key: string, body: Uint8Array<ArrayBuffer>, sha256: string, contentType: string): Promise<void> {
    const { conditionalPut, headers } = this.#calls.store;
    const put = (more: S3Request) =>
      this.#calls.send("PUT", key, "", {
        ...more,
        body,
        sha256,
        headers: { ...headers, "content-type": contentType, ...more.headers },
      });
    const written = async (response: Response): Promise<WriteOutcome> => {
      await drain(response);
      await this.#requireEncryption(key, response);
      return "written";
    };
    await this.#once.write(conditionalPut, key, { bytes: body.length, sha256 }, put, written);
  }

  /**
   * The bytes [from, from + length) of an object, or all of it, as a stream without a time limit once it has begun.
   * @returns null when no object is at the key.
   */
  async get(key: string, range?: { from: number; length: number }): Promise<Response | null> {
    return untilAnswered((signal) => this.#fetchObject(key, range, signal));
  }

  /**
   * The object from byte `from` on, as `get`, while it is the one that had this ETag.
   * @returns null when another object is at the key, or none, or the store does not send a part of it.
   */
  async getFrom(key: string, from: number, etag: string): Promise<Response | null> {
    const headers = { range: `bytes=${from}-`, "if-match": etag };
    const response = await untilAnswered((signal) =>
      this.#calls.send("GET", key, "", { headers, accept: OTHER_OBJECT, signal }),
    );
    if (response.status === 206) return response;
    await drain(response);
    return null;
  }

  async #fetchObject(
    key: string,
    range: { from: number; length: number } | undefined,
    signal?: AbortSignal,
  ): Promise<Response | null> {
    const headers: Record<string, string> =
      range === undefined ? {} : { range: `bytes=${range.from}-${range.from + range.length - 1}` };
    const response = await this.#calls.send("GET", key, "", { headers, accept: [404], ...(signal && { signal }) });
    if (response.status !== 404) return response;
    const text = await this.#calls.text(response);
    if (refusalIn(text).code === "NoSuchBucket")
      throw this.#calls.error("bucket_not_found", "S3 answered 404 NoSuchBucket");
    return null;
  }

  /**
   * As `get`, read into memory: for small objects and parts.
   * @throws destination_unavailable when the store sends more than was asked for.
   */
  async read(key: string, range: { from: number; length: number }): Promise<Uint8Array<ArrayBuffer> | null> {
    const response = await this.#fetchObject(key, range);
    if (response === null) return null;
    try {
      return await readWhole(response, range.length);
    } catch (thrown) {
      throw this.#calls.unavailable(thrown);
    }
  }

  /** Succeeds for a missing object too. */
  async delete(key: string): Promise<void> {
    await drain(await this.#calls.send("DELETE", key, "", { accept: [404] }));
  }

  /**
   * Deletes up to a thousand objects in one call; missing ones too.
   * @throws destination_unavailable when one of them was not deleted.
   */
  async deleteAll(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    const body = utf8(deletionXml(keys));
    // S3 wants a second hash of this body; MD5 is the one that every store knows.
    const headers = { "content-md5": createHash("md5").update(body).digest("base64") };
    const response = await this.#calls.send("POST", null, "delete=", { body, sha256: await sha256Hex(body), headers });
    const [code, ...more] = this.#calls.parsed(notDeletedIn(await this.#calls.text(response)));
    if (code !== undefined)
      throw this.#calls.unavailable(new Error(`${more.length + 1} objects were not deleted: ${shownCode(code)}`));
  }

  /** Keys of objects that begin with `prefix`, the first thousand at most. */
  async list(prefix: string): Promise<string[]> {
    const response = await this.#calls.send("GET", null, `list-type=2&prefix=${encodeURIComponent(prefix)}`, {});
    return this.#calls.parsed(keysIn(await this.#calls.text(response)));
  }

  /** Open multipart uploads to keys that begin with `prefix`; none from a store that cannot list them. */
  async listUploads(prefix: string): Promise<{ key: string; uploadId: string }[]> {
    const query = `prefix=${encodeURIComponent(prefix)}&uploads=`;
    const response = await this.#calls.send("GET", null, query, { accept: [501] });
    const text = await this.#calls.text(response);
    if (response.status === 501) return [];
    return this.#calls.parsed(uploadsIn(text));
  }

  /** @returns the id of a new multipart upload. */
  async createUpload(key: string, contentType: string): Promise<string> {
    const headers = { ...this.#calls.store.headers, "content-type": contentType };
    const response = await this.#calls.send("POST", key, "uploads=", { headers });
    return this.#calls.parsed(uploadIdIn(await this.#calls.text(response)));
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
    const response = await this.#calls.send("PUT", key, query, { body, sha256 });
    const etag = response.headers.get("etag");
    await drain(response);
    return { number, etag: this.#calls.parsed(etag !== null && etag.length <= MAX_ID ? etag : null) };
  }

  /**
   * Completes an upload. A customer's bucket is never overwritten, as with `putOnce`: when the same object already
   * exists, the upload is aborted.
   * @param whole the object's length and SHA-256.
   * @throws destination_conflict when other bytes exist at the key.
   */
  async completeUpload(
    key: string,
    uploadId: string,
    parts: readonly UploadedPart[],
    whole: ObjectDigest,
  ): Promise<void> {
    const { conditionalComplete } = this.#calls.store;
    const body = utf8(completionXml(parts));
    const sha256 = await sha256Hex(body);
    const complete = (more: S3Request) =>
      this.#calls.send("POST", key, `uploadId=${encodeURIComponent(uploadId)}`, {
        ...more,
        body,
        sha256,
        headers: { "content-type": "application/xml", ...more.headers },
        signal: AbortSignal.timeout(COMPLETED_WITHIN_MS),
      });
    // S3 may answer 200 at once, to keep the connection alive, and report an error in the body later.
    const completed = async (response: Response): Promise<WriteOutcome> => {
      const text = await this.#calls.text(response);
      if (isCompleted(text)) {
        await this.#requireEncryption(key, response);
        return "written";
      }
      const { code } = refusalIn(text);
      if (code === "PreconditionFailed") return "exists";
      throw this.#calls.refusal(response, text);
    };
    if (conditionalComplete === "overwrites") return void (await completed(await complete({})));
    const outcome = await this.#once
      .write(conditionalComplete, key, whole, complete, completed)
      .catch(async (thrown: unknown) => {
        // The answer was lost. The object may be complete, and then a caller must not abort or repeat the upload.
        const unknown = thrown instanceof SpillwayError && thrown.code === "destination_unavailable";
        if (unknown && (await this.#once.exists(key, whole))) return "exists";
        throw thrown;
      });
    if (outcome === "exists") await this.abortUpload(key, uploadId);
  }

  /** Aborts a multipart upload and deletes its parts. Succeeds for a missing upload too. */
  async abortUpload(key: string, uploadId: string): Promise<void> {
    await drain(await this.#calls.send("DELETE", key, `uploadId=${encodeURIComponent(uploadId)}`, { accept: [404] }));
  }

  /** Some stores confirm the encryption only on a read. @throws kms_denied when neither answer confirms it. */
  async #requireEncryption(key: string, answer: Response): Promise<void> {
    if (this.#calls.confirmsEncryption(answer)) return;
    const there = await this.get(key, { from: 0, length: 1 });
    if (there === null) return this.#calls.requireEncryption(answer);
    await drain(there);
    this.#calls.requireEncryption(there);
  }

  /** A presigned URL: everyone who has it can download the object for that many seconds. */
  async presign(key: string, seconds: number): Promise<string> {
    return this.#calls.presign(key, seconds);
  }
}

/** The service's own bucket. A completed upload may overwrite there: a repeated step writes the same bytes. */
function storeAt({ endpoint, name, region, accessKeyId, secretAccessKey }: BucketAddress): Store {
  return {
    url: `${endpoint}/${name}`,
    region,
    credentials: async () => ({ accessKeyId, secretAccessKey }),
    headers: {},
    conditionalPut: "yes",
    conditionalComplete: "overwrites",
  };
}

/** Gives a call a time limit until its answer begins: the body may take longer. */
async function untilAnswered<Answer>(call: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(new DOMException("no answer", "TimeoutError")), ANSWER_WITHIN_MS);
  try {
    return await call(timeout.signal);
  } finally {
    clearTimeout(timer);
  }
}

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
}

/** The SHA-256 of bytes, in hex. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");
}
