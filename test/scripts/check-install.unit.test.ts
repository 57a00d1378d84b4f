/** Messages of a script that starts in a checkout with an incomplete installation. */

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const CHECK = join(import.meta.dirname, "..", "..", "scripts", "check-install.cjs");

let checkout: string;

beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), "spillway-install-"));
  mkdirSync(join(checkout, "scripts"));
  cpSync(CHECK, join(checkout, "scripts", "check-install.cjs"));
});
afterEach(() => rmSync(checkout, { recursive: true }));

/** A checkout with these paths below node_modules, and a script that a Node of this version runs. */
function runScript(installed: readonly string[], version: string): { code: number | null; output: string } {
  for (const path of installed) {
    mkdirSync(join(checkout, "node_modules", path, ".."), { recursive: true });
    writeFileSync(join(checkout, "node_modules", path), "");
  }
  writeFileSync(
    join(checkout, "version.cjs"),
    `for (const [name, value] of [["versions", { node: "${version}" }], ["version", "v${version}"]])
      Object.defineProperty(process, name, { value });`,
  );
  const args = ["-r", "./version.cjs", "-r", "./scripts/check-install.cjs", "-e", "console.log('the script ran')"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: checkout, encoding: "utf8" });
  return { code: status, output: (stdout + stderr).trim() };
}

test("without node_modules, npm ci is named", () => {
  expect(runScript([], "24.1.0")).toEqual({
    code: 1,
    output: "The dependencies are not installed. Run: npm ci",
  });
});

test("where the install script of the package node did not run and Node is old, npm rebuild node is named", () => {
  const { code, output } = runScript(["wrangler", "node/package.json"], "20.19.0");
  expect(code).toBe(1);
  expect(output).toContain("needs Node 22.18 or later, and v20.19.0 runs it");
  expect(output).toMatch(/Run: npm rebuild node$/);
});

test("where the installation is complete and an old Node runs the script directly, npm is named", () => {
  const { code, output } = runScript(["wrangler", ".bin/node"], "22.17.1");
  expect(code).toBe(1);
  expect(output).toContain("Start it with npm");
});

test.each(["22.18.0", "24.21.0", "26.0.0"])("Node %s runs the script, from wherever it comes", (version) => {
  expect(runScript(["wrangler"], version)).toEqual({ code: 0, output: "the script ran" });
});

/** Runs `npm run dev`'s check in a checkout whose console/dist has these files, and a page that names them. */
function runDev(built: readonly string[], page = '<script src="/assets/index-1.js">'): string {
  for (const file of ["node_modules/wrangler", "scripts/dev.ts", ...built.map((each) => `console/dist/${each}`)]) {
    mkdirSync(join(checkout, file, ".."), { recursive: true });
    writeFileSync(join(checkout, file), file.endsWith(".html") ? page : "console.log('the script ran')");
  }
  const args = ["-r", "./scripts/check-install.cjs", "scripts/dev.ts"];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: checkout, encoding: "utf8" });
  return (stdout + stderr).trim();
}

const BUILT = ["index.html", "assets/index-1.js", "openapi-explorer.min.js"];

test("where the console is built, the service starts", () => {
  expect(runDev(BUILT)).toBe("the script ran");
});

test.each(BUILT)("where the console's build has no %s, its build is named", (missing) => {
  expect(runDev(BUILT.filter((file) => file !== missing))).toBe(
    `The page of the console is not built: console/dist has no ${missing}. Run: npm run console:build`,
  );
});
