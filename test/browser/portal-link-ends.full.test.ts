/** The session of a link to the portal, and the ways in which a link fails. */

import { beforeAll, expect, test } from "vitest";
import { type NewSpace, Spillway } from "../../client/src/index.ts";
import { createSpace } from "../../scripts/spaces.ts";
import { letExpire } from "./clock.ts";
import { linkBy, reasonIn } from "./portal-links.ts";
import { browserScene, describeInBrowser } from "./support.ts";

const UNAUTHENTICATED = 401;
const GONE = 410;

describeInBrowser("a link", () => {
  const scene = browserScene();
  let space: NewSpace;
  let client: Spillway;

  beforeAll(async () => {
    ({ space, client } = await createSpace(scene.origin, { name: "Acme", timezone: "Europe/London" }));
  });

  test("keeps its session in a cookie that no script reads and no other site sends", async () => {
    const page = await scene.page();
    const { url } = await linkBy(client, { scopes: ["exports:read", "exports:write"], expires_in_seconds: 600 });
    await page.goto(url);
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    const [cookie, ...others] = await page.context().cookies();
    expect(others).toEqual([]);
    expect(cookie).toMatchObject({ name: "__Host-spillway_portal", secure: true, httpOnly: true, sameSite: "Lax" });
    expect(await page.evaluate("document.cookie")).toBe("");
    expect(await page.evaluate("[sessionStorage.length, localStorage.length]")).toEqual([0, 0]);
  });

  test("says that its scopes do not allow an address, and the service refuses the call behind it", async () => {
    const page = await scene.page({ answers: [403] });
    const { url } = await linkBy(client, { scopes: ["exports:read"] });
    await page.goto(url);
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    await page.goto(`${scene.origin}/portal/${space.id}/new`);
    await page.getByText("exports:write").waitFor();
    const status = await page.evaluate(
      `fetch("/v1/exports", { method: "POST", headers: { "content-type": "application/json", "spillway-portal": "1" },
        body: JSON.stringify({ dataset: "activity_events", start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" })
      }).then(({ status }) => status)`,
    );
    expect(status).toBe(403);
  });

  test("opens once: the second person reads that it was opened, and when", async () => {
    const { url } = await linkBy(client, { scopes: ["exports:read"] });
    const first = await scene.page();
    await first.goto(url);
    await first.getByRole("button", { name: "Sign out" }).waitFor();
    const second = await scene.page({ answers: [GONE] });
    await second.goto(url);
    expect(await reasonIn(second)).toMatch(/opened already, at 20\d\d-.*new link/);
  });

  test("that comes late, or whose key was revoked, says so", async () => {
    const { space: other, client: owner } = await createSpace(scene.origin, { name: "Late", timezone: "UTC" });
    const { id, key } = await owner.apiKeys.create({ name: "links", scopes: ["exports:read", "settings:write"] });
    const { url: late } = await linkBy(owner, { scopes: ["exports:read"] });
    letExpire(scene.stage.state, "portal", other.id);
    const { url: revoked } = await linkBy(new Spillway({ origin: scene.origin, key }), { scopes: ["exports:read"] });
    await owner.apiKeys.delete(id);

    for (const [url, reason] of [
      [late, /expired at 20\d\d-.*new link/],
      [revoked, /key .* was revoked.*new link/],
    ] as const) {
      const page = await scene.page({ answers: [GONE] });
      await page.goto(url);
      expect(await reasonIn(page)).toMatch(reason);
    }
  });

  test("opens a session that ends when its time is over", async () => {
    const { space: other, client: owner } = await createSpace(scene.origin, { name: "Over", timezone: "UTC" });
    const page = await scene.page({ answers: [UNAUTHENTICATED] });
    await page.goto((await linkBy(owner, { scopes: ["exports:read"] })).url);
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    letExpire(scene.stage.state, "portal", other.id);
    await page.reload();
    expect(await reasonIn(page)).toMatch(/ended at 20\d\d-.*new link/);
  });
});
