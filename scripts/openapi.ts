/**
 * `npm run openapi:lint`, or `node scripts/openapi.ts [--lint]`: prints the OpenAPI document, or checks it by the rules
 * of redocly.yaml. Needs no service and no network.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const ROOT = join(import.meta.dirname, "..");

/** @returns the linter's exit code: 0 without an error or a warning. */
function lint(json: string): number {
  const directory = mkdtempSync(join(tmpdir(), "spillway-openapi-"));
  try {
    const file = join(directory, "openapi.json");
    writeFileSync(file, json);
    const cli = createRequire(import.meta.url).resolve("@redocly/cli/bin/cli.js");
    const { status, error } = spawnSync(
      process.execPath,
      [cli, "lint", file, "--config", join(ROOT, "redocly.yaml"), "--format", "stylish"],
      {
        cwd: ROOT,
        stdio: "inherit",
        env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
      },
    );
    if (error !== undefined) throw error;
    return status ?? 1;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const { values } = parseArgs({ options: { lint: { type: "boolean", default: false } } });
// Loaded by paths that the compiler does not follow: the Worker's types are not those of a script.
const load = (file: string) => import(new URL(`../src/http/${file}`, import.meta.url).href);
const { openApiDocument } = (await load("openapi.ts")) as {
  openApiDocument: (routes: unknown, today: number) => unknown;
};
const { dayOfExamples } = (await load("example-dates.ts")) as { dayOfExamples: (now: number) => number };
const { ROUTES } = (await load("routes.ts")) as { ROUTES: unknown };
const json = JSON.stringify(openApiDocument(ROUTES, dayOfExamples(Date.now())), null, 2);
if (values.lint) process.exitCode = lint(json);
else console.log(json);
