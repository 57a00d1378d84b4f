/**
 * Writes that never overwrite: an object is written only when its key is free, and the same bytes at the key count as
 * success. A store that honours a condition makes this atomic; with other stores, an object could appear between the
 * check and the write.
 */

import { StoreRefusal } from "./s3-errors.ts";
import { ANSWER_WITHIN_MS, type ConditionSupport, drain, type S3Request, type S3Caller } from "./s3-call.ts";

/** The condition failed: an object exists. Some stores answer 304 instead of 412. */
const EXISTS = [412, 304];
/** The minimum speed to read an object for comparison: a mebibyte per second. */
const READ_BYTES_PER_MS = 1_048;
/** The store does not implement the condition. */
const NOT_IMPLEMENTED = 501;

export type WriteOutcome = "written" | "exists";

/** Identifies an object's bytes. */
export interface ObjectDigest {
  bytes: number;
  /** In hex. */
  sha256: string;
}

/** Refusals of a read: the text for the log, and the text for the customer. */
const CANNOT_COMPARE = {
  log: "an object cannot be compared",
  detail:
    "An object already exists at a key of this export, and could not be compared: allow s3:GetObject under the directory path.",
};
const CANNOT_CHECK = {
  log: "a key cannot be checked",
  detail:
    "The service could not check whether an object already exists at a key of this export: allow s3:GetObject under the directory path, and s3:ListBucket, without which a store does not report a missing object as missing.",
};

export class OnceWriter {
  readonly #calls: S3Caller;
  readonly #get: (key: string, withinMs: number) => Promise<Response | null>;

  constructor(calls: S3Caller, get: (key: string, withinMs: number) => Promise<Response | null>) {
    this.#calls = calls;
    this.#get = get;
  }

  /**
   * @param support whether the store honours the condition; without it the key is checked first.
   * @param write sends the write with these additions.
   * @param read interprets an answer of 2xx.
   * @returns `exists` when the same bytes already existed.
   * @throws destination_conflict when other bytes exist; bucket_denied when the store does not let the service check.
   */
  async write(
    support: ConditionSupport,
    key: string,
    whole: ObjectDigest,
    write: (more: S3Request) => Promise<Response>,
    read: (response: Response) => Promise<WriteOutcome>,
  ): Promise<WriteOutcome> {
    const state = support === "yes" ? "unknown" : await this.#check(key, whole, support === "no" ? CANNOT_CHECK : null);
    if (state === "exists") return "exists";
    if (support === "no") return read(await write({}));
    const accept = support === "look" ? [...EXISTS, NOT_IMPLEMENTED] : EXISTS;
    const response = await write({ headers: { "if-none-match": "*" }, accept });
    if (response.ok && (await read(response)) === "written") return "written";
    await drain(response);
    if (response.status !== NOT_IMPLEMENTED) {
      if ((await this.#check(key, whole, CANNOT_COMPARE)) === "exists") return "exists";
      // Deleted a moment ago, or a read that the store answers from an older state.
      throw this.#calls.unavailable(new Error("an object was reported, and is missing"));
    }
    if (state === "unknown" && (await this.#check(key, whole, CANNOT_CHECK)) === "exists") return "exists";
    return read(await write({}));
  }

  /** Whether the same bytes exist at the key, as far as the service may read it. @throws destination_conflict. */
  async exists(key: string, whole: ObjectDigest): Promise<boolean> {
    return (await this.#check(key, whole, null)) === "exists";
  }

  /**
   * Compares the object at the key, if there is one.
   * @param refusal thrown when the read is denied; null: the caller goes on without the check, as `unknown`.
   * @throws destination_conflict for other bytes; bucket_denied with `refusal`.
   */
  async #check(
    key: string,
    { bytes, sha256 }: ObjectDigest,
    refusal: typeof CANNOT_CHECK | null,
  ): Promise<"exists" | "missing" | "unknown"> {
    let response: Response | null;
    try {
      response = await this.#get(key, ANSWER_WITHIN_MS + bytes / READ_BYTES_PER_MS);
    } catch (thrown) {
      // A store that does not accept who signed says so: its own reason helps more than what is missing here.
      if (!(thrown instanceof StoreRefusal) || !thrown.lacksPermission) throw thrown;
      if (refusal !== null) throw this.#calls.error("bucket_denied", refusal.log, refusal.detail);
      return "unknown";
    }
    if (response === null) return "missing";
    if ((await this.#sha256Of(response, bytes)) !== sha256)
      throw this.#calls.error("destination_conflict", "other bytes exist at the key");
    this.#calls.requireEncryption(response);
    return "exists";
  }

  /** @returns null for an object of more than `max` bytes, of which no more is read. */
  async #sha256Of(response: Response, max: number): Promise<string | null> {
    const digest = new crypto.DigestStream("SHA-256");
    // A failure of the body reaches the caller through the writer; the digest's own rejection must not be unhandled.
    digest.digest.catch(() => {});
    const writer = digest.getWriter();
    let bytes = 0;
    try {
      for await (const piece of response.body ?? []) {
        bytes += piece.byteLength;
        if (bytes > max) return null;
        await writer.write(piece);
      }
      await writer.close();
    } catch (thrown) {
      throw this.#calls.unavailable(thrown);
    }
    return Buffer.from(await digest.digest).toString("hex");
  }
}
