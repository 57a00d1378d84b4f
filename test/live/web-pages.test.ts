/**
 * A shop's pages in a real Chromium, with the script as the service serves it: a visitor looks at shoes, puts a pair
 * into the cart while the network is slow, goes on to the cart, and signs in. The export has each event once.
 */

import { existsSync } from "node:fs";
import { createServer, request as forward, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { downloadTo } from "../../client/src/node/index.ts";
import { linesOf } from "../../scripts/lines.ts";
import { liveStack, openShop, type Shop } from "./support.ts";

/** Debian's package. */
const CHROMIUM = "/usr/bin/chromium";
const isMissing = !existsSync(CHROMIUM);
if (isMissing && process.env["SPILLWAY_INTEROP"] === "required") throw new Error("Install Debian's package chromium.");

const STORED_WITHIN_MS = 30_000;

const stack = liveStack();
let shop: Shop;
let key: string;
let browser: Browser;
let pages: Server;
let network: Network;

/** The network between the browser and the service. */
class Network {
  readonly server: Server;
  /** While it is set, answers to POST wait for it: the service has the events, and the page does not know. */
  #slow: Promise<void> | null = null;
  #arrived: () => void = () => {};

  constructor(origin: string) {
    this.server = createServer((request, response) => this.#forward(origin, request, response));
  }

  get origin(): string {
    return originOf(this.server);
  }

  /** From now on answers are held. @returns what waits until one is, and what lets them go. */
  hold(): { held: Promise<void>; release: () => void } {
    let release: () => void = () => {};
    this.#slow = new Promise((resolve) => (release = resolve));
    const held = new Promise<void>((resolve) => (this.#arrived = resolve));
    return { held, release: () => (release(), (this.#slow = null)) };
  }

  #forward(origin: string, request: IncomingMessage, response: ServerResponse): void {
    const { method = "GET", url = "/", headers } = request;
    const deliver = async (answer: IncomingMessage) => {
      const slow = method === "POST" ? this.#slow : null;
      if (slow !== null) this.#arrived();
      await slow;
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    };
    const onward = forward(`${origin}${url}`, { method, headers }, (answer) => void deliver(answer));
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  }
}

const originOf = (server: Server) => `http://localhost:${(server.address() as AddressInfo).port}`;
const listen = (server: Server) => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

const SHOP_SCRIPT = `
document.querySelector("#add")?.addEventListener("click", () => spillway.track("addedToCart", { itemID: 7, amount: 1, price: 79.5 }));
document.querySelector("#sign-in")?.addEventListener("click", () => spillway.identify("p-1"));
`;

const html = (title: string, body: string) => `<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>${title}</title>
<script defer src="${network.origin}/tracker.js" data-key="${key}"></script>
<script defer src="/shop.js"></script></head><body>${body}</body></html>`;

/** The pages, with a policy that allows no inline script. */
function servePage({ url = "/" }: IncomingMessage, response: ServerResponse): void {
  const path = new URL(url, "http://localhost").pathname;
  const policy = `default-src 'none'; script-src 'self' ${network.origin}; connect-src ${network.origin}`;
  if (path === "/shop.js") response.writeHead(200, { "content-type": "text/javascript" }).end(SHOP_SCRIPT);
  else
    response
      .writeHead(200, { "content-type": "text/html", "content-security-policy": policy })
      .end(
        path === "/cart"
          ? html("Cart", '<button id="sign-in">Sign in</button>')
          : html("Shoes", '<button id="add">Add to cart</button><a href="/cart">Cart</a>'),
      );
}

/** Events that wait in the browser's storage. */
const waiting = (page: Page) =>
  page.evaluate(`Object.keys(localStorage).filter((name) => name.startsWith("spillway.event.")).length`);

/** Waits until the service has answered for every event. */
const allStored = (page: Page) => expect.poll(() => waiting(page), { timeout: STORED_WITHIN_MS }).toBe(0);

describe.skipIf(isMissing)("a shop's pages in Chromium", () => {
  beforeAll(async () => {
    network = new Network(stack.origin);
    pages = createServer(servePage);
    await Promise.all([listen(network.server), listen(pages)]);
    shop = await openShop(stack.origin);
    for (const id of ["pageView", "sessionStarted", "sessionEnded", "personMerged"])
      await shop.client.eventDefinitions.change(id, { enabled: true });
    const wanted = { name: "shop", scopes: ["events:write" as const], origins: [originOf(pages)] };
    ({ key } = await shop.client.apiKeys.create(wanted));
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    for (const server of [pages, network?.server]) {
      server?.closeAllConnections();
      server?.close();
    }
  });

  it("send each event once, over a change of the page and a sign-in", async () => {
    const page = await (await browser.newContext({ locale: "en-GB" })).newPage();
    const problems: string[] = [];
    page.on("console", (message) => problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(error.message));

    await page.goto(`${originOf(pages)}/shoes?utm_source=mail&utm_medium=newsletter`);
    await allStored(page);
    const { held, release } = network.hold();
    await page.click("#add");
    await held;
    const unanswered = await waiting(page);
    await page.click("a");
    await page.waitForURL("**/cart");
    release();
    await page.click("#sign-in");
    await allStored(page);
    expect([unanswered, problems]).toEqual([1, []]);

    const rows = await exported();
    const visit = { personId: "p-1", externalPersonId: "CRM-1", sessionId: expect.any(String) };
    const sessionId = rows[0]?.["sessionId"];
    const view = { deviceType: "desktop", browserName: "Chrome", browserOS: "Linux", browserLanguage: "en-GB" };
    const shoes = `${originOf(pages)}/shoes?utm_source=mail&utm_medium=newsletter`;
    expect(rows).toEqual([
      expect.objectContaining({
        ...visit,
        definitionId: "sessionStarted",
        utm_source: "mail",
        utm_medium: "newsletter",
      }),
      expect.objectContaining({
        ...visit,
        ...view,
        definitionId: "pageView",
        pageTitle: "Shoes",
        url: shoes,
        domain: "localhost",
        path: "/shoes",
        referrer: "",
        websiteLanguage: "en",
      }),
      expect.objectContaining({ ...visit, definitionId: "addedToCart", itemID: 7, amount: 1, price: 79.5 }),
      expect.objectContaining({
        ...visit,
        ...view,
        definitionId: "pageView",
        path: "/cart",
        referrer: shoes,
      }),
      expect.objectContaining({ personId: "p-1", definitionId: "personMerged" }),
    ]);
    expect(new Set(rows.slice(0, 4).map((row) => row["sessionId"]))).toEqual(new Set([sessionId]));
  });

  it("of another origin may send nothing, which the console says", async () => {
    const page = await browser.newPage();
    const told = page.waitForEvent("console", { predicate: (message) => message.text().startsWith("spillway:") });
    await page.goto(`${originOf(pages).replace("localhost", "127.0.0.1")}/shoes`);
    const problem: unknown = await (await told).args()[1]?.jsonValue();
    await allStored(page);
    expect(problem).toMatchObject({ status: 403, code: "forbidden" });
  });
});

/** The rows of an export of the last ten minutes, in the order of their times. */
async function exported(): Promise<Record<string, unknown>[]> {
  const now = Date.now();
  const window = { start: new Date(now - 600_000).toISOString(), end: new Date(now).toISOString() };
  const view = await shop.client.exports.create({ dataset: "activity_events", ...window }).wait();
  const [file] = await downloadTo(shop.client, view.id, stack.directory);
  const rows: Record<string, unknown>[] = [];
  for await (const line of linesOf(file?.path ?? "")) rows.push(JSON.parse(line) as Record<string, unknown>);
  return rows;
}
