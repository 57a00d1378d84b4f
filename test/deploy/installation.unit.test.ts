/** The file of an installation. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import {
  installationPath,
  NEW_INSTALLATION,
  readInstallation,
  writeInstallation,
} from "../../scripts/deploy/installation.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "spillway-installations-"));
  vi.stubEnv("SPILLWAY_INSTALLATIONS", folder);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

it("is missing before the first run, and read as it was written after it", () => {
  expect(readInstallation("staging")).toBeNull();
  const written = { ...NEW_INSTALLATION, domain: "a.example.com", vars: { GZIP_LEVEL: "9" } };
  writeInstallation("staging", written);
  expect(readInstallation("staging")).toEqual(written);
});

it("says at its top what it is and who may change it", () => {
  writeInstallation("staging", NEW_INSTALLATION);
  const text = readFileSync(installationPath("staging"), "utf8");
  expect(text).toMatch(/^\/\/ The installation "staging" of Spillway\. Written by: npm run deploy -- --env staging\n/);
  expect(text).toContain("It has no secret.");
});

it("may be written by hand with a part of its fields, and an address that has slashes", () => {
  const vars = { BUCKET_ENDPOINT: "https://s3.example.com//a" };
  writeFileSync(installationPath("staging"), `// mine\n${JSON.stringify({ vars })}`);
  expect(readInstallation("staging")).toMatchObject({ vars, spaceDatabases: 1 });
});

it("that is no JSON is named, with what to do", () => {
  writeFileSync(installationPath("staging"), "{");
  expect(() => readInstallation("staging")).toThrow(/staging\.jsonc is no JSON\. Correct it, or remove it/);
});
