/**
 * `npm run console:picture -- ADDRESS KEY`: takes docs/console.png, the picture of the README, of a page of the
 * console: of the export that `npm run demo -- --keep` made, by the address and the key that it prints.
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { ROOT } from "./stack.ts";

const SIZE = { width: 1_200, height: 800 };

const [address, key] = parseArgs({ allowPositionals: true }).positionals;
if (address === undefined || key === undefined)
  throw new Error("Give the address of a page of the console, and an API key.");

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
try {
  const page = await browser.newPage({ viewport: SIZE, colorScheme: "light" });
  await page.goto(address);
  await page.getByLabel("API key", { exact: true }).fill(key);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("table").first().waitFor();
  await page.screenshot({ path: join(ROOT, "docs", "console.png") });
} finally {
  await browser.close();
}
