/** An export by the keyboard alone: Tab, Enter, Space, arrows and typing. */

import type { Locator, Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { openShop, orders, type Shop } from "../live/support.ts";
import { browserScene, describeInBrowser } from "./support.ts";

const ORDERS = 10;
const THREE_DAYS_MS = 3 * 86_400_000;
/** More than any page has. */
const MAX_TABS = 200;

/** Presses Tab until the element has the focus. */
async function tabTo(page: Page, element: Locator): Promise<void> {
  await element.waitFor();
  const focused = element.and(page.locator(":focus"));
  for (let n = 0; n < MAX_TABS; n += 1) {
    if ((await focused.count()) > 0) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not lead to ${String(element)}.`);
}

describeInBrowser("with the keyboard alone, a person", () => {
  const scene = browserScene();
  let shop: Shop;

  beforeAll(async () => {
    shop = await openShop(scene.origin);
    const occurred_at = new Date(Date.now() - THREE_DAYS_MS).toISOString();
    await shop.client.events.send([...orders(ORDERS)].map((order) => ({ ...order, occurred_at })));
  });

  test("signs in, fills the form of an export, creates it and sees it completed", async () => {
    const page = await scene.page();
    const { keyboard } = page;
    await page.goto(`${scene.origin}/console`);
    await tabTo(page, page.getByLabel("API key", { exact: true }));
    await keyboard.type(shop.space.api_key);
    await tabTo(page, page.getByLabel("Stay signed in for this tab"));
    await keyboard.press("Space");
    await tabTo(page, page.getByRole("button", { name: "Sign in" }));
    await keyboard.press("Enter");

    const menu = page.getByRole("navigation", { name: "Menu" });
    await tabTo(page, menu.getByRole("link", { name: "New export" }));
    await keyboard.press("Enter");
    await page.getByRole("heading", { name: "New export", level: 1 }).waitFor();
    const datasets = page.getByRole("group", { name: "Dataset" });
    await tabTo(page, datasets.getByRole("radio", { checked: true }));
    await keyboard.press("ArrowDown");
    const events = datasets.getByRole("radio", { name: /^Activity events/ });
    while (!(await events.isChecked())) await keyboard.press("ArrowUp");

    await tabTo(page, page.getByRole("button", { name: "Last 7 days" }));
    await keyboard.press("Enter");
    await tabTo(page, page.getByRole("combobox", { name: "Events", exact: true }));
    await keyboard.type("order");
    await page.getByRole("option", { name: /order_placed|Order placed/ }).waitFor();
    await keyboard.press("Enter");
    await page.getByRole("button", { name: /^Remove/ }).waitFor();
    await tabTo(page, page.getByRole("button", { name: "Create export" }));
    await keyboard.press("Enter");

    await page.getByText("The files are ready to download.").waitFor();
    expect(await page.evaluate("document.activeElement.tagName")).toBe("H1");
    const [made, ...others] = await shop.client.exports.list().all();
    expect(others).toEqual([]);
    expect(made).toMatchObject({ request: { event_names: ["order_placed"] }, progress: { rows_written: ORDERS } });
  });
});
