/** Links to the portal, and what a portal that is closed says. */

import type { Page } from "playwright-core";
import type { CreatePortalLinkData, PortalLink, Spillway } from "../../client/src/index.ts";

/** Makes a link with the client's key. */
export const linkBy = (by: Spillway, body: CreatePortalLinkData["body"]) =>
  by.request<PortalLink>("POST", "/v1/portal-links", { body });

/** The reason that a closed portal gives. */
export async function reasonIn(page: Page): Promise<string> {
  await page.getByRole("heading", { name: "This portal is closed" }).waitFor();
  return (await page.getByRole("alert").textContent()) ?? "";
}
