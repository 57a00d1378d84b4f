/** The portal in a frame of another site. */

import { beforeAll, expect, test } from "vitest";
import type { NewSpace, PortalLink, Spillway } from "../../client/src/index.ts";
import { createSpace } from "../../scripts/spaces.ts";
import { browserScene, describeInBrowser, framingSite } from "./support.ts";

describeInBrowser("the portal in a frame", () => {
  const scene = browserScene();
  let space: NewSpace;
  let client: Spillway;

  beforeAll(async () => {
    ({ space, client } = await createSpace(scene.origin, { name: "Acme", timezone: "UTC" }));
  });

  const link = () => client.request<PortalLink>("POST", "/v1/portal-links", { body: { scopes: ["exports:read"] } });

  test("of a listed origin has a session that belongs to that site alone, and ends it", async () => {
    const site = await framingSite();
    await client.request("PATCH", "/v1/space", { body: { portal_origins: [site.origin] } });
    const page = await scene.page({ answers: [401] });
    await page.goto(site.framing((await link()).url));
    const portal = page.frameLocator("iframe");
    await portal.getByRole("banner").getByText("Acme").waitFor();
    const [cookie] = await page.context().cookies(scene.origin);
    expect(cookie).toMatchObject({ name: "__Host-spillway_portal", secure: true, httpOnly: true, sameSite: "None" });
    expect(cookie?.partitionKey).toContain("127.0.0.1");

    // Without a link: the session goes on.
    await page.goto(site.framing(`${scene.origin}/portal/${space.id}/exports`));
    await portal.getByRole("heading", { name: "Exports", level: 1 }).waitFor();
    await portal.getByRole("button", { name: "Sign out" }).click();
    await portal.getByRole("heading", { name: "This portal is closed" }).waitFor();
  });

  test("of another origin is not shown", async () => {
    const site = await framingSite();
    await client.request("PATCH", "/v1/space", { body: { portal_origins: ["https://app.acme.example"] } });
    const page = await scene.page({ mayLog: /frame-ancestors/ });
    const refused = page.waitForEvent("console", (message) => message.text().includes("frame-ancestors"));
    await page.goto(site.framing((await link()).url));
    await refused;
    expect(await page.frameLocator("iframe").getByRole("banner").count()).toBe(0);
  });
});
