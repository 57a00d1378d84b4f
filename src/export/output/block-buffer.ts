/**
 * Text → UTF-8 in blocks of one size, whatever the pieces it came in: so the compressor sees the same blocks each time, and
 * the bytes of a file do not depend on how its rows were paged.
 */
export class BlockBuffer {
  static readonly BLOCK_BYTES = 1_048_576;
  readonly #encoder = new TextEncoder();
  readonly #block = new Uint8Array(BlockBuffer.BLOCK_BYTES);
  readonly #sink: (block: Uint8Array) => void;
  #used = 0;

  /** @param sink takes each block; the array is used again afterwards. */
  constructor(sink: (block: Uint8Array) => void) {
    this.#sink = sink;
  }

  write(text: string): void {
    let rest = text;
    while (rest.length > 0) {
      const { read, written } = this.#encoder.encodeInto(rest, this.#block.subarray(this.#used));
      this.#used += written;
      if (read === rest.length) break;
      rest = rest.slice(read);
      this.flush();
    }
  }

  /** Passes on what is there. */
  flush(): void {
    if (this.#used > 0) this.#sink(this.#block.subarray(0, this.#used));
    this.#used = 0;
  }
}
