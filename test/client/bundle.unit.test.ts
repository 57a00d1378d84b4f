/** The client in a browser: what a bundler makes of it needs nothing of Node, and is small. */

import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, it } from "vitest";

const ENTRY = new URL("../../client/src/index.ts", import.meta.url).pathname;
const MAX_BYTES = 25_000;

it("its entry is bundled for browsers, without a module of Node, in less than 25 KB gzipped", async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [ENTRY],
    bundle: true,
    format: "esm",
    platform: "browser",
    minify: true,
    write: false,
    metafile: true,
  });
  expect(Object.keys(metafile.inputs).filter((path) => /client\/src\/(node|cli|import)\//.test(path))).toEqual([]);
  expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path))).toEqual([]);
  expect(gzipSync(outputFiles[0]?.contents ?? new Uint8Array()).byteLength).toBeLessThan(MAX_BYTES);
});
