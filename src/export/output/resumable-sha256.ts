/**
 * SHA-256 whose state can be written down: one invocation continues what another began. node:crypto's is eight times as
 * fast (1,400 against 180 MB/s) and keeps its state to itself. A state is taken between two blocks of 64 bytes: the
 * parts of an upload end there.
 */

import { _SHA256 } from "@noble/hashes/sha2.js";

/** As JSON: the eight words of FIPS 180-4, 6.2.2, and how many bytes were hashed. */
export interface Sha256State {
  words: readonly number[];
  bytes: number;
}

/** The library's state is protected, so that only a subclass can read and set it. */
class Hash extends _SHA256 {
  save(): Sha256State {
    if (this.pos !== 0) throw new Error("a hash is saved at the end of a block");
    return { words: this.get(), bytes: this.length };
  }

  restore({ words, bytes }: Sha256State): void {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = words;
    this.set(a, b, c, d, e, f, g, h);
    this.length = bytes;
  }
}

export class ResumableSha256 {
  readonly #hash = new Hash();

  /** @param state what `save` returned; without one, it begins. */
  constructor(state: Sha256State | null = null) {
    if (state !== null) this.#hash.restore(state);
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  /** @throws Error within a block of 64 bytes. */
  save(): Sha256State {
    return this.#hash.save();
  }

  /** Ends the hash. */
  digest(encoding: "hex" = "hex"): string {
    return Buffer.from(this.#hash.digest()).toString(encoding);
  }
}
