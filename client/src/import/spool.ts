/** The standard input and pipes: an import reads its file twice, so their content goes into a file of its own first. */

import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { InputError } from "./rows.ts";

export const STDIN = "-";

/** A file that can be read as often as needed. */
export interface InputFile {
  path: string;
  /** Told to people, and in the ids of events. */
  name: string;
  /** The same file is there for the next run, which may continue this one. */
  isKept: boolean;
  /** Removes what was made for this run. */
  release: () => Promise<void>;
}

/** @param file a path; `-` is the standard input. @throws InputError for what cannot be read. */
export async function inputFile(file: string, stdin: Readable, signal: AbortSignal): Promise<InputFile> {
  if (file === STDIN) return spooled(stdin, "stdin", signal);
  const found = await stat(file).catch((thrown: NodeJS.ErrnoException) => {
    throw new InputError(thrown.code === "ENOENT" ? `The file ${file} does not exist.` : thrown.message);
  });
  if (found.isFile()) return { path: file, name: basename(file), isKept: true, release: () => Promise.resolve() };
  if (found.isFIFO()) return spooled(createReadStream(file), basename(file), signal);
  throw new InputError(`${file} is ${found.isDirectory() ? "a folder" : "neither a file nor a pipe"}: name a file.`);
}

async function spooled(from: Readable, name: string, signal: AbortSignal): Promise<InputFile> {
  const folder = await mkdtemp(join(tmpdir(), "spillway-import-"));
  const release = () => rm(folder, { recursive: true, force: true });
  const path = join(folder, name);
  try {
    // What is imported may be personal: other users of the machine do not see it.
    await pipeline(from, createWriteStream(path, { mode: 0o600 }), { signal });
  } catch (thrown) {
    await release();
    throw thrown;
  }
  return { path, name, isKept: false, release };
}
