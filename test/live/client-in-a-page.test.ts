/** The client in a real Chromium, in a page of the service's own origin: as a console there would use it. */

import { existsSync } from "node:fs";
import { build } from "esbuild";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ALL_ORDERS, liveStack, openShop, orders, type Shop } from "./support.ts";

/** Debian's package. */
const CHROMIUM = "/usr/bin/chromium";
const isMissing = !existsSync(CHROMIUM);
if (isMissing && process.env["SPILLWAY_INTEROP"] === "required") throw new Error("Install Debian's package chromium.");

const ENTRY = new URL("../../client/src/index.ts", import.meta.url).pathname;
const EVENTS = 250;

const stack = liveStack();
let shop: Shop;
let key: string;
let browser: Browser;
let page: Page;

/** The service's origin as the bucket's links have it. */
const origin = () => stack.origin.replace("127.0.0.1", "localhost");

/** The package as a bundler makes it for pages: its exports are properties of `client`. */
async function bundle(): Promise<string> {
  const options = { bundle: true, format: "iife", globalName: "client", platform: "browser", write: false } as const;
  const { outputFiles } = await build({ ...options, entryPoints: [ENTRY] });
  return outputFiles[0]?.text ?? "";
}

/** Opens a page with the client in it. @param url whose origin the client's calls have. */
async function open(url: string): Promise<Page> {
  const opened = await browser.newPage();
  await opened.goto(url);
  await opened.evaluate(`${await bundle()}; globalThis.client = client;`);
  await opened.evaluate(
    `globalThis.spillway = new client.Spillway(${JSON.stringify({ origin: origin(), key, retries: { attempts: 1 } })});`,
  );
  return opened;
}

/** Runs an async function's body in the page. */
const inPage = <Result>(body: string): Promise<Result> => page.evaluate(`(async () => { ${body} })()`);

describe.skipIf(isMissing)("the client in a page of the service's origin", () => {
  beforeAll(async () => {
    shop = await openShop(stack.origin);
    await shop.client.events.send(orders(EVENTS));
    ({ key } = await shop.client.apiKeys.create({
      name: "console",
      scopes: ["exports:read", "exports:write", "events:read"],
    }));
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
    page = await open(`${origin()}/docs`);
  }, 120_000);

  afterAll(() => browser?.close());

  it("creates an export, waits for it, and downloads it with its SHA-256 checked", async () => {
    const request = { ...ALL_ORDERS, layout: "files", file_rows: 100 };
    const seen = await inPage<{ status: string; files: { name: string; rows: number }[]; ids: string[] }>(`
      const { id, status } = await spillway.exports.create(${JSON.stringify(request)}).wait();
      const files = [];
      const ids = [];
      await spillway.exports.download(id, async ({ name, rows }, bytes) => {
        const text = await new Response(bytes.pipeThrough(new DecompressionStream("gzip"))).text();
        ids.push(...text.trimEnd().split("\\n").map((line) => JSON.parse(line).eventId));
        files.push({ name, rows });
      });
      return { status, files, ids };`);
    expect(seen.status).toBe("completed");
    expect(seen.files.map(({ rows }) => rows)).toEqual([100, 100, 50]);
    expect(seen.ids).toEqual([...orders(EVENTS)].map(({ id }) => id));
  });

  it("refuses a file whose bytes are others than those of the manifest", async () => {
    await page.route(/X-Amz-Signature/, async (route) => {
      const response = await route.fetch();
      const body = await response.body();
      body[body.byteLength - 1] = (body.at(-1) ?? 0) ^ 1;
      await route.fulfill({ response, body });
    });
    const code = await inPage<string>(`
      const { id } = await spillway.exports.create(${JSON.stringify(ALL_ORDERS)}).wait();
      const drain = async (_file, bytes) => void (await new Response(bytes).arrayBuffer());
      return spillway.exports.download(id, drain).then(() => "none", (error) => error.code);`);
    await page.unroute(/X-Amz-Signature/);
    expect(code).toBe("file_damaged");
  });

  it("lists events page by page", async () => {
    const { start, end } = ALL_ORDERS;
    const pages = await inPage<number[]>(`
      const sizes = [];
      for await (const { data } of spillway.events.list(${JSON.stringify({ start, end, limit: 100 })}).pages())
        sizes.push(data.length);
      return sizes;`);
    expect(pages).toEqual([100, 100, 50]);
  });

  it("can do nothing in a page of another origin", async () => {
    const elsewhere = await open(`${stack.origin}/healthz`);
    const code = await elsewhere.evaluate(`spillway.exports.list().first().catch((error) => error.code)`);
    expect(code).toBe("unreachable");
  });
});
