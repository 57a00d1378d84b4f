/** Downloads an export into a folder, in Node, Deno and Bun. */

import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { SpillwayError } from "../errors.ts";
import type { DownloadOptions } from "../exports/download.ts";
import { type Bytes, piecesOf } from "../exports/read.ts";
import type { ExportFile } from "../exports/request.ts";
import type { Spillway } from "../spillway.ts";

export type DownloadToOptions = Omit<DownloadOptions, "have" | "wanted">;

export interface Downloaded {
  /** Where the file is. */
  path: string;
  file: ExportFile;
  /** It was there before, with the right size and SHA-256. */
  wasThere: boolean;
}

/**
 * Writes every file of a completed export into a folder, under the names of the manifest. A file has the name
 * `<name>.part` until its size and SHA-256 are right. A call that is made again leaves complete files as they are, and
 * goes on after the bytes that it has.
 * @param folder is made where it is missing.
 * @returns the files, in the order of the export.
 * @throws SpillwayError `file_damaged`: the file that came is not the one of the manifest. Nothing is left of it.
 */
export async function downloadTo(
  spillway: Spillway,
  id: string,
  folder: string,
  options: DownloadToOptions = {},
): Promise<Downloaded[]> {
  await mkdir(folder, { recursive: true });
  const names: string[] = [];
  const downloaded = new Map<string, Downloaded>();
  const parts = new Map<string, number>();
  const wanted = async (file: ExportFile): Promise<boolean> => {
    const path = join(folder, plainName(file.name));
    names.push(file.name);
    if (await isComplete(path, file)) {
      downloaded.set(file.name, { path, file, wasThere: true });
      return false;
    }
    const begun = await sizeOf(`${path}.part`);
    if (begun !== null && begun > 0) parts.set(file.name, begun);
    return true;
  };
  const sink = async (file: ExportFile, bytes: ReadableStream<Bytes>): Promise<void> => {
    const path = join(folder, plainName(file.name));
    const part = `${path}.part`;
    try {
      const flags = parts.has(file.name) ? "a" : "w";
      await pipeline(piecesOf(bytes), createWriteStream(part, { flags }));
    } catch (error) {
      if (error instanceof SpillwayError && error.code === "file_damaged") await rm(part, { force: true });
      throw error;
    }
    await rename(part, path);
    downloaded.set(file.name, { path, file, wasThere: false });
  };
  const have = (file: ExportFile) => {
    const bytes = parts.get(file.name);
    if (bytes === undefined) return undefined;
    return createReadStream(join(folder, `${plainName(file.name)}.part`), { end: bytes - 1 });
  };
  await spillway.exports.download(id, sink, { ...options, wanted, have });
  return names.flatMap((name) => downloaded.get(name) ?? []);
}

/** A name that stays inside the folder. */
function plainName(name: string): string {
  if (name === "" || name === "." || name === ".." || /[/\\\0]/.test(name))
    throw new TypeError(`The name of this file is not one of a file in a folder: ${JSON.stringify(name)}`);
  return name;
}

async function isComplete(path: string, file: ExportFile): Promise<boolean> {
  if ((await sizeOf(path)) !== file.bytes) return false;
  const hash = sha256.create();
  for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  return bytesToHex(hash.digest()) === file.sha256;
}

/** @returns null where no file is there. */
async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ size }) => size,
    () => null,
  );
}
