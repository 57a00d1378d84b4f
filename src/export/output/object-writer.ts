/**
 * Writes one object of unknown length in bounded memory. An object of up to one part is a single PUT; a larger one is a
 * multipart upload in parts of one size, and one part is uploaded while the next fills. Each request is signed with its
 * body's hash, and the whole object is hashed as its parts are uploaded, so that the state of the hash always belongs
 * to the end of a part. A writer may continue the upload of another invocation.
 */

import { createHash } from "node:crypto";
import { type Bucket, sha256Hex } from "../../outbound/s3.ts";
import type { UploadedPart } from "../../outbound/s3-xml.ts";

/** S3's and R2's limit: an object has at most this many parts. */
export const MAX_PARTS = 10_000;

/** A multipart upload under way: its parts so far, all full. */
export interface OpenUpload {
  uploadId: string;
  parts: readonly UploadedPart[];
}

/** A running SHA-256, such as node:crypto's. */
export interface RunningHash {
  update(bytes: Uint8Array): unknown;
  digest(encoding: "hex"): string;
}

/** The object to write. */
interface Target {
  bucket: Bucket;
  key: string;
  contentType: string;
  partBytes: number;
  /** Receives the id of a multipart upload before its first part, so that a later try can abort it. */
  onUpload?: (uploadId: string) => Promise<void>;
}

export class ObjectWriter {
  readonly #target: Target;
  readonly #hash: RunningHash;
  #pieces: Uint8Array[] = [];
  #pending = 0;
  #bytes = 0;
  #uploadId: string | null = null;
  #parts: UploadedPart[] = [];
  #uploading: Promise<UploadedPart> | null = null;

  /**
   * @param hash of the parts so far.
   * @param upload continues it; null begins.
   */
  constructor(target: Target, hash: RunningHash = createHash("sha256"), upload: OpenUpload | null = null) {
    this.#target = target;
    this.#hash = hash;
    if (upload === null) return;
    this.#uploadId = upload.uploadId;
    this.#parts = [...upload.parts];
    this.#bytes = upload.parts.length * target.partBytes;
  }

  /** How many parts were uploaded, or are being uploaded. */
  get parts(): number {
    return this.#parts.length + Number(this.#uploading !== null);
  }

  /** How many bytes were written so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Buffers a piece, which the caller must not change afterwards. Only `drain` and `finish` upload. */
  write(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#pending += piece.length;
    this.#bytes += piece.length;
  }

  /** Uploads the full parts. A caller that calls it after each block keeps no more than a part in memory. */
  async drain(): Promise<void> {
    const { partBytes } = this.#target;
    while (this.#pending > partBytes) await this.#uploadPart(this.#hashed(this.#removeFirst(partBytes)));
  }

  /**
   * Stops writing, so that another writer can continue: uploads the full parts, and waits for them.
   * @returns the upload, null when no part is full yet; and the bytes that follow its parts.
   */
  async stop(): Promise<{ upload: OpenUpload | null; rest: Uint8Array<ArrayBuffer> }> {
    await this.drain();
    await this.#awaitPart();
    const rest = this.#removeFirst(this.#pending);
    return { upload: this.#uploadId === null ? null : { uploadId: this.#uploadId, parts: this.#parts }, rest };
  }

  /** Uploads the rest and completes the object. @returns its length, and its SHA-256 in hex. */
  async finish(): Promise<{ bytes: number; sha256: string }> {
    const { bucket, key, contentType } = this.#target;
    await this.drain();
    const rest = this.#hashed(this.#removeFirst(this.#pending));
    const sha256 = this.#hash.digest("hex");
    if (this.#uploadId === null) {
      await bucket.putOnce(key, rest, sha256, contentType);
    } else {
      await this.#uploadPart(rest);
      await this.#awaitPart();
      await bucket.completeUpload(key, this.#uploadId, this.#parts, { bytes: this.#bytes, sha256 });
    }
    return { bytes: this.#bytes, sha256 };
  }

  /** After a failure: deletes the uploaded parts. */
  async abort(): Promise<void> {
    await this.#uploading?.catch(() => {});
    if (this.#uploadId !== null) await this.#target.bucket.abortUpload(this.#target.key, this.#uploadId);
  }

  async #uploadPart(body: Uint8Array<ArrayBuffer>): Promise<void> {
    const { bucket, key, contentType, onUpload } = this.#target;
    if (this.#uploadId === null) {
      this.#uploadId = await bucket.createUpload(key, contentType);
      await onUpload?.(this.#uploadId);
    }
    await this.#awaitPart();
    const number = this.#parts.length + 1;
    const uploadId = this.#uploadId;
    this.#uploading = sha256Hex(body).then((sha256) => bucket.uploadPart(key, uploadId, number, body, sha256));
    // The next #awaitPart throws a failure; until then it must not count as unhandled.
    this.#uploading.catch(() => {});
  }

  async #awaitPart(): Promise<void> {
    if (this.#uploading === null) return;
    this.#parts.push(await this.#uploading);
    this.#uploading = null;
  }

  #hashed(body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    this.#hash.update(body);
    return body;
  }

  /** Removes the first `length` bytes from the buffer, as one array. */
  #removeFirst(length: number): Uint8Array<ArrayBuffer> {
    const body = new Uint8Array(length);
    let at = 0;
    while (at < length) {
      const piece = this.#pieces[0];
      if (piece === undefined) throw new Error("the buffer has fewer bytes than were counted");
      const fits = Math.min(piece.length, length - at);
      body.set(piece.subarray(0, fits), at);
      at += fits;
      if (fits === piece.length) this.#pieces.shift();
      else this.#pieces[0] = piece.subarray(fits);
    }
    this.#pending -= length;
    return body;
  }
}
