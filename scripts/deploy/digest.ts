/**
 * What a version of the Worker is made of, as one short text: its sources, the console's page, the locked
 * dependencies, and the configuration. A version with the same digest is not uploaded again.
 */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../stack.ts";

const FOLDERS = ["src", join("console", "dist")];
const FILES = ["package.json", "package-lock.json"];
const CHARACTERS = 20;

/** @param config wrangler's configuration of the installation. */
export function digestOf(config: Readonly<Record<string, unknown>>): string {
  const hash = createHash("sha256");
  const folders = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  const files = [...folders, ...FILES.map((file) => join(ROOT, file))].toSorted();
  for (const file of files) {
    const content = readFileSync(file);
    hash.update(`${file.slice(ROOT.length)} ${content.length}\n`).update(content);
  }
  return hash.update(JSON.stringify(config)).digest("hex").slice(0, CHARACTERS);
}
