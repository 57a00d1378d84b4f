/**
 * Builds the page for the Worker's static assets: console/dist. Beside the page stands the script of the reference
 * page, because a Worker has one folder of assets.
 */

import { copyFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { defineConfig, type Plugin } from "vite";
import { exportSchemas } from "./export-schemas.ts";
import { loadSystems } from "./load-systems.ts";

const REFERENCE_SCRIPT = "openapi-explorer.min.js";
const CLIENT = join(import.meta.dirname, "..", "client", "src", "index.ts");

/** Copies the component of the API's reference page beside the page. */
function referenceScript(): Plugin {
  return {
    name: "reference-script",
    writeBundle({ dir = "" }) {
      const library = createRequire(import.meta.url).resolve("openapi-explorer/package.json");
      copyFileSync(join(library, "..", "dist", "browser", REFERENCE_SCRIPT), join(dir, REFERENCE_SCRIPT));
    },
  };
}

export default defineConfig({
  // The client's source, so that a change of it needs no build of its own.
  resolve: { alias: { "spillway-client": CLIENT } },
  plugins: [exportSchemas(), loadSystems(), referenceScript()],
  build: {
    target: "es2023",
    // The page's policy allows no inline script, which the polyfill would be.
    modulePreload: { polyfill: false },
    // The policy refuses images and fonts in addresses of the scheme data.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
});
