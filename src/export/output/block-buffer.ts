/**
 * Text → UTF-8 in blocks of one size, however the text is cut into writes. So the compressor sees the same blocks each
 * time, and a file's bytes do not depend on how its rows were paged.
 */
export class BlockBuffer {
  static readonly BLOCK_BYTES = 1_048_576;
  readonly #encoder = new TextEncoder();
  readonly #block = new Uint8Array(BlockBuffer.BLOCK_BYTES);
  readonly #sink: (block: Uint8Array) => void;
  #used = 0;

  /** @param sink receives each block; its array is reused afterwards. */
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

  /** Hands the last, shorter block to the sink. */
  flush(): void {
    if (this.#used > 0) this.#sink(this.#block.subarray(0, this.#used));
    this.#used = 0;
  }
}
