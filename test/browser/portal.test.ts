/** A link to the portal. */

import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import type { Spillway } from "../../client/src/index.ts";
import { createSpace } from "../../scripts/spaces.ts";
import { linkBy, reasonIn } from "./portal-links.ts";
import { browserScene, describeInBrowser } from "./support.ts";

const BRANDING = { name: "Acme Data", accent: "#7a1fa2" };
const UNAUTHENTICATED = 401;

describeInBrowser("a link to the portal", () => {
  const scene = browserScene();
  let client: Spillway;

  beforeAll(async () => {
    ({ client } = await createSpace(scene.origin, { name: "Acme", timezone: "Europe/London" }));
    await client.request("PATCH", "/v1/space", { body: { branding: BRANDING } });
  });

  const menuOf = (page: Page) => page.getByRole("navigation", { name: "Menu" }).getByRole("link").allTextContents();

  test("shows the company's name and what its scopes allow, until the person signs out", async () => {
    const page = await scene.page({ answers: [UNAUTHENTICATED] });
    const { url } = await linkBy(client, { scopes: ["exports:read"] });
    await page.goto(url);
    await page.getByRole("banner").getByText(BRANDING.name).waitFor();
    expect(page.url()).not.toContain("#");
    expect(await menuOf(page)).toEqual(["Overview", "Exports"]);

    await page.reload();
    await page.getByRole("banner").getByText(BRANDING.name).waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    expect(await reasonIn(page)).toContain("signed out");
    await page.reload();
    await page.getByRole("heading", { name: "This portal is closed" }).waitFor();
  });
});
