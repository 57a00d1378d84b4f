/**
 * Web Crypto, computed at once: the platform's own works on other threads, whose end virtual time cannot see. Only what
 * the service uses is here; anything else fails with the name that is missing.
 */

import { createCipheriv, createDecipheriv, createHash, hash, hkdfSync, timingSafeEqual } from "node:crypto";
import { notModelled } from "./invocation.ts";

type Bytes = ArrayBuffer | ArrayBufferView;

interface Key {
  raw: Buffer;
}

interface AesGcm {
  iv: Bytes;
  additionalData: Bytes;
}

const TAG_BYTES = 16;
/** Of SHA-256, as HMAC uses it (RFC 2104). */
const BLOCK_BYTES = 64;

const bufferOf = (bytes: Bytes): Buffer =>
  ArrayBuffer.isView(bytes) ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : Buffer.from(bytes);

const arrayOf = (bytes: Uint8Array): ArrayBuffer => {
  const copy = new ArrayBuffer(bytes.length);
  new Uint8Array(copy).set(bytes);
  return copy;
};

const hashName = (algorithm: string | { name: string }): string =>
  (typeof algorithm === "string" ? algorithm : algorithm.name).replace("-", "").toLowerCase();

/** Keys that were derived before. */
const derived = new Map<string, Key>();

/** Node's own makes a key object for each call, which takes longer than the hash. */
function hmacSha256(key: Buffer, bytes: Buffer): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  (key.length > BLOCK_BYTES ? hash("sha256", key, "buffer") : key).copy(block);
  const padded = (pad: number, rest: Buffer) =>
    hash("sha256", Buffer.concat([block.map((byte) => byte ^ pad), rest]), "buffer");
  return padded(0x5c, padded(0x36, bytes));
}

const subtle = {
  timingSafeEqual: (a: Bytes, b: Bytes) => timingSafeEqual(bufferOf(a), bufferOf(b)),

  async digest(algorithm: string | { name: string }, bytes: Bytes): Promise<ArrayBuffer> {
    return arrayOf(hash(hashName(algorithm), bufferOf(bytes), "buffer"));
  },

  async importKey(_format: string, bytes: Bytes): Promise<Key> {
    return { raw: Buffer.from(bufferOf(bytes)) };
  },

  async sign(_algorithm: unknown, key: Key, bytes: Bytes): Promise<ArrayBuffer> {
    return arrayOf(hmacSha256(key.raw, bufferOf(bytes)));
  },

  async deriveKey({ salt, info }: { salt: Bytes; info: Bytes }, base: Key): Promise<Key> {
    const name = `${base.raw.toString("base64")} ${bufferOf(info).toString("base64")}`;
    const known = derived.get(name);
    if (known !== undefined) return known;
    const key = { raw: Buffer.from(hkdfSync("sha256", base.raw, bufferOf(salt), bufferOf(info), 32)) };
    derived.set(name, key);
    return key;
  },

  async encrypt({ iv, additionalData }: AesGcm, key: Key, bytes: Bytes): Promise<ArrayBuffer> {
    const cipher = createCipheriv("aes-256-gcm", key.raw, bufferOf(iv)).setAAD(bufferOf(additionalData));
    return arrayOf(Buffer.concat([cipher.update(bufferOf(bytes)), cipher.final(), cipher.getAuthTag()]));
  },

  async decrypt({ iv, additionalData }: AesGcm, key: Key, bytes: Bytes): Promise<ArrayBuffer> {
    const all = bufferOf(bytes);
    const decipher = createDecipheriv("aes-256-gcm", key.raw, bufferOf(iv)).setAAD(bufferOf(additionalData));
    decipher.setAuthTag(all.subarray(all.length - TAG_BYTES));
    return arrayOf(Buffer.concat([decipher.update(all.subarray(0, all.length - TAG_BYTES)), decipher.final()]));
  },
};

/** Workers' stream that hashes what is written to it. */
class DigestStream extends WritableStream<Uint8Array> {
  readonly digest: Promise<ArrayBuffer>;

  constructor(algorithm: string) {
    const hash = createHash(hashName(algorithm));
    const { promise, resolve } = Promise.withResolvers<ArrayBuffer>();
    super({
      write: (piece) => void hash.update(piece),
      close: () => resolve(arrayOf(hash.digest())),
    });
    this.digest = promise;
  }
}

/** The global `crypto` of a simulation. @param random in [0, 1), seeded. */
export function simulatedCrypto(random: () => number) {
  const fill = <View extends Uint8Array>(view: View): View => {
    for (let index = 0; index < view.length; index += 1) view[index] = Math.floor(random() * 256);
    return view;
  };
  const complete = new Proxy(subtle, {
    get: (target, property) =>
      property in target ? target[property as keyof typeof target] : notModelled(`crypto.subtle.${String(property)}`),
  });
  return {
    subtle: complete,
    DigestStream,
    getRandomValues: fill,
    /** RFC 9562, version 4. */
    randomUUID(): string {
      const bytes = fill(new Uint8Array(16));
      bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
      bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
      const hex = Buffer.from(bytes).toString("hex");
      return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
    },
  };
}
