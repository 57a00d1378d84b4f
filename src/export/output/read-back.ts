/**
 * Reads one object back from where it is, as a stream, and compares its length and SHA-256 with those that were
 * written. A read that is cut goes on where it was cut, while the object is the same by its ETag. So a verdict is only
 * passed on whole objects: what the store does not let the service read to its end is `unavailable`, and is not
 * `changed`.
 */

import { createHash } from "node:crypto";
import type { Bucket } from "../../outbound/s3.ts";
import type { RunningHash } from "./object-writer.ts";
import { ResumableSha256, type Sha256State } from "./resumable-sha256.ts";

/** The object as it was written. */
export interface Written {
  key: string;
  bytes: number;
  /** In hex. */
  sha256: string;
}

/** Where another invocation goes on within a large object. */
export interface PartlyRead {
  /** Bytes that are read and hashed. */
  at: number;
  sha256: Sha256State;
  etag: string;
}

export type ReadBack =
  | { is: "same" | "missing" | "replaced while it was read" }
  /** `sha256` null: the length alone differs. */
  | { is: "different"; bytes: number; sha256: string | null }
  | { is: "encoded"; coding: string }
  | { is: "stopped"; partly: PartlyRead }
  /** The store ended the stream too early, or sent nothing for a long time. */
  | { is: "cut"; cause: unknown };

/**
 * A larger object has a hash whose state can be written down, so that its read can be stopped; node:crypto's is eight
 * times as fast.
 */
export const MAX_UNSTOPPED_BYTES = 64 * 1_048_576;
/** A store that sends nothing for so long has hung. */
const PATIENCE_MS = 25_000;
/** The minimum speed of a read that cannot be stopped: a mebibyte per second. */
const READ_BYTES_PER_MS = 1_048;
/** A read that was cut goes on at once if it brought at least so much. */
const MIN_PROGRESS_BYTES = 1_048_576;
/** SHA-256 has a state between two blocks. */
const BLOCK = 64;

export interface Reading {
  /** Goes on there; null: reads from the beginning. */
  from: PartlyRead | null;
  /** Counts bytes as they are read. */
  onBytes: (bytes: number) => void;
  /** Asked after each piece of a large object. */
  shouldStop: () => Promise<boolean>;
}

/** @throws SpillwayError when the store refuses the read, or does not answer. */
export async function readBack(bucket: Bucket, written: Written, reading: Reading): Promise<ReadBack> {
  const first = await new ObjectRead(bucket, written, reading).run(reading.from);
  // What an earlier invocation read may be of an object that was replaced since then.
  if (first.is !== "replaced while it was read") return first;
  return new ObjectRead(bucket, written, reading).run(null);
}

class ObjectRead {
  readonly #bucket: Bucket;
  readonly #written: Written;
  readonly #reading: Reading;
  #hash: RunningHash = createHash("sha256");
  #at = 0;
  #etag: string | null = null;

  constructor(bucket: Bucket, written: Written, reading: Reading) {
    this.#bucket = bucket;
    this.#written = written;
    this.#reading = reading;
  }

  async run(from: PartlyRead | null): Promise<ReadBack> {
    if (from !== null) {
      this.#at = from.at;
      this.#etag = from.etag;
      this.#hash = new ResumableSha256(from.sha256);
    } else if (this.#written.bytes > MAX_UNSTOPPED_BYTES) this.#hash = new ResumableSha256();
    for (;;) {
      const before = this.#at;
      const outcome = await this.#readOnce();
      const goesOn = outcome.is === "cut" && this.#etag !== null && this.#at - before >= MIN_PROGRESS_BYTES;
      if (!goesOn) return outcome;
    }
  }

  /** Reads from where the read is to the end, as far as the store sends it. */
  async #readOnce(): Promise<ReadBack> {
    const { key, bytes } = this.#written;
    const answer =
      this.#at === 0 || this.#etag === null
        ? await this.#bucket.get(key)
        : await this.#bucket.getFrom(key, this.#at, this.#etag);
    if (answer === null) return { is: this.#at === 0 ? "missing" : "replaced while it was read" };
    const coding = answer.headers.get("content-encoding") ?? "identity";
    const length = lengthOf(answer);
    this.#etag = strongEtag(answer);
    if (coding !== "identity" || (length !== null && this.#at + length !== bytes)) {
      const whole = this.#at + (length ?? 0);
      await answer.body?.cancel();
      // The runtime decodes such a body: its stored bytes are not to be had.
      if (coding !== "identity") return { is: "encoded", coding };
      return { is: "different", bytes: whole, sha256: null };
    }
    return this.#consume(answer);
  }

  async #consume(answer: Response): Promise<ReadBack> {
    const { bytes, sha256 } = this.#written;
    const { onBytes, shouldStop } = this.#reading;
    const withinMs = this.#hash instanceof ResumableSha256 ? null : PATIENCE_MS + bytes / READ_BYTES_PER_MS;
    try {
      for await (const piece of withPatience(answer, withinMs)) {
        onBytes(piece.byteLength);
        if (this.#at + piece.byteLength > bytes)
          return { is: "different", bytes: this.#at + piece.byteLength, sha256: null };
        const stopped = (await this.#isToStop(piece, shouldStop)) ? this.#stopWithin(piece) : null;
        if (stopped !== null) return stopped;
        this.#add(piece);
      }
    } catch (thrown) {
      return { is: "cut", cause: thrown };
    }
    if (this.#at < bytes) return { is: "cut", cause: new Error("the store ended the stream too early") };
    const found = this.#hash.digest("hex");
    return found === sha256 ? { is: "same" } : { is: "different", bytes, sha256: found };
  }

  async #isToStop(piece: Uint8Array, shouldStop: () => Promise<boolean>): Promise<boolean> {
    if (!(this.#hash instanceof ResumableSha256) || piece.byteLength < this.#missingInBlock) return false;
    return shouldStop();
  }

  /** Bytes up to the end of a block. */
  get #missingInBlock(): number {
    return (BLOCK - (this.#at % BLOCK)) % BLOCK;
  }

  /** Hashes up to the end of a block. @returns null where the store gives no ETag to go on by. */
  #stopWithin(piece: Uint8Array): ReadBack | null {
    if (this.#etag === null || !(this.#hash instanceof ResumableSha256)) return null;
    this.#add(piece.subarray(0, this.#missingInBlock));
    return { is: "stopped", partly: { at: this.#at, etag: this.#etag, sha256: this.#hash.save() } };
  }

  #add(piece: Uint8Array): void {
    this.#hash.update(piece);
    this.#at += piece.byteLength;
  }
}

/**
 * The pieces of a body.
 * @param withinMs for all of them; null: without a limit.
 * @throws Error when the store sends none for too long, or not all in time.
 */
async function* withPatience(answer: Response, withinMs: number | null): AsyncGenerator<Uint8Array> {
  const reader = (answer.body as ReadableStream<Uint8Array> | null)?.getReader();
  if (reader === undefined) return;
  let waits = false;
  let waitedAtLastTick = false;
  let hung = false;
  const timer = setInterval(() => {
    if (waits && waitedAtLastTick) giveUp();
    waitedAtLastTick = waits;
  }, PATIENCE_MS / 2);
  const limit = withinMs === null ? undefined : setTimeout(giveUp, withinMs);
  function giveUp(): void {
    hung = true;
    void reader?.cancel().catch(() => {});
  }
  try {
    for (;;) {
      waits = true;
      const { done, value } = await reader.read();
      if (hung) throw new Error("the store sent too little for a long time");
      if (done) return;
      waits = false;
      waitedAtLastTick = false;
      yield value;
    }
  } finally {
    clearInterval(timer);
    clearTimeout(limit);
    await reader.cancel().catch(() => {});
  }
}

/** Of the body, if the store says it. */
function lengthOf({ headers }: Response): number | null {
  const sent = headers.get("content-length");
  return sent !== null && /^\d{1,15}$/.test(sent) ? Number(sent) : null;
}

/** An ETag by which a later read can require the same bytes (RFC 9110, 8.8.3.2). */
function strongEtag({ headers }: Response): string | null {
  const etag = headers.get("etag");
  return etag !== null && /^"[\x21\x23-\x7e]{0,1024}"$/.test(etag) ? etag : null;
}
