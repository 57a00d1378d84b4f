/** The way into the console. */

import { beforeAll, expect, test } from "vitest";
import { type NewSpace } from "../../client/src/index.ts";
import { createSpace } from "../../scripts/spaces.ts";
import { browserScene, describeInBrowser, enterKey } from "./support.ts";

const REFUSED = [401];

describeInBrowser("the console", () => {
  const scene = browserScene();
  let space: NewSpace;

  beforeAll(async () => {
    ({ space } = await createSpace(scene.origin, { name: "Trains", timezone: "Europe/London" }));
  });

  test("says at the field that a key is unknown, and lets in with the right one", async () => {
    const page = await scene.page({ answers: REFUSED });
    await page.goto(`${scene.origin}/console`);
    await enterKey(page, `spw_${"0".repeat(24)}_${"x".repeat(43)}`);
    await page.getByRole("alert").waitFor();
    const field = page.getByLabel("API key", { exact: true });
    expect(await field.getAttribute("aria-invalid")).toBe("true");
    await enterKey(page, space.api_key);
    await page.getByRole("navigation", { name: "Menu" }).waitFor();
    expect(await page.getByRole("banner").textContent()).toContain("Trains");
  });
});
