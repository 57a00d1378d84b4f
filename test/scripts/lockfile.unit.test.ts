/** `npm ci` checks what it downloads against package-lock.json: each package, for every platform. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../scripts/stack.ts";

interface Locked {
  link?: boolean;
  integrity?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
  packages: Record<string, Locked>;
};

test("every package of the lockfile has its SHA-512", () => {
  const downloaded = Object.entries(packages).filter(
    // The project and its workspaces are folders here.
    ([path, { link }]) => path.includes("node_modules/") && link !== true,
  );
  expect(downloaded.length).toBeGreaterThan(200);
  const unchecked = downloaded.filter(([, { integrity }]) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? ""));
  expect(unchecked.map(([path]) => path)).toEqual([]);
});

test("every dependency of a package of the lockfile is there, also those of other systems", () => {
  const missing = Object.entries(packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter((name) => !foldersAbove(path).some((folder) => packages[`${folder}node_modules/${name}`] !== undefined))
      .map((name) => `${path}: ${name}`),
  );
  expect(missing).toEqual([]);
});

/** Where Node looks for the dependencies of a package: beside it, then further up. */
function foldersAbove(path: string): string[] {
  const parts = path === "" ? [] : path.split("/");
  return [...parts.keys(), parts.length].map((length) =>
    parts
      .slice(0, length)
      .map((part) => `${part}/`)
      .join(""),
  );
}
