/**
 * The package as `npm pack` makes it, installed into an empty folder: it runs there, and its types hold without
 * `skipLibCheck`. The TypeScript of its pages is checked against it too.
 */

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../../scripts/stack.ts";

const TSC = join(ROOT, "node_modules", "typescript", "bin", "tsc");
/** Node as the machine has it, where it is not the project's own. */
const OTHER_NODE = "/usr/bin/node";
const PAGES = ["docs/client.md", "client/README.md"];
const WITHIN_MS = 240_000;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "spillway-package-"));
  const packed = npm(ROOT, "pack", "--workspace", "client", "--pack-destination", folder, "--json");
  const [, filename = ""] = /"filename": "([^"]+)"/.exec(packed) ?? [];
  writeFileSync(join(folder, "package.json"), '{ "type": "module", "private": true }');
  npm(folder, "install", "--no-audit", "--no-fund", "--prefer-offline", `./${filename}`);
}, WITHIN_MS);

afterAll(() => rmSync(folder, { recursive: true }));

function npm(cwd: string, ...args: string[]): string {
  return execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** Runs a module of the folder. @returns what it printed. */
function run(node: string, code: string): string {
  writeFileSync(join(folder, "run.js"), code);
  return execFileSync(node, ["run.js"], { cwd: folder, encoding: "utf8" }).trim();
}

/** Checks a module with everything that it imports. @returns the errors. */
function check(code: string, module: string, moduleResolution: string): string {
  writeFileSync(join(folder, "check.ts"), code);
  const lib = ["es2024", "dom", "dom.iterable", "dom.asynciterable"];
  const compilerOptions = { module, moduleResolution, lib, strict: true, noEmit: true, types: [], skipLibCheck: false };
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { ...compilerOptions, target: "es2022" }, files: ["check.ts"] }),
  );
  try {
    return execFileSync(process.execPath, [TSC, "-p", "."], { cwd: folder, encoding: "utf8" });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

const USE = `
import { Spillway, SpillwayError, verifyWebhook } from "spillway-client";
import { downloadTo } from "spillway-client/node";
const spillway = new Spillway({ origin: "http://127.0.0.1:1", key: "sk_x", retries: { attempts: 1 } });
try {
  await spillway.exports.get("x");
} catch (error) {
  if (error instanceof SpillwayError) console.log(error.code, typeof verifyWebhook, typeof downloadTo);
}`;

describe("the packed client", () => {
  it.each([
    ["the project's Node", process.execPath],
    ["the machine's Node", existsSync(OTHER_NODE) ? OTHER_NODE : process.execPath],
  ])("runs in %s", (_what, node) => {
    expect(run(node, USE)).toBe("unreachable function function");
  });

  it.each([
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ])("has types that hold, for modules %s resolved by %s", (module, moduleResolution) => {
    expect(check(USE, module, moduleResolution)).toBe("");
  });

  it("refuses a request that the service would refuse", () => {
    const wrong = USE.replace('exports.get("x")', 'exports.create({ dataset: "no_such_dataset" })');
    expect(check(wrong, "nodenext", "nodenext")).toContain("no_such_dataset");
  });

  it("has the command", () => {
    const bin = join(folder, "node_modules", ".bin", "spillway");
    expect(execFileSync(bin, ["--help"], { cwd: folder, encoding: "utf8" })).toContain("spillway");
  });
});

/** The TypeScript of a page: its blocks together are one module, as a reader meets them. */
function blocksOf(page: string): string {
  const text = readFileSync(join(ROOT, page), "utf8");
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => code).join("\n");
}

it.each(PAGES)("the TypeScript of %s holds", (page) => {
  const code = blocksOf(page);
  expect(code).not.toBe("");
  expect(check(code, "nodenext", "nodenext")).toBe("");
});
