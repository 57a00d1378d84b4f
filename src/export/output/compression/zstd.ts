/**
 * Zstandard (RFC 8878). A file is one frame, whose blocks may come from several chunks: see zstd-blocks.ts. Another
 * version of the runtime may make other bytes of the same rows.
 */

import * as zlib from "node:zlib";
import { type Compression, compressFile } from "./codec.ts";
import { HEADER, independentBlocks, TRAILER } from "./zstd-blocks.ts";
import { type ZstdEngine, zstdEngine } from "./zstd-engine.ts";

const PROBE = Buffer.from('{"a line":"as a file may have it","of":"rows"}\n'.repeat(4_000));

/** @param engine null: the runtime has none. */
export function createZstd(engine: ZstdEngine | null): Compression {
  let works: boolean | null = null;
  const zstd: Compression = {
    mediaType: "application/zstd",
    contentEncoding: "zstd",
    extension: ".zst",
    isSupported: () => (works ??= engine !== null && isProved(zstd, engine)),
    compressBlock(block) {
      if (engine === null) throw new Error("the runtime has no zstd");
      return Buffer.concat(independentBlocks(block, engine));
    },
    join: { header: HEADER, trailerBytes: TRAILER.length, trailer: () => TRAILER },
    decompress: (file) => file.pipeThrough(decoder()),
  };
  return zstd;
}

/** An engine that always fails would store everything, and that is no zstd that a client asked for. */
function isProved(zstd: Compression, { decompress }: ZstdEngine): boolean {
  try {
    const file = compressFile(zstd, PROBE, { gzip: { engine: "native", level: 1 } });
    return file.length < PROBE.length / 4 && Buffer.compare(decompress(file), PROBE) === 0;
  } catch {
    return false;
  }
}

/** The runtime's decoder as a stream of the web. A file that is cut off breaks the stream off. */
function decoder(): TransformStream<Uint8Array, Uint8Array> {
  const stream = zlib.createZstdDecompress();
  const ended = Promise.withResolvers<void>();
  // A write that waits takes the failure over.
  ended.promise.catch(() => {});
  stream.on("end", ended.resolve).on("error", ended.reject);
  return new TransformStream({
    start: (controller) => void stream.on("data", (piece: Uint8Array) => controller.enqueue(piece)),
    async transform(piece) {
      const { promise: taken, resolve } = Promise.withResolvers<void>();
      stream.write(piece, () => resolve());
      await Promise.race([taken, ended.promise]);
    },
    async flush() {
      stream.end();
      await ended.promise;
    },
  });
}

export const zstd = createZstd(zstdEngine);
