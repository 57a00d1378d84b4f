/** `npm ci` checks what it downloads against package-lock.json: each package, for every platform. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../scripts/stack.ts";

interface Lockfile {
  packages: Record<string, { link?: boolean; integrity?: string }>;
}

test("every package of the lockfile has its SHA-512", () => {
  const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as Lockfile;
  const downloaded = Object.entries(packages).filter(
    // The project and its workspaces are folders here.
    ([path, { link }]) => path.includes("node_modules/") && link !== true,
  );
  expect(downloaded.length).toBeGreaterThan(200);
  const unchecked = downloaded.filter(([, { integrity }]) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? ""));
  expect(unchecked.map(([path]) => path)).toEqual([]);
});
