/**
 * `npm run postman` makes docs/connect/spillway.postman_collection.json of the OpenAPI document. With `--check` it
 * writes nothing, and fails where that file is not what the document gives.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { documentOfCalls } from "./document-of-calls.ts";
import { collectionOf } from "./postman/collection.ts";
import { EXAMPLES_AS_OF } from "./postman/days.ts";
import { ROOT } from "./stack.ts";

const FILE = join(ROOT, "docs", "connect", "spillway.postman_collection.json");

const text = `${JSON.stringify(collectionOf(documentOfCalls(EXAMPLES_AS_OF)), null, 1)}\n`;
if (!process.argv.includes("--check")) writeFileSync(FILE, text);
else if (readFileSync(FILE, "utf8") !== text) {
  console.error("docs/connect/spillway.postman_collection.json is out of date: run `npm run postman`.");
  process.exitCode = 1;
}
