/** The pages of exports: the list with its filters, what an export's page says, and what can be done there. */

import { beforeAll, expect, test } from "vitest";
import type { Spillway } from "../../client/src/index.ts";
import { createSpace } from "../../scripts/spaces.ts";
import { browserScene, describeInBrowser, signIn } from "./support.ts";

/** Where no service listens. */
const NOWHERE = "http://127.0.0.1:9";
const CREDENTIALS = { type: "keys", access_key_id: "access-key", secret_access_key: "secret-access-key" } as const;
const KNOWN = { dataset: "profile_attributes" as const, attributes: ["$city"] };

describeInBrowser("the pages of exports", () => {
  const scene = browserScene();
  let client: Spillway;
  let key: string;

  beforeAll(async () => {
    const created = await createSpace(scene.origin, { name: "Ferries", timezone: "Europe/London" });
    ({ client } = created);
    key = created.space.api_key;
  });

  const opened = async (path: string) => {
    const page = await scene.page();
    await signIn(page, scene.origin, key, path);
    return page;
  };

  test("say what to do where there is nothing, and keep the filters in the address", async () => {
    const page = await opened("/exports?status=expired");
    await page.getByText("No export matches these filters").waitFor();
    await page.getByLabel("Dataset").selectOption("profile_events");
    await page.waitForURL(/\?status=expired&dataset=profile_events$/);
    await page.getByRole("link", { name: "Show all exports" }).click();
    await page.waitForURL(/\/console\/exports$/);
    await page.getByRole("link", { name: "Make the first one" }).waitFor();
  });

  test("verify a completed export, show the statements that load it, and tell of unknown names", async () => {
    const { id } = await client.exports.create({ dataset: "profile_attributes", attributes: ["no_such_name"] }).wait();
    const page = await opened(`/exports/${id}`);
    await page.getByRole("region", { name: "Nothing in the space has these names" }).waitFor();
    await page.getByRole("button", { name: "Verify the files" }).click();
    await page.getByText("as written, the manifest included").waitFor();
    await page.getByText("Verified, every file as written").waitFor();
    await page.getByLabel("System").selectOption("duckdb");
    await page.getByRole("button", { name: "Show the statements" }).click();
    const statements = await page.getByRole("region", { name: "Statements", exact: true }).textContent();
    expect(statements).toContain("CREATE TABLE");
  });

  test("cancel an export that waits for its bucket, by the keyboard, and delete it with a question", async () => {
    const { id: destination } = await client.destinations.create({
      name: "Away",
      bucket: "away",
      region: "auto",
      endpoint: NOWHERE,
      auth: CREDENTIALS,
    });
    const { id } = await client.exports.create({ ...KNOWN, delivery: { type: "s3", destination_id: destination } });
    const page = await opened(`/exports/${id}`);
    await page.getByRole("button", { name: "Cancel the export" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByRole("button", { name: "Cancel the export" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("region", { name: "State" }).getByText("The export was canceled at").waitFor();
    await page.locator("h1:focus").waitFor();
    await page.getByRole("button", { name: "Delete the export" }).click();
    const question = page.getByRole("dialog", { name: "Delete this export?" });
    expect(await question.textContent()).toContain("Its files stay in your bucket.");
    await question.getByRole("button", { name: "Delete the export" }).click();
    await page.waitForURL(/\/console\/exports$/);
    await page.getByText("The export is deleted.").waitFor();
    await page.getByRole("link", { name: id.slice(0, 8) }).waitFor({ state: "detached" });
  });
});
