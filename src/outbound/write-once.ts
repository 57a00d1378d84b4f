/**
 * Objects that are never overwritten: written where nothing stands, and where the same bytes stand already that is success.
 * On a condition that the store keeps, else after a look; between that look and the write another may come.
 */

import { SpillwayError } from "../errors.ts";
import { ANSWER_WITHIN_MS, type ConditionSupport, drain, type S3Request, type S3Caller } from "./s3-call.ts";

const IF_NONE = { "if-none-match": "*" };
/** The object is there. Some stores answer 304 instead of 412. */
const THERE = [412, 304];
/** What an object is read with at least, to compare it: a mebibyte a second. */
const READ_BYTES_PER_MS = 1_048;
/** The store does not know the condition. */
const NOT_KNOWN = 501;

export type WriteOutcome = "written" | "there";

/** An object as a whole, to know it by. */
export interface ObjectDigest {
  bytes: number;
  /** In hex. */
  sha256: string;
}

const CANNOT_COMPARE =
  "An object stands under a name of this export, and it could not be compared: allow s3:GetObject under the directory path.";
const CANNOT_SEE =
  "Whether an object stands under a name of this export could not be seen: allow s3:GetObject under the directory path, and s3:ListBucket, without which a store does not say that an object is missing.";

export class OnceWriter {
  readonly #calls: S3Caller;
  readonly #get: (key: string, withinMs: number) => Promise<Response | null>;

  constructor(calls: S3Caller, get: (key: string, withinMs: number) => Promise<Response | null>) {
    this.#calls = calls;
    this.#get = get;
  }

  /**
   * Writes where nothing stands: on a condition, where the store keeps it, else after a look.
   * @returns `there` when these very bytes stood there. @throws destination_conflict when others do.
   */
  async write(
    keeps: ConditionSupport,
    key: string,
    whole: ObjectDigest,
    write: (more: S3Request) => Promise<Response>,
    read: (response: Response) => Promise<WriteOutcome>,
  ): Promise<WriteOutcome> {
    const seen = keeps === "yes" ? "unseen" : await this.#look(key, whole, keeps === "no");
    if (seen === "there") return "there";
    if (keeps === "no") return read(await write({}));
    const response = await write({ headers: IF_NONE, accept: keeps === "look" ? [...THERE, NOT_KNOWN] : THERE });
    if (response.ok && (await read(response)) === "written") return "written";
    await drain(response);
    if (response.status !== NOT_KNOWN) return this.#compare(key, whole);
    if (seen === "unseen" && (await this.#look(key, whole, true)) === "there") return "there";
    return read(await write({}));
  }

  /** Do these very bytes stand there, as far as can be seen? @throws destination_conflict when others do. */
  async stands(key: string, whole: ObjectDigest): Promise<boolean> {
    return (await this.#look(key, whole, false)) === "there";
  }

  /**
   * Does anything stand there? @param must whether it has to be seen: no condition helps after this.
   * @throws destination_conflict for other bytes; bucket_denied where it had to be seen and could not be.
   */
  async #look(key: string, whole: ObjectDigest, must: boolean): Promise<"there" | "missing" | "unseen"> {
    const response = await this.#getUnlessDenied(key, whole);
    if (response === "denied" && must)
      throw this.#calls.error("bucket_denied", "a key cannot be looked at", CANNOT_SEE);
    if (response === "denied") return "unseen";
    return response === null ? "missing" : this.#same(response, whole);
  }

  /** The store said that something stands there. */
  async #compare(key: string, whole: ObjectDigest): Promise<"there"> {
    const response = await this.#getUnlessDenied(key, whole);
    if (response === "denied") throw this.#calls.error("bucket_denied", "an object cannot be compared", CANNOT_COMPARE);
    return this.#same(response, whole);
  }

  async #same(response: Response | null, { bytes, sha256 }: ObjectDigest): Promise<"there"> {
    // It was there a moment ago, or the store says so before it shows it.
    if (response === null) throw this.#calls.unavailable(new Error("an object was there, and is not"));
    if ((await this.#sha256Of(response, bytes)) !== sha256)
      throw this.#calls.error("destination_conflict", "another object is there");
    this.#calls.mustConfirm(response);
    return "there";
  }

  async #getUnlessDenied(key: string, { bytes }: ObjectDigest): Promise<Response | null | "denied"> {
    return this.#get(key, ANSWER_WITHIN_MS + bytes / READ_BYTES_PER_MS).catch((thrown: unknown) => {
      if (thrown instanceof SpillwayError && thrown.code === "bucket_denied") return "denied" as const;
      throw thrown;
    });
  }

  /** @returns null when there are more bytes than were expected: no more of them are read. */
  async #sha256Of(response: Response, most: number): Promise<string | null> {
    const digest = new crypto.DigestStream("SHA-256");
    // Whoever looks at the digest only when all went well must not leave its failure unseen.
    digest.digest.catch(() => {});
    const writer = digest.getWriter();
    let bytes = 0;
    try {
      for await (const piece of response.body ?? []) {
        bytes += piece.byteLength;
        if (bytes > most) return null;
        await writer.write(piece);
      }
      await writer.close();
    } catch (thrown) {
      throw this.#calls.unavailable(thrown);
    }
    return Buffer.from(await digest.digest).toString("hex");
  }
}
