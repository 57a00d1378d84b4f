/**
 * `npm run openapi:lint`, or `node scripts/openapi.ts [--lint] [--date 2026-01-16]`: prints the OpenAPI document of the
 * own API, with examples as of a day (default: today), or checks it and those of the dialects by the rules of
 * redocly.yaml. Needs no service and no network.
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

const { values } = parseArgs({ options: { lint: { type: "boolean", default: false }, date: { type: "string" } } });
const now = values.date === undefined ? Date.now() : Date.parse(values.date);
// Loaded by paths that the compiler does not follow: the Worker's types are not those of a script.
const load = (file: string) => import(new URL(`../src/http/${file}`, import.meta.url).href);
const { openApiDocument } = (await load("openapi.ts")) as {
  openApiDocument: (api: unknown, routes: unknown, today: number) => unknown;
};
const { dayOfExamples } = (await load("example-dates.ts")) as { dayOfExamples: (now: number) => number };
const { ROUTES } = (await load("routes.ts")) as { ROUTES: unknown };
const { OWN_API } = (await load("docs.ts")) as { OWN_API: unknown };
const { DIALECTS } = (await load("dialects/index.ts")) as {
  DIALECTS: Record<string, { description: unknown; routes: unknown }>;
};
const textOf = (api: unknown, routes: unknown) =>
  JSON.stringify(openApiDocument(api, routes, dayOfExamples(now)), null, 2);
const own = textOf(OWN_API, ROUTES);
if (!values.lint) console.log(own);
else {
  const dialects = Object.values(DIALECTS).map(({ description, routes }) => textOf(description, routes));
  process.exitCode = Math.max(...[own, ...dialects].map(lint));
}
