/** Reads streams in every runtime: not all browsers loop over a ReadableStream. */

/** Bytes as streams of the platform take them. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** The pieces of a stream. Leaving the loop early cancels the stream. */
export async function* piecesOf(stream: ReadableStream<Bytes>): AsyncGenerator<Bytes, void> {
  const reader = stream.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      ended = done;
      if (value === undefined) return;
      yield value;
    }
  } finally {
    // A stream that has failed is over already; its error is on its way.
    if (!ended) await reader.cancel().catch(() => {});
  }
}

/** A stream of these pieces, each made when it is asked for. */
export function streamOf(pieces: AsyncGenerator<Bytes, void>): ReadableStream<Bytes> {
  return new ReadableStream<Bytes>({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await pieces.return();
    },
  });
}
