/** What is uploaded: Cloudflare limits its size, and each cold start parses it (`npm run bench -- --start`). */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { ROOT } from "./support/pages.ts";

const MAX_BYTES = 500_000;

it("the Worker stays below 500,000 bytes compressed", () => {
  const folder = mkdtempSync(join(tmpdir(), "spillway-bundle-"));
  try {
    const wrangler = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
    execFileSync(process.execPath, [wrangler, "deploy", "--dry-run", "--outdir", folder], {
      cwd: ROOT,
      env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
      stdio: "pipe",
    });
    expect(gzipSync(readFileSync(join(folder, "index.js"))).length).toBeLessThan(MAX_BYTES);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
