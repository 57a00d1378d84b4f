/** A session of the console, and the ways that it ends. */

import { beforeAll, expect, test } from "vitest";
import { type NewSpace } from "../../client/src/index.ts";
import { createSpace } from "../../scripts/spaces.ts";
import { browserScene, describeInBrowser, enterKey, framingSite, signIn } from "./support.ts";

const REFUSED = [401];

describeInBrowser("a session of the console", () => {
  const scene = browserScene();
  let space: NewSpace;
  const address = () => `${scene.origin}/console`;

  beforeAll(async () => {
    ({ space } = await createSpace(scene.origin, { name: "Trains", timezone: "Europe/London" }));
  });

  test("asks again after a reload, unless the person stays signed in for the tab", async () => {
    const page = await scene.page();
    await signIn(page, scene.origin, space.api_key, "/exports");
    await page.reload();
    await enterKey(page, space.api_key, true);
    await page.getByRole("heading", { name: "Exports", level: 1 }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Exports", level: 1 }).waitFor();
  });

  test("forgets the key with a click on sign out, and keeps no cookie", async () => {
    const page = await scene.page();
    await page.goto(address());
    await enterKey(page, space.api_key, true);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await page.evaluate("[...Object.values(sessionStorage), ...Object.values(localStorage)]")).toEqual([]);
    expect(await page.context().cookies()).toEqual([]);
  });

  test("ends with its key: what a revoked key asks leads back to the sign-in, with the reason", async () => {
    const page = await scene.page({ answers: REFUSED });
    const { client } = await createSpace(scene.origin, { name: "Trams", timezone: "Europe/London" });
    const { id, key } = await client.apiKeys.create({ name: "passing", scopes: ["exports:read"] });
    await page.goto(address());
    await enterKey(page, key, true);
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    await client.apiKeys.delete(id);
    await page.reload();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await page.getByRole("alert").textContent()).toContain("no longer accepts this key");
  });

  test("is shown in no frame", async () => {
    const page = await scene.page({ mayLog: /frame-ancestors/ });
    const refused = page.waitForEvent("console", (message) => message.text().includes("frame-ancestors"));
    await page.goto((await framingSite()).framing(address()));
    await refused;
    expect(await page.frameLocator("iframe").getByRole("heading").count()).toBe(0);
  });
});
