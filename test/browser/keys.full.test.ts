/** API keys and links to the portal, made and revoked in the console. */

import { beforeAll, expect, test } from "vitest";
import { type NewSpace, Spillway } from "../../client/src/index.ts";
import { createSpace } from "../../scripts/spaces.ts";
import { browserScene, describeInBrowser, enterKey } from "./support.ts";

describeInBrowser("the console's page of keys", () => {
  const scene = browserScene();
  let space: NewSpace;

  beforeAll(async () => {
    ({ space } = await createSpace(scene.origin, { name: "Trains", timezone: "Europe/London" }));
  });

  test("shows a new key once, which works until it is revoked there", async () => {
    const page = await scene.page();
    await page.goto(`${scene.origin}/console/keys`);
    await enterKey(page, space.api_key, true);
    await page.getByRole("button", { name: "New key" }).click();
    const form = page.getByRole("dialog", { name: "New key" });
    await form.getByLabel("Name").fill("nightly");
    await form.getByLabel("exports:read").check();
    await form.getByRole("button", { name: "New key" }).click();
    const key = (await page.getByRole("region", { name: "API key", exact: true }).textContent()) ?? "";
    const nightly = new Spillway({ origin: scene.origin, key, retries: { attempts: 1 } });
    expect(await nightly.apiKeys.current()).toMatchObject({ name: "nightly", scopes: ["exports:read"] });

    await page.reload();
    await page.getByRole("row").filter({ hasText: "nightly" }).waitFor();
    expect(await page.getByText(key).count()).toBe(0);
    await page.getByRole("button", { name: "Revoke the key nightly" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("row").filter({ hasText: "nightly" }).waitFor({ state: "detached" });
    await expect.poll(() => nightly.apiKeys.current().catch(() => "refused"), { timeout: 30_000 }).toBe("refused");
  });
});
