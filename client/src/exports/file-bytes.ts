/**
 * The bytes of one stored file, whatever happens on the way: a connection that breaks is continued where it broke, an
 * expired link is made anew, and at the end size and SHA-256 must be those of the manifest.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { failure, problemOf } from "../errors.ts";
import { mediaTypeOf } from "../expected-answer.ts";
import type { CallOptions, Transport } from "../transport.ts";
import { type Bytes, piecesOf } from "./read.ts";
import type { ExportFile } from "./request.ts";

/** A file, and a way to a fresh link to it. */
export interface LinkedFile {
  file: ExportFile;
  renew: () => Promise<string | undefined>;
}

export interface ByteOptions extends CallOptions {
  /** The file's first bytes, where some were fetched before: they are checked too, and not given again. */
  have?: AsyncIterable<Uint8Array>;
}

/** @throws SpillwayError `file_damaged` after the last byte; `conflict` for a file in a customer's bucket. */
export async function* fileBytes(
  transport: Transport,
  linked: LinkedFile,
  { have, ...options }: ByteOptions,
): AsyncGenerator<Bytes, void> {
  const { file } = linked;
  const hash = sha256.create();
  let offset = 0;
  for await (const piece of have ?? []) {
    hash.update(piece);
    offset += piece.byteLength;
  }
  const link = new Link(linked);
  while (offset < file.bytes) {
    const from = offset;
    const pieces = await transport.trying(() => open(transport, link, from, options), { ...options, repeatable: true });
    // Nothing is left at this offset, though the manifest has more.
    if (pieces === null) break;
    try {
      for await (const piece of pieces) {
        hash.update(piece);
        offset += piece.byteLength;
        yield piece;
      }
    } catch {
      // The connection broke after at least one piece: go on from there.
      options.signal?.throwIfAborted();
    }
  }
  const found = { bytes: offset, sha256: bytesToHex(hash.digest()) };
  if (found.bytes === file.bytes && found.sha256 === file.sha256) return;
  const detail =
    `${file.name} is damaged: the manifest has ${file.bytes} bytes with SHA-256 ${file.sha256}, ` +
    `${found.bytes} bytes with ${found.sha256} came.`;
  throw failure({ code: "file_damaged", status: 0, detail, file: file.name });
}

/** The presigned link of a file, which lasts for minutes. */
class Link {
  readonly name: string;
  url: string | undefined;
  readonly #renew: () => Promise<string | undefined>;

  constructor({ file, renew }: LinkedFile) {
    this.name = file.name;
    this.url = file.url;
    this.#renew = renew;
  }

  async renew(): Promise<void> {
    this.url = await this.#renew();
  }
}

/**
 * Opens a file at an offset, up to its first piece: a connection that breaks before it has given nothing.
 * @returns its pieces; null where the object has none at this offset.
 */
async function open(
  transport: Transport,
  link: Link,
  offset: number,
  { signal }: CallOptions,
): Promise<AsyncGenerator<Bytes, void> | null> {
  const response = await getRenewed(transport, link, offset, signal);
  if (response.status === 416) return null;
  if (!response.ok) throw problemOf(`The bucket's link to ${link.name}`, response, await response.text());
  // A stored file is never a page: this is one of a proxy.
  if (mediaTypeOf(response) === "text/html") {
    await response.body?.cancel();
    throw problemOf(`The bucket's link to ${link.name}`, response, null);
  }
  if (response.body === null) return null;
  // Without `Range` the answer begins with the first byte.
  const pieces = without(piecesOf(response.body), response.status === 206 ? 0 : offset);
  try {
    const first = await pieces.next();
    return first.done === true ? null : followedBy(first.value, pieces);
  } catch (thrown) {
    signal?.throwIfAborted();
    const detail = `The bucket's answer for ${link.name} ended before its first byte.`;
    throw failure({ code: "unreadable", status: 0, detail }, { cause: thrown });
  }
}

/** A link that has expired answers 403: then a fresh one is asked for, once. */
async function getRenewed(
  transport: Transport,
  link: Link,
  offset: number,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const response = await get(transport, link, offset, signal);
  if (response.status !== 403) return response;
  await response.body?.cancel();
  await link.renew();
  return get(transport, link, offset, signal);
}

async function get(
  transport: Transport,
  { name, url }: Link,
  offset: number,
  signal: AbortSignal | undefined,
): Promise<Response> {
  if (url === undefined) {
    const detail = `${name} is in your own bucket: read it there.`;
    throw failure({ code: "conflict", status: 409, detail });
  }
  const headers: Record<string, string> = offset === 0 ? {} : { range: `bytes=${offset}-` };
  try {
    // The link carries its own signature: no key goes to the bucket.
    return await transport.fetch(new Request(url, { headers, ...(signal && { signal }) }));
  } catch (thrown) {
    signal?.throwIfAborted();
    const detail = `The bucket at ${new URL(url).origin} does not answer.`;
    throw failure({ code: "unreachable", status: 0, detail }, { cause: thrown });
  }
}

async function* followedBy(first: Bytes, rest: AsyncGenerator<Bytes, void>): AsyncGenerator<Bytes, void> {
  try {
    yield first;
    yield* rest;
  } finally {
    await rest.return();
  }
}

async function* without(pieces: AsyncGenerator<Bytes, void>, bytes: number): AsyncGenerator<Bytes, void> {
  let left = bytes;
  for await (const piece of pieces) {
    if (piece.byteLength > left) yield piece.subarray(left);
    left = Math.max(0, left - piece.byteLength);
  }
}
