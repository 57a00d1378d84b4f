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
/** The runtime as npm has it, installed beside the client: the project itself needs none. */
const DENO = "deno@2.9.6";
const PAGES = ["docs/client.md", "client/README.md"];
const WITHIN_MS = 240_000;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "spillway-package-"));
  const packed = npm(ROOT, "pack", "--workspace", "client", "--pack-destination", folder, "--json");
  const [, filename = ""] = /"filename": "([^"]+)"/.exec(packed) ?? [];
  writeFileSync(join(folder, "package.json"), '{ "type": "module", "private": true }');
  npm(folder, "install", "--no-audit", "--no-fund", "--prefer-offline", `./${filename}`, DENO);
}, WITHIN_MS);

afterAll(() => rmSync(folder, { recursive: true }));

function npm(cwd: string, ...args: string[]): string {
  return execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** Runs a module of the folder. @param command the runtime, and its arguments. @returns what it printed. */
function run([program = "", ...args]: readonly string[], code: string): string {
  writeFileSync(join(folder, "run.js"), code);
  return execFileSync(program, [...args, "run.js"], { cwd: folder, encoding: "utf8" }).trim();
}

/** What the client asks of Deno: the network, and to read its own files. */
const inDeno = () => [
  join(folder, "node_modules", ".bin", "deno"),
  "run",
  "--allow-net",
  "--allow-read",
  "--allow-env",
];

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

/** A call that is answered, and a webhook that its secret signed. */
const EXCHANGE = `
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { Spillway, verifyWebhook } from "spillway-client";
const server = createServer((request, response) => {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ called: request.url, as: request.headers.authorization }));
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const spillway = new Spillway({ origin: "http://127.0.0.1:" + server.address().port, key: "sk_x" });
const { called, as } = await spillway.request("GET", "/v1/space");
server.close();
const secret = Buffer.from("0123456789abcdef0123456789abcdef");
const body = JSON.stringify({ type: "export.completed", timestamp: new Date().toISOString(), data: {} });
const seconds = String(Math.floor(Date.now() / 1000));
const signature = createHmac("sha256", secret).update(["evt_1", seconds, body].join(".")).digest("base64");
const headers = { "webhook-id": "evt_1", "webhook-timestamp": seconds, "webhook-signature": "v1," + signature };
const { type } = await verifyWebhook(body, headers, "whsec_" + secret.toString("base64"));
console.log(called, as, type);`;

describe("the packed client", () => {
  it.each([
    ["the project's Node", () => [process.execPath]],
    ["the machine's Node", () => [existsSync(OTHER_NODE) ? OTHER_NODE : process.execPath]],
    ["Deno", inDeno],
  ])("runs in %s", (_what, command) => {
    expect(run(command(), USE)).toBe("unreachable function function");
    expect(run(command(), EXCHANGE)).toBe("/v1/space Bearer sk_x export.completed");
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
