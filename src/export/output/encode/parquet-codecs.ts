/** The codecs of pages inside a Parquet file, by the name that a request has for them. */

import type { ParquetWriter } from "hyparquet-writer";
import { zstd } from "../compression/zstd.ts";
import { ALWAYS_COMPRESSED_BYTES, zstdEngine } from "../compression/zstd-engine.ts";

type WriterOptions = ConstructorParameters<typeof ParquetWriter>[0];

export interface PageCodec {
  /** Whether this runtime has it. */
  readonly isSupported: () => boolean;
  /** The writer's own options. */
  readonly options: Pick<WriterOptions, "codec" | "compressors">;
  /** The size of a page before compression, about. */
  readonly pageBytes: number;
}

/** The writer's own default. */
const PAGE_BYTES = 1_048_576;
/** A page with the lengths of its texts is below ALWAYS_COMPRESSED_BYTES, unless one text is longer. */
const ZSTD_PAGE_BYTES = 24_000;

/** A page is one frame, or several where a text is so long that the runtime's zstd makes no frame of it. */
function zstdPage(page: Uint8Array): Uint8Array {
  if (zstdEngine === null) throw new Error("the runtime has no zstd");
  try {
    return zstdEngine.compress(page);
  } catch (thrown) {
    if (page.length <= ALWAYS_COMPRESSED_BYTES) throw thrown;
    const frames: Uint8Array[] = [];
    for (let from = 0; from < page.length; from += ALWAYS_COMPRESSED_BYTES)
      frames.push(zstdEngine.compress(page.subarray(from, from + ALWAYS_COMPRESSED_BYTES)));
    return Buffer.concat(frames);
  }
}

export const PAGE_CODECS = {
  snappy: { isSupported: () => true, options: { codec: "SNAPPY" }, pageBytes: PAGE_BYTES },
  zstd: {
    isSupported: () => zstd.isSupported(),
    options: { codec: "ZSTD", compressors: { ZSTD: zstdPage } },
    pageBytes: ZSTD_PAGE_BYTES,
  },
  none: { isSupported: () => true, options: { codec: "UNCOMPRESSED" }, pageBytes: PAGE_BYTES },
} as const satisfies Record<string, PageCodec>;
