/**
 * Bodies of foreign servers, which may send anything: a gzipped megabyte is decoded to a gigabyte. They are read as
 * streams, and no more of them than a limit.
 */

/**
 * The whole body. @param maxBytes decoded.
 * @throws Error for a longer one, of which no more is read.
 */
export async function readWhole(response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const { bytes, more } = await read(response, maxBytes);
  if (more) throw new Error(`the answer has more than ${maxBytes} bytes`);
  return bytes;
}

/** As `readWhole`, as text. */
export async function readWholeText(response: Response, maxBytes: number): Promise<string> {
  return new TextDecoder().decode(await readWhole(response, maxBytes));
}

/** The beginning of a body, as text: what is beyond `maxBytes` is not read. */
export async function readStartText(response: Response, maxBytes: number): Promise<string> {
  return new TextDecoder().decode((await read(response, maxBytes)).bytes);
}

async function read(response: Response, maxBytes: number) {
  const pieces: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop cancels the stream.
  for await (const piece of response.body ?? []) {
    pieces.push(piece.subarray(0, maxBytes - length));
    length += piece.byteLength;
    if (length > maxBytes) return { bytes: joined(pieces), more: true };
  }
  return { bytes: joined(pieces), more: false };
}

const joined = (pieces: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(pieces));
