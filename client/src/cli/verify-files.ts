/** Compares downloaded files with the manifest of their export. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, join } from "node:path";

/** What the manifest says of a file. */
export interface ExpectedFile {
  name: string;
  bytes: number;
  sha256: string;
}

export interface CheckedFile {
  name: string;
  status: "ok" | "missing" | "changed";
  detail: string;
}

/**
 * Reads each file as a stream.
 * @param onFile called after each file.
 * @param signal ends the work with its reason.
 * @throws Error of the file system, but where a file is missing.
 */
export async function verifyFiles(
  folder: string,
  files: AsyncIterable<ExpectedFile> | Iterable<ExpectedFile>,
  signal: AbortSignal,
  onFile: (done: number) => void,
): Promise<CheckedFile[]> {
  const checked: CheckedFile[] = [];
  for await (const file of files) {
    signal.throwIfAborted();
    checked.push(await verifyFile(folder, file));
    onFile(checked.length);
  }
  return checked;
}

async function verifyFile(folder: string, { name, bytes, sha256 }: ExpectedFile): Promise<CheckedFile> {
  // Names come from the service: one that leads out of the folder is not followed.
  if (basename(name) !== name)
    return { name, status: "missing", detail: "The name is not that of a file in a folder." };
  const path = join(folder, name);
  try {
    const { size } = await stat(path);
    if (size !== bytes) return { name, status: "changed", detail: `${size} bytes instead of ${bytes}` };
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "ENOENT") throw thrown;
    return { name, status: "missing", detail: `not in ${folder}` };
  }
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  const found = hash.digest("hex");
  return found === sha256
    ? { name, status: "ok", detail: "" }
    : { name, status: "changed", detail: `SHA-256 ${found} instead of ${sha256}` };
}
