/**
 * Loaded before every script of package.json (`node -r`): says how to complete an installation that cannot run the
 * scripts. Plain CommonJS, because the Node that runs this file may be too old for TypeScript.
 */

const { existsSync } = require("node:fs");
const path = require("node:path");

/** The first Node that runs TypeScript files without a flag. */
const [MIN_MAJOR, MIN_MINOR] = [22, 18];

const modules = path.join(__dirname, "..", "node_modules");
const [major, minor] = process.versions.node.split(".").map(Number);

function leave(message) {
  console.error(message);
  process.exit(1);
}

if (!existsSync(path.join(modules, "wrangler"))) leave("The dependencies are not installed. Run: npm ci");
if (major < MIN_MAJOR || (major === MIN_MAJOR && minor < MIN_MINOR)) {
  const bundled = path.join(modules, ".bin", "node");
  leave(
    existsSync(bundled)
      ? `This script needs Node ${MIN_MAJOR}.${MIN_MINOR} or later, and ${process.version} runs it. ` +
          "Start it with npm (npm run dev, npm test, …), which uses the Node in node_modules."
      : `This script needs Node ${MIN_MAJOR}.${MIN_MINOR} or later, and ${process.version} runs it. The package "node" brings one, ` +
          "but its install script did not run (npm ci --ignore-scripts?). Run: npm rebuild node",
  );
}
