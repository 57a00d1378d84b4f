/**
 * Loaded before every script of package.json (`node -r`): says how to complete an installation that cannot run the
 * scripts. Plain CommonJS, because the Node that runs this file may be too old for TypeScript.
 */

const { existsSync, readFileSync } = require("node:fs");
const path = require("node:path");

/** The first Node that runs TypeScript files without a flag. */
const [MIN_MAJOR, MIN_MINOR] = [22, 18];

/** The scripts that run the Worker, which serves the page. */
const NEED_PAGE = new Set(["dev.ts", "demo.ts", "test.ts", "bench.ts", "deploy.ts"]);

const modules = path.join(__dirname, "..", "node_modules");
const built = path.join(__dirname, "..", "console", "dist");
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
if (NEED_PAGE.has(path.basename(process.argv[1] ?? ""))) {
  const missing = missingFile();
  if (missing !== null)
    leave(`The page of the console is not built: console/dist has no ${missing}. Run: npm run console:build`);
}

/** The first file of the built page that is not there, or null. A build that was interrupted leaves some out. */
function missingFile() {
  const page = "index.html";
  if (!existsSync(path.join(built, page))) return page;
  const named = [...readFileSync(path.join(built, page), "utf8").matchAll(/"\/(assets\/[^"]+)"/g)].map(
    ([, file]) => file,
  );
  return [...named, "openapi-explorer.min.js"].find((file) => !existsSync(path.join(built, file))) ?? null;
}
