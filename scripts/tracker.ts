/**
 * `npm run tracker` builds the script for web pages: tracker/tracker.ts → src/http/tracker/script.ts, which the
 * Worker serves. With `--check` it writes nothing, and fails where that file is not what the source gives.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { ROOT } from "./stack.ts";

const FILE = join(ROOT, "src", "http", "tracker", "script.ts");

/** The script as browsers get it: minified, in one function, for browsers since 2023. */
export function buildTracker(): string {
  const { outputFiles } = buildSync({
    entryPoints: [join(ROOT, "tracker", "tracker.ts")],
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    write: false,
  });
  return (outputFiles[0]?.text ?? "").trim();
}

/** The generated file's text. */
export const generated = () =>
  `// Built from tracker/tracker.ts by \`npm run tracker\`. Do not change it by hand.\nexport const SCRIPT =\n  ${JSON.stringify(buildTracker())};\n`;

if (import.meta.main) {
  const isCheck = process.argv.includes("--check");
  if (!isCheck) writeFileSync(FILE, generated());
  else if (readFileSync(FILE, "utf8") !== generated()) {
    console.error("src/http/tracker/script.ts is out of date: run `npm run tracker`.");
    process.exitCode = 1;
  }
}
