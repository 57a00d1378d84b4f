/** Files as they are, for readers that decompress nothing. */

import type { Compression } from "./codec.ts";

const NOTHING = new Uint8Array();

export const none: Compression = {
  mediaType: null,
  contentEncoding: null,
  extension: "",
  isSupported: () => true,
  // The caller reuses the block.
  compressBlock: (block) => block.slice(),
  join: { header: NOTHING, trailerBytes: 0, trailer: () => NOTHING },
  decompress: (file) => file,
};
