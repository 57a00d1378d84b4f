/**
 * Writes one object of unknown length in bounded memory. An object of up to one part is a single PUT; a larger one is a
 * multipart upload in parts of one size, and one part is uploaded while the next fills. Each request is signed with its
 * body's hash, and the whole object is hashed as it is written.
 */

import { createHash } from "node:crypto";
import { type Bucket, sha256Hex } from "../../outbound/s3.ts";
import type { UploadedPart } from "../../outbound/s3-xml.ts";

export class ObjectWriter {
  readonly #bucket: Bucket;
  readonly #key: string;
  readonly #contentType: string;
  readonly #partBytes: number;
  readonly #onUpload: (uploadId: string) => Promise<void>;
  readonly #hash = createHash("sha256");
  #pieces: Uint8Array[] = [];
  #pending = 0;
  #bytes = 0;
  #uploadId: string | null = null;
  #parts: UploadedPart[] = [];
  #uploading: Promise<UploadedPart> | null = null;

  /** @param onUpload receives the id of a multipart upload before its first part, so that a later try can abort it. */
  constructor(
    bucket: Bucket,
    key: string,
    contentType: string,
    partBytes: number,
    onUpload: (uploadId: string) => Promise<void>,
  ) {
    this.#partBytes = partBytes;
    this.#bucket = bucket;
    this.#key = key;
    this.#contentType = contentType;
    this.#onUpload = onUpload;
  }

  /** Buffers a piece, which the caller must not change afterwards. Only `drain` and `finish` upload. */
  write(piece: Uint8Array): void {
    this.#hash.update(piece);
    this.#pieces.push(piece);
    this.#pending += piece.length;
    this.#bytes += piece.length;
  }

  /** Uploads the full parts. A caller that calls it after each block keeps no more than a part in memory. */
  async drain(): Promise<void> {
    while (this.#pending > this.#partBytes) await this.#uploadPart(this.#removeFirst(this.#partBytes));
  }

  /** Uploads the rest and completes the object. @returns its length, and its SHA-256 in hex. */
  async finish(): Promise<{ bytes: number; sha256: string }> {
    await this.drain();
    const rest = this.#removeFirst(this.#pending);
    const sha256 = this.#hash.digest("hex");
    if (this.#uploadId === null) {
      await this.#bucket.putOnce(this.#key, rest, sha256, this.#contentType);
    } else {
      await this.#uploadPart(rest);
      await this.#awaitPart();
      const whole = { bytes: this.#bytes, sha256 };
      await this.#bucket.completeUpload(this.#key, this.#uploadId, this.#parts, whole);
    }
    return { bytes: this.#bytes, sha256 };
  }

  /** After a failure: deletes the uploaded parts. */
  async abort(): Promise<void> {
    await this.#uploading?.catch(() => {});
    if (this.#uploadId !== null) await this.#bucket.abortUpload(this.#key, this.#uploadId);
  }

  async #uploadPart(body: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#uploadId === null) {
      this.#uploadId = await this.#bucket.createUpload(this.#key, this.#contentType);
      await this.#onUpload(this.#uploadId);
    }
    await this.#awaitPart();
    const number = this.#parts.length + 1;
    const uploadId = this.#uploadId;
    this.#uploading = sha256Hex(body).then((sha256) =>
      this.#bucket.uploadPart(this.#key, uploadId, number, body, sha256),
    );
    // The next #awaitPart throws a failure; until then it must not count as unhandled.
    this.#uploading.catch(() => {});
  }

  async #awaitPart(): Promise<void> {
    if (this.#uploading === null) return;
    this.#parts.push(await this.#uploading);
    this.#uploading = null;
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
