/**
 * The proof that an export is what was put in: its files are fetched and measured here, compared with the manifest, and
 * their rows with the rows that must be in them. Nothing is taken from the service's own word.
 */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { ExportFile, Spillway } from "../client/src/index.ts";
import { downloadTo } from "../client/src/node/index.ts";
import { linesOf } from "./lines.ts";

export interface Digest {
  rows: number;
  /** In hex, of the rows in their order. */
  sha256: string;
}

/** What a manifest says of a stored object. `sha256` in hex. */
export type FileFacts = Omit<ExportFile, "url">;

/** The part of a manifest that is compared with the files. */
export interface Manifest {
  files: (FileFacts & { first: { time: string; id: string } | null; last: { time: string; id: string } | null })[];
  totals: { files: number; rows: number; bytes: number; uncompressed_bytes: number };
}

/** A file as it was measured after its download. */
export interface Received extends FileFacts {
  path: string;
}

/** The manifest of an export, as the service has it. */
export async function manifestOf(client: Spillway, id: string): Promise<Manifest> {
  return (await client.exports.manifest(id)) as unknown as Manifest;
}

/** Downloads every file of a completed export into the folder, and measures it there. */
export async function receive(client: Spillway, id: string, folder: string): Promise<Received[]> {
  const received: Received[] = [];
  for (const { path, file } of await downloadTo(client, id, folder)) {
    const { bytes, sha256 } = await measured(path);
    let rows = 0;
    let uncompressed_bytes = 0;
    for await (const line of linesOf(path)) {
      rows += 1;
      uncompressed_bytes += Buffer.byteLength(line) + 1;
    }
    received.push({ name: file.name, path, rows, bytes, uncompressed_bytes, sha256 });
  }
  return received;
}

async function measured(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const piece of createReadStream(path)) {
    hash.update(piece as Uint8Array);
    bytes += (piece as Uint8Array).byteLength;
  }
  return { bytes, sha256: hash.digest("hex") };
}

/** The differences between the manifest and the measured files, a sentence each. */
export function differences(manifest: Manifest, received: readonly Received[]): string[] {
  const found: string[] = [];
  const compare = (what: string, claimed: unknown, measured: unknown) => {
    if (claimed !== measured)
      found.push(`${what}: the manifest has ${String(claimed)}, the files have ${String(measured)}.`);
  };
  const { totals } = manifest;
  compare("number of files", totals.files, received.length);
  compare("number of files listed", manifest.files.length, received.length);
  for (const figure of ["rows", "bytes", "uncompressed_bytes"] as const) {
    const measured = received.reduce((sum, file) => sum + file[figure], 0);
    compare(`${figure} of all files`, totals[figure], measured);
  }
  for (const [n, file] of received.entries()) {
    for (const figure of ["name", "rows", "bytes", "uncompressed_bytes", "sha256"] as const)
      compare(`${figure} of ${file.name}`, manifest.files[n]?.[figure], file[figure]);
  }
  return found;
}

/** Every row of these files, one after the other. */
export async function* rowsOf(files: readonly Received[]): AsyncGenerator<Record<string, unknown>> {
  for (const { path } of files)
    for await (const line of linesOf(path)) yield JSON.parse(line) as Record<string, unknown>;
}

/** Two digests are equal only if all rows and their order are. The order of keys does not matter. */
export async function digestOf(
  rows: Iterable<Record<string, unknown>> | AsyncIterable<Record<string, unknown>>,
): Promise<Digest> {
  const hash = createHash("sha256");
  let count = 0;
  for await (const row of rows) {
    hash.update(`${canonical(row)}\n`);
    count += 1;
  }
  return { rows: count, sha256: hash.digest("hex") };
}

function canonical(row: Record<string, unknown>): string {
  return JSON.stringify(row, (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
