/**
 * Every `sh` block of README.md and docs/ runs, in the order in which a reader meets them, against a real service: a
 * page is one `bash -e`, in a folder that looks like a checkout and can be thrown away. What a page shows right after a
 * block must have fields that the block really printed.
 *
 * A block that cannot run here has the language `console`, and a reason below.
 */

import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freePort } from "../../scripts/stack.ts";
import { type Block, blocksOf, type Page, readPages, ROOT } from "../support/pages.ts";
import { liveStack } from "./support.ts";

const INSTALLS = "installs the project, or starts or tests it, which is how this test came to run";
const CLOUDFLARE = "needs an account at Cloudflare";
const NO_SPACE = "moves a space that the reader has: test/http/spaces/move.full.test.ts makes these calls";
const AWS = "needs an account at AWS";
const POSTGRES = "needs a Postgres with the reader's own tables";
const ENDLESS = "runs until Ctrl-C; test/live/command-line.test.ts runs it";
const SHOWN_FIRST = "is shown before there is a space: the page runs it further down";
const RADOSGW = "installs and starts Ceph's gateway, which test/interop does";

/** How each `console` block of a page begins, and why it does not run here. */
const NOT_RUN: Record<string, Record<string, string>> = {
  "README.md": {
    "npx spillway exports create": SHOWN_FIRST,
    "npm ci && npm run demo": INSTALLS,
    "npm run dev": INSTALLS,
  },
  "CONTRIBUTING.md": { "npm ci": INSTALLS },
  "docs/client.md": { "npm ci": INSTALLS },
  "docs/quickstart.md": { "npm ci": INSTALLS },
  "docs/command-line.md": { "npx spillway webhooks listen": ENDLESS },
  "docs/importing.md": { 'psql "$DATABASE_URL" -c': POSTGRES, 'psql "$DATABASE_URL" -At': POSTGRES },
  "docs/delivering-to-a-bucket.md": {
    'api "destinations/policies': AWS,
    'DESTINATION=$(api destinations -d \'{"name":"Warehouse"': AWS,
    "api exports": AWS,
    "sudo apt-get install": RADOSGW,
    'DESTINATION=$(api destinations -d \'{"name":"Gateway"': RADOSGW,
    "curl -sS $ORIGIN/peopleevents": RADOSGW,
    "curl -s --aws-sigv4": RADOSGW,
  },
  "docs/deploying.md": { "npm ci": CLOUDFLARE, "SECRETS_KEY_NEXT=": CLOUDFLARE },
  "docs/operations.md": { 'curl "https://api.cloudflare.com': CLOUDFLARE, "npx spillway homes": NO_SPACE },
  "docs/upgrading.md": {
    "git pull": CLOUDFLARE,
    "npx wrangler versions": CLOUDFLARE,
    "npx wrangler d1 time-travel": CLOUDFLARE,
    "npx wrangler d1 export": CLOUDFLARE,
  },
};

/** The token that `scripts/stack/local.vars` sets for local work. */
const LOCAL_ADMIN_TOKEN = "local-admin-token-for-development-only";

/**
 * What runs, what does not, what is shown, statements that test/export/api/operations.test.ts runs, TypeScript that
 * test/client/package.full.unit.test.ts checks, parts of configurations and of a README, and diagrams.
 */
const LANGUAGES = new Set(["sh", "console", "json", "text", "sql", "toml", "md", "html", "javascript", "ts", ""]);
const PAGE_WITHIN_MS = 240_000;
/** What a block printed, also in an excerpt. */
const SHOWN = new Set(["json", "text"]);
const MARK = "@@block";

const stack = liveStack(
  ...["CREATE_LIMIT:1000", "POLL_LIMIT:1000", "LIST_LIMIT:1000", "WRITE_LIMIT:100000", "API_LIMIT:100000"].flatMap(
    (value) => ["--var", value],
  ),
);

const pages = readPages().map((page) => ({ page, blocks: blocksOf(page) }));

it("names every block that does not run, and why", () => {
  for (const { page, blocks } of pages) {
    const reasons = Object.keys(NOT_RUN[page.path] ?? {});
    const begins = blocks
      .filter(({ language }) => language === "console")
      .map(({ code, line }) => reasons.find((start) => code.startsWith(start)) ?? `${page.path}:${line} has no reason`);
    expect(begins).toEqual(reasons);
  }
  expect(Object.keys(NOT_RUN).filter((path) => !pages.some(({ page }) => page.path === path))).toEqual([]);
});

it("knows the language of every block", () => {
  const unknown = pages.flatMap(({ page, blocks }) =>
    blocks.filter(({ language }) => !LANGUAGES.has(language)).map(({ line }) => `${page.path}:${line}`),
  );
  expect(unknown).toEqual([]);
});

describe("the blocks of a page run", () => {
  const runnable = pages.filter(({ blocks }) => blocks.some(({ language }) => language === "sh"));

  it.each(runnable.map(({ page, blocks }) => [page.path, page, blocks] as const))(
    "%s",
    async (path, page, blocks) => {
      const folder = checkout(path);
      const { code, stdout, stderr } = await runBlocks(page, blocks, folder);
      const printed = splitByBlock(stdout);
      const last = [...printed.keys()].at(-1);
      expect(code, `${path}:${last}\n${printed.get(last ?? 0) ?? ""}\n${stderr}`).toBe(0);
      for (const [index, block] of blocks.entries()) {
        const before = blocks[index - 1];
        if (!SHOWN.has(block.language) || before?.language !== "sh") continue;
        const output = printed.get(before.line) ?? "";
        const missing = fieldsOf(block.code).filter((field) => !output.includes(`"${field}"`));
        expect(
          missing,
          `${path}:${block.line} shows fields that line ${before.line} does not print: ${output}`,
        ).toEqual([]);
      }
    },
    PAGE_WITHIN_MS,
  );
});

/** A folder with the repository's files under their names, and room for what a page writes. */
function checkout(path: string): string {
  const folder = stack.file(`page-${path.replaceAll(/\W+/g, "-")}`);
  mkdirSync(folder);
  for (const name of readdirSync(ROOT)) symlinkSync(join(ROOT, name), join(folder, name));
  return folder;
}

/** Each block's output comes after a line with its place, on both streams. */
async function runBlocks(page: Page, blocks: readonly Block[], folder: string) {
  const parts = blocks
    .filter(({ language }) => language === "sh")
    .map(({ code, line }) => `echo "${MARK} ${line}"\n${code}`);
  const script = join(folder, ".page.sh");
  writeFileSync(script, `set -euo pipefail\n${parts.join("\n")}\n`);
  const { KEY: _, ...environment } = process.env;
  const child = spawn("bash", ["-e", script], {
    cwd: folder,
    env: {
      ...environment,
      PATH: `${join(process.execPath, "..")}:${environment["PATH"] ?? ""}`,
      ORIGIN: stack.origin,
      ADMIN_TOKEN: LOCAL_ADMIN_TOKEN,
      SPILLWAY_ORIGIN: stack.origin,
      // The saved logins of this machine's user stay as they are.
      SPILLWAY_CONFIG: join(folder, ".spillway.json"),
      PORT: String(await freePort()),
    },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data) => (stdout += String(data)));
  child.stderr.on("data", (data) => (stderr += String(data)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", resolve);
  });
  endGroup(child.pid);
  return { code, stdout, stderr: `${page.path}\n${stderr}` };
}

/** What a page started in the background, and left. */
function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing of it is left.
  }
}

function splitByBlock(stdout: string): Map<number, string> {
  const printed = new Map<number, string>();
  for (const part of stdout.split(`${MARK} `).slice(1)) {
    const end = part.indexOf("\n");
    printed.set(Number(part.slice(0, end)), part.slice(end + 1));
  }
  return printed;
}

/** The names of fields in JSON, also in an excerpt. */
function fieldsOf(json: string): string[] {
  return [...new Set([...json.matchAll(/"([^"\\\n]+)"\s*:/g)].map(([, name = ""]) => name))];
}
