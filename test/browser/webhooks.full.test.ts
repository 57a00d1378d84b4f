/** A webhook endpoint that fails once, and the delivery that a person sends again. */

import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { verifyWebhook } from "../../client/src/index.ts";
import { ALL_ORDERS, openShop, orders } from "../live/support.ts";
import { browserScene, describeInBrowser, enterKey } from "./support.ts";

/** A receiver that answers 500 until it is mended. */
async function receiver() {
  const seen: { headers: Record<string, string>; body: string }[] = [];
  const state = { isMended: false };
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (data) => (body += String(data)));
    request.on("end", () => {
      seen.push({ headers: request.headers as Record<string, string>, body });
      response.writeHead(state.isMended ? 204 : 500).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The receiver has no port.");
  return { url: `http://127.0.0.1:${address.port}/hook`, seen, state };
}

describeInBrowser("a webhook endpoint", () => {
  const scene = browserScene();

  test("is made with a secret that is shown once, and what it refused is delivered again", async () => {
    const { space, client } = await openShop(scene.origin);
    await client.events.send(orders(10));
    const { url, seen, state } = await receiver();
    const page = await scene.page();
    await page.goto(`${scene.origin}/console/webhooks`);
    await enterKey(page, space.api_key, true);

    await page.getByRole("button", { name: "New endpoint" }).click();
    const form = page.getByRole("dialog", { name: "New endpoint" });
    await form.getByLabel("Address").fill(url);
    await form.getByRole("button", { name: "New endpoint" }).click();
    const secret = (await page.getByRole("region", { name: "Secret", exact: true }).textContent()) ?? "";

    await client.exports.create(ALL_ORDERS).wait();
    const views = page.getByRole("navigation", { name: "Webhooks" });
    await views.getByRole("link", { name: "Deliveries" }).click();
    await expect.poll(() => seen.length, { timeout: 60_000 }).toBeGreaterThan(0);
    await page.getByRole("button", { name: "Read again" }).click();
    const row = page.getByRole("row").filter({ hasText: "export.completed" });
    await row.getByText("Pending").waitFor();
    expect(await page.getByText(secret).count()).toBe(0);

    state.isMended = true;
    await row.getByRole("button", { name: /^Deliver again/ }).click();
    await row.getByText("Delivered").waitFor();
    const last = seen.at(-1);
    expect(verifyWebhook(last?.body ?? "", last?.headers ?? {}, secret)).toMatchObject({
      type: "export.completed",
    });
  });
});
