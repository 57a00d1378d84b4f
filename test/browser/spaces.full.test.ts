/** The operator's page of spaces: a new space in a home of the operator's choice, and its move to another one. */

import { expect, test } from "vitest";
import { LOCAL_ADMIN_TOKEN } from "../../scripts/stack.ts";
import { expectAccessible } from "./accessibility.ts";
import { browserScene, describeInBrowser, enterKey } from "./support.ts";

const NAME = "Barges";

describeInBrowser("the operator's page of spaces", () => {
  const scene = browserScene();

  test("makes a space in an object, and moves it to the database that spaces share", async () => {
    const page = await scene.page();
    await page.goto(`${scene.origin}/console`);
    await enterKey(page, LOCAL_ADMIN_TOKEN);
    await page.getByRole("button", { name: "New space" }).click();
    const form = page.getByRole("dialog", { name: "New space" });
    await form.getByLabel("Name").fill(NAME);
    await form.getByLabel("Home", { exact: true }).selectOption("object");
    await form.getByRole("button", { name: "New space" }).click();
    await page.getByRole("button", { name: "I have kept it" }).click();
    const row = page.getByRole("row").filter({ hasText: NAME });
    await row.getByRole("cell", { name: "object", exact: true }).waitFor();

    await page.getByRole("button", { name: `Move: ${NAME}` }).click();
    const dialog = page.getByRole("dialog", { name: `Move ${NAME} to another home` });
    const homes = dialog.getByLabel("Home", { exact: true });
    expect(await homes.getByRole("option").allTextContents()).toEqual([
      "Choose one",
      expect.stringMatching(/^d1:SPACE_DB · \d+ spaces?$/),
    ]);
    await homes.selectOption("d1:SPACE_DB");
    await dialog.getByRole("button", { name: "Move", exact: true }).click();
    // Whichever state the move is in by then, its sentence names the new home.
    await dialog.getByRole("status").filter({ hasText: "d1:SPACE_DB" }).waitFor();
    await expectAccessible(page);
  });
});
