/**
 * The record of migrations: `SHA256SUMS` beside their folders, as `sha256sum -c` reads it. wrangler remembers the names
 * of the migrations that a database has run, and not what was in them: a file that is changed afterwards is in force in
 * new installations alone.
 */

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const SUMS = "SHA256SUMS";

export type Sums = ReadonlyMap<string, string>;

/** The migrations in the folders of a folder, in the order in which they run: paths → SHA-256. */
export function sumsOf(dir: string): Sums {
  const files = readdirSync(dir, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".sql"))
    .toSorted();
  return new Map(
    files.map((file) => [
      file,
      createHash("sha256")
        .update(readFileSync(join(dir, file)))
        .digest("hex"),
    ]),
  );
}

/** @returns what was recorded; nothing where there is no record. */
export function readSums(dir: string): Sums {
  const path = join(dir, SUMS);
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
  return new Map(
    lines.flatMap((line) => {
      const [, sum, file] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
      return sum === undefined || file === undefined ? [] : [[file, sum]];
    }),
  );
}

/** Adds the migrations that are not recorded. What was recorded stays as it is. @returns the added files. */
export function record(dir: string): string[] {
  const recorded = readSums(dir);
  const added = [...sumsOf(dir)].filter(([file]) => !recorded.has(file));
  const lines = [...recorded, ...added]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([file, sum]) => `${sum}  ${file}\n`);
  writeFileSync(join(dir, SUMS), lines.join(""));
  return added.map(([file]) => file);
}
