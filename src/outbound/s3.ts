/**
 * An S3 bucket, by the REST API. Bodies are whole byte arrays, so that each has a length and is signed with its own SHA-256.
 *
 * Object keys stay in [A-Za-z0-9/_=.-], so that no client and no store can disagree on how a path is encoded.
 */

import { SpillwayError } from "../errors.ts";
import { ANSWER_WITHIN_MS, COMPLETED_WITHIN_MS, drain, type S3Request, S3Caller, type Store } from "./s3-call.ts";
import { type WriteOutcome, OnceWriter, type ObjectDigest } from "./write-once.ts";
import { completionOf, isCompleted, keysIn, refusalIn, uploadIdIn, type UploadedPart, uploadsIn } from "./s3-xml.ts";

/** The service's own bucket. */
export interface BucketAddress {
  /** Origin and path before the bucket, without a trailing slash; path style. */
  endpoint: string;
  name: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

export class Bucket {
  readonly #calls: S3Caller;
  readonly #once: OnceWriter;

  /** @param owner whose bucket it is: what the service's own refuses is nothing that a customer can mend. */
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
   * PUTs an object that is not to be overwritten. The same bytes under the same key already: success.
   * @param sha256 of the body, in hex.
   * @throws destination_conflict when other bytes stand there.
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
      await this.#mustBeEncrypted(key, response);
      return "written";
    };
    await this.#once.write(conditionalPut, key, { bytes: body.length, sha256 }, put, written);
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
    const response = await this.#calls.send("GET", key, "", { headers, accept: [404], ...(signal && { signal }) });
    if (response.status !== 404) return response;
    const text = await this.#calls.text(response);
    if (refusalIn(text).code === "NoSuchBucket")
      throw this.#calls.error("bucket_not_found", "S3 answered 404 NoSuchBucket");
    return null;
  }

  /** As `get`, read whole: at most a part of an object. */
  async read(key: string, range?: { from: number; length: number }): Promise<Uint8Array<ArrayBuffer> | null> {
    const response = await this.#fetchObject(key, range);
    if (response === null) return null;
    try {
      return new Uint8Array(await response.arrayBuffer());
    } catch (thrown) {
      throw this.#calls.unavailable(thrown);
    }
  }

  /** An object that is not there is deleted already. */
  async delete(key: string): Promise<void> {
    await drain(await this.#calls.send("DELETE", key, "", { accept: [404] }));
  }

  /** Keys of objects that begin with `prefix`, the first thousand at most. */
  async list(prefix: string): Promise<string[]> {
    const response = await this.#calls.send("GET", null, `list-type=2&prefix=${encodeURIComponent(prefix)}`, {});
    return this.#calls.understood(keysIn(await this.#calls.text(response)));
  }

  /** Multipart uploads under way to keys that begin with `prefix`. A store that cannot tell has none. */
  async listUploads(prefix: string): Promise<{ key: string; uploadId: string }[]> {
    const query = `prefix=${encodeURIComponent(prefix)}&uploads=`;
    const response = await this.#calls.send("GET", null, query, { accept: [501] });
    const text = await this.#calls.text(response);
    if (response.status === 501) return [];
    return this.#calls.understood(uploadsIn(text));
  }

  /** @returns the id of a new multipart upload. */
  async createUpload(key: string, contentType: string): Promise<string> {
    const headers = { ...this.#calls.store.headers, "content-type": contentType };
    const response = await this.#calls.send("POST", key, "uploads=", { headers });
    return this.#calls.understood(uploadIdIn(await this.#calls.text(response)));
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
    return { number, etag: this.#calls.understood(etag) };
  }

  /**
   * Makes the object of its parts, where none is to be overwritten as `putOnce` does.
   * @param whole length and SHA-256 of the object, to know it by when it is there already; its upload is ended then.
   */
  async completeUpload(
    key: string,
    uploadId: string,
    parts: readonly UploadedPart[],
    whole: ObjectDigest,
  ): Promise<void> {
    const { conditionalComplete } = this.#calls.store;
    const body = utf8(completionOf(parts));
    const sha256 = await sha256Hex(body);
    const complete = (more: S3Request) =>
      this.#calls.send("POST", key, `uploadId=${encodeURIComponent(uploadId)}`, {
        ...more,
        body,
        sha256,
        headers: { "content-type": "application/xml", ...more.headers },
        signal: AbortSignal.timeout(COMPLETED_WITHIN_MS),
      });
    // S3 may answer 200 and then an error, once it has begun to keep the connection alive.
    const completed = async (response: Response): Promise<WriteOutcome> => {
      const text = await this.#calls.text(response);
      if (isCompleted(text)) {
        await this.#mustBeEncrypted(key, response);
        return "written";
      }
      const { code } = refusalIn(text);
      if (code === "PreconditionFailed") return "there";
      throw this.#calls.refusalOf(response, text);
    };
    if (conditionalComplete === "overwrites") return void (await completed(await complete({})));
    const outcome = await this.#once
      .write(conditionalComplete, key, whole, complete, completed)
      .catch(async (thrown: unknown) => {
        // The answer was lost, or did not come: whoever drops the parts of what may be whole by now must have looked.
        const unknown = thrown instanceof SpillwayError && thrown.code === "destination_unavailable";
        if (unknown && (await this.#once.stands(key, whole))) return "there";
        throw thrown;
      });
    if (outcome === "there") await this.abortUpload(key, uploadId);
  }

  /** Ends a multipart upload and drops its parts. One that is not there is ended already. */
  async abortUpload(key: string, uploadId: string): Promise<void> {
    await drain(await this.#calls.send("DELETE", key, `uploadId=${encodeURIComponent(uploadId)}`, { accept: [404] }));
  }

  /** Some stores tell of the encryption only when the object is asked for. @throws kms_denied where none does. */
  async #mustBeEncrypted(key: string, answer: Response): Promise<void> {
    if (this.#calls.confirms(answer)) return;
    const there = await this.get(key, { from: 0, length: 1 });
    if (there === null) return this.#calls.mustConfirm(answer);
    await drain(there);
    this.#calls.mustConfirm(there);
  }

  /** A URL that gives the object to whoever holds it, for that many seconds. */
  async presign(key: string, seconds: number): Promise<string> {
    return this.#calls.presign(key, seconds);
  }
}

/** The service's own: its keys carry no attempt, so a large object that is written again is the same one. */
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

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
}

/** The SHA-256 of bytes, in hex. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");
}
