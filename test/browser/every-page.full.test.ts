/**
 * Every page of the console and of the portal, with data in it: its title, no serious finding of axe-core, and no
 * sideways scrolling, in light and dark, on a desktop and on a phone.
 */

import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import type { ExportRequest, NewSpace, PortalLink, Spillway } from "../../client/src/index.ts";
import { createFlightSpace, sendFlights } from "../../scripts/flight-space.ts";
import { readFlights, WEEK } from "../../scripts/flights.ts";
import { expectAccessible } from "./accessibility.ts";
import { browserScene, describeInBrowser, enterKey } from "./support.ts";

/** Ids of what the pages show. */
interface Shown {
  exportId: string;
  scheduleId: string;
  destinationId: string;
}

const LONG_NAME = "Warehouse of the analytics department, with a name that no phone has room for";
const WHOLE_WEEK: ExportRequest = { dataset: "activity_events", ...WEEK, event_names: ["flight"] };

/** What each page needs so that it is not empty. */
async function furnish(client: Spillway): Promise<Shown> {
  const { id: destinationId } = await client.destinations.create({
    name: LONG_NAME,
    bucket: "analytics-department-of-the-company",
    region: "eu-central-1",
    auth: { type: "keys", access_key_id: "AKIAEXAMPLE", secret_access_key: "a-secret-of-the-example" },
  });
  const { id: scheduleId } = await client.schedules.create({
    name: LONG_NAME,
    cron: "0 3 * * *",
    timezone: "Europe/London",
    request: { dataset: "activity_events", delivery: { type: "s3", destination_id: destinationId } },
  });
  await client.webhookEndpoints.create({ url: "http://127.0.0.1:9/a/long/address/that/receives/webhooks/of/exports" });
  await client.segments.put("late", {
    name: "Left late",
    rule: { event: "flight", properties: [{ property: "delay", op: "gt", value: 60 }] },
  });
  const { id: exportId } = await client.exports.create(WHOLE_WEEK).wait();
  await client.exports.verify(exportId).wait();
  return { exportId, scheduleId, destinationId };
}

const PORTAL_PAGES: readonly [title: string | RegExp, path: (shown: Shown) => string][] = [
  ["Overview", () => "/"],
  ["Exports", () => "/exports"],
  ["Activity events", ({ exportId }) => `/exports/${exportId}`],
  ["New export", () => "/new"],
  ["New export", ({ exportId }) => `/new?from=${exportId}`],
  ["Schedules", () => "/schedules"],
  [/./, ({ scheduleId }) => `/schedules/${scheduleId}`],
  ["Destinations", () => "/destinations"],
  [/./, () => "/destinations/new"],
  [/./, ({ destinationId }) => `/destinations/${destinationId}`],
  ["Webhooks", () => "/webhooks"],
  ["There is no such page", () => "/nothing"],
];
const CONSOLE_PAGES: typeof PORTAL_PAGES = [
  ...PORTAL_PAGES,
  ["Events", () => "/events"],
  ["Segments", () => "/segments"],
  ["API keys", () => "/keys"],
];

describeInBrowser("every page", () => {
  const scene = browserScene();
  let space: NewSpace;
  let client: Spillway;
  let shown: Shown;

  beforeAll(async () => {
    const flights = (await readFlights()).slice(0, 1_000);
    ({ space, client } = await createFlightSpace(scene.origin, flights));
    await sendFlights(client, flights);
    shown = await furnish(client);
  }, 240_000);

  /** Opens an address below the door, and waits until the page has read what it shows. */
  async function open(page: Page, address: string, title: string | RegExp): Promise<void> {
    await page.goto(address);
    await page.getByRole("heading", { level: 1, name: title }).waitFor();
    await expect.poll(() => page.getByText("Loading…").count(), { timeout: 30_000 }).toBe(0);
  }

  test("of the console before a person signs in", async () => {
    const page = await scene.page({ answers: [401] });
    await open(page, `${scene.origin}/console`, "Sign in");
    await expectAccessible(page);
    await enterKey(page, "no-key-at-all");
    await page.getByRole("alert").waitFor();
    await expectAccessible(page);
  });

  test.each(CONSOLE_PAGES.map(([title, path]) => [path, title] as const))("of the console: %s", async (path, title) => {
    const page = await scene.page();
    await page.goto(`${scene.origin}/console${path(shown)}`);
    await enterKey(page, space.api_key, true);
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    await open(page, page.url(), title);
    await expectAccessible(page);
  });

  test.each(PORTAL_PAGES.map(([title, path]) => [path, title] as const))("of the portal: %s", async (path, title) => {
    const { url } = await client.request<PortalLink>("POST", "/v1/portal-links", {
      body: { scopes: ["exports:read", "exports:write", "settings:write"] },
    });
    const page = await scene.page();
    await page.goto(url);
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    await open(page, `${scene.origin}/portal/${space.id}${path(shown)}`, title);
    await expectAccessible(page);
  });

  test("of the portal without a link", async () => {
    const page = await scene.page({ answers: [401] });
    await open(page, `${scene.origin}/portal/${space.id}`, "This portal is closed");
    await expectAccessible(page);
  });
});
