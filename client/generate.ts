/**
 * `npm run client:generate` makes the generated part of the client of the service's own OpenAPI document:
 * client/src/generated. With `--check` it writes nothing, and fails where that folder is not what the document gives.
 */

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@hey-api/openapi-ts";
import { documentOfCalls } from "../scripts/document-of-calls.ts";

const FOLDER = join(import.meta.dirname, "src", "generated");

/** The TypeScript files of a folder and its folders, in order: name and text. */
const textsIn = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .toSorted()
    .map((name) => ({ name, text: readFileSync(join(folder, name), "utf8") }));

/** Writes the generated files to a folder. @param work a folder for the document. */
async function generate(folder: string, work: string): Promise<void> {
  const document = join(work, "openapi.json");
  writeFileSync(document, JSON.stringify(documentOfCalls()));
  await createClient({
    input: document,
    output: { path: folder, module: { extension: ".ts" } },
    logs: { level: "silent", file: false },
    plugins: ["@hey-api/client-fetch", "@hey-api/typescript", "@hey-api/sdk"],
  });
  // The generator's own runtime is not written for exactOptionalPropertyTypes; the types and calls are.
  for (const { name, text } of textsIn(folder))
    if (/^(client|core)[\\/]/.test(name)) writeFileSync(join(folder, name), `// @ts-nocheck\n${text}`);
}

const work = mkdtempSync(join(tmpdir(), "spillway-client-"));
try {
  const fresh = join(work, "generated");
  await generate(fresh, work);
  if (!process.argv.includes("--check")) {
    rmSync(FOLDER, { recursive: true, force: true });
    cpSync(fresh, FOLDER, { recursive: true });
  } else if (JSON.stringify(textsIn(fresh)) !== JSON.stringify(textsIn(FOLDER))) {
    console.error("client/src/generated is out of date: run `npm run client:generate`.");
    process.exitCode = 1;
  }
} finally {
  rmSync(work, { recursive: true });
}
