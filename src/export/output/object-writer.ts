/**
 * Writes one object of unknown length in bounded memory. What stays under one part goes as a single PUT; what outgrows
 * it goes as a multipart upload in parts of one size, one part under way while the next fills. Each request is signed
 * with the hash of what it carries, and the whole is hashed on the way.
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
  #underWay: Promise<UploadedPart> | null = null;

  /** @param onUpload is told of a multipart upload before its first part, so that a later try can end it. */
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

  /** Takes a piece over; nothing is sent before `drain` or `finish`. */
  write(piece: Uint8Array): void {
    this.#hash.update(piece);
    this.#pieces.push(piece);
    this.#pending += piece.length;
    this.#bytes += piece.length;
  }

  /** Sends the parts that are full. To be called often enough that no more than a part waits. */
  async drain(): Promise<void> {
    while (this.#pending > this.#partBytes) await this.#sendPart(this.#take(this.#partBytes));
  }

  /** Sends the rest and closes the object. @returns its length and the SHA-256 of it, in hex. */
  async finish(): Promise<{ bytes: number; sha256: string }> {
    await this.drain();
    const rest = this.#take(this.#pending);
    const sha256 = this.#hash.digest("hex");
    if (this.#uploadId === null) {
      await this.#bucket.putOnce(this.#key, rest, sha256, this.#contentType);
    } else {
      await this.#sendPart(rest);
      await this.#settle();
      const whole = { bytes: this.#bytes, sha256 };
      await this.#bucket.completeUpload(this.#key, this.#uploadId, this.#parts, whole);
    }
    return { bytes: this.#bytes, sha256 };
  }

  /** After a failure: drops the parts that were sent. */
  async abort(): Promise<void> {
    await this.#underWay?.catch(() => {});
    if (this.#uploadId !== null) await this.#bucket.abortUpload(this.#key, this.#uploadId);
  }

  async #sendPart(body: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#uploadId === null) {
      this.#uploadId = await this.#bucket.createUpload(this.#key, this.#contentType);
      await this.#onUpload(this.#uploadId);
    }
    await this.#settle();
    const number = this.#parts.length + 1;
    const uploadId = this.#uploadId;
    this.#underWay = sha256Hex(body).then((sha256) =>
      this.#bucket.uploadPart(this.#key, uploadId, number, body, sha256),
    );
    // A failure is seen by whoever settles next; until then it is not unhandled.
    this.#underWay.catch(() => {});
  }

  async #settle(): Promise<void> {
    if (this.#underWay === null) return;
    this.#parts.push(await this.#underWay);
    this.#underWay = null;
  }

  /** The first `length` of the waiting bytes, as one array. */
  #take(length: number): Uint8Array<ArrayBuffer> {
    const taken = new Uint8Array(length);
    let at = 0;
    while (at < length) {
      const piece = this.#pieces[0];
      if (piece === undefined) throw new Error("fewer bytes wait than were counted");
      const fits = Math.min(piece.length, length - at);
      taken.set(piece.subarray(0, fits), at);
      at += fits;
      if (fits === piece.length) this.#pieces.shift();
      else this.#pieces[0] = piece.subarray(fits);
    }
    this.#pending -= length;
    return taken;
  }
}
