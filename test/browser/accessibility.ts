/** What axe-core (github.com/dequelabs/axe-core) finds in a page, and whether the page is wider than its window. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { expect } from "vitest";

/** The part of axe-core's answer that a failed test shows. */
interface Finding {
  id: string;
  impact: "minor" | "moderate" | "serious" | "critical" | null;
  help: string;
  nodes: { target: string[]; failureSummary: string }[];
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const DESKTOP = { width: 1_280, height: 900 };
const PHONE = { width: 360, height: 740 };

/** How people look at a page. */
const VIEWS = [
  { name: "desktop", size: DESKTOP, colorScheme: "light" },
  { name: "desktop, dark", size: DESKTOP, colorScheme: "dark" },
  { name: "phone", size: PHONE, colorScheme: "light" },
  { name: "phone, dark", size: PHONE, colorScheme: "dark" },
] as const;

/**
 * Fails for a serious or critical finding in any view of the page, and where a view scrolls sideways. @param page shows
 * what is looked at, and does not change any more.
 */
export async function expectAccessible(page: Page): Promise<void> {
  const seen: Record<string, unknown> = {};
  for (const { name, size, colorScheme } of VIEWS) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme });
    // A colour that is changing would be measured half way. Animations without an end have nothing to finish.
    await page.evaluate("for (const each of document.getAnimations()) try { each.finish(); } catch {}");
    const findings = await findingsIn(page);
    const wider = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
    if (findings.length > 0) seen[name] = findings;
    if (wider > 0) seen[`${name}, scrolls sideways by`] = wider;
  }
  await page.setViewportSize(DESKTOP);
  await page.emulateMedia({ colorScheme: "light" });
  expect({ address: page.url(), seen }).toEqual({ address: page.url(), seen: {} });
}

/** One line each. */
async function findingsIn(page: Page): Promise<string[]> {
  // The page's policy does not hold for what a debugger runs.
  if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(AXE);
  const { violations } = await page.evaluate<{ violations: Finding[] }>(
    "axe.run(document, { resultTypes: ['violations'] })",
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, help, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target.join(" ")}: ${failureSummary}`),
    );
}
