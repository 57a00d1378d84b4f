/** Reads exported files with decoders that are independent of the service. */

import { gunzipSync } from "node:zlib";
import { decompress } from "fzstd";

/** Every byte of every member. @throws when a CRC or length does not fit. */
export function gunzip(bytes: Uint8Array): string {
  return gunzipSync(bytes).toString("utf8");
}

/** A file's text, by the ending of its name. */
export function unpack(name: string, bytes: Uint8Array): string {
  if (name.endsWith(".gz")) return gunzip(bytes);
  return Buffer.from(name.endsWith(".zst") ? decompress(bytes) : bytes).toString("utf8");
}

export function lines<Row = Record<string, unknown>>(text: string): Row[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Row);
}
