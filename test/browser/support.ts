/**
 * Shared code of the tests in a real browser. A test opens pages of the running service, and fails for anything that
 * went wrong in one of them: an error in the console, a breach of the page's policy, an uncaught exception, a request
 * to another origin.
 */

import { rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, inject, onTestFinished } from "vitest";
import type { Stage } from "./stage.ts";

/** For what the page does by itself: other suites share the cores. */
const WITHIN_MS = 60_000;
const START_WITHIN_MS = 180_000;
const door = inject("browserDoor");

/** Tests that need a browser; skipped without Chromium. */
export const describeInBrowser = describe.skipIf(door === null);

async function ask<Answer>(path: string): Promise<Answer> {
  const response = await fetch(`${door}/${path}`);
  const body = (await response.json()) as Answer;
  if (!response.ok) throw new Error(String(body));
  return body;
}

export interface PageOptions extends BrowserContextOptions {
  /** Refusals that the test causes, by their status: browsers log each as an error. */
  answers?: readonly number[];
  /** What else the console may say because the test causes it. */
  mayLog?: RegExp;
}

export class Scene {
  #browser: Browser | null = null;
  #stage: Stage | null = null;
  #problems: string[] = [];

  get stage(): Stage {
    if (this.#stage === null) throw new Error("The service has not started.");
    return this.#stage;
  }

  get origin(): string {
    return this.stage.origin;
  }

  /** A page of its own browser profile: without cookies and storage of another one. */
  async page({ answers = [], mayLog = /^$/, ...options }: PageOptions = {}): Promise<Page> {
    if (this.#browser === null) throw new Error("The browser has not started.");
    const context = await this.#browser.newContext(options);
    context.setDefaultTimeout(WITHIN_MS);
    const note = (problem: string) => this.#problems.push(problem);
    context.on("request", (request) => {
      const url = new URL(request.url());
      const isOwn = url.protocol === "data:" || url.protocol === "blob:" || url.origin === this.origin;
      // A file is opened by a link, which is a navigation.
      if (!isOwn && !request.isNavigationRequest()) note(`a request to ${url.origin}`);
    });
    context.on("console", (message) => {
      const refused = /^Failed to load resource: .* status of (\d+)/.exec(message.text());
      if (refused !== null && answers.includes(Number(refused[1]))) return;
      if (mayLog.test(message.text())) return;
      if (message.type() === "error" || message.type() === "warning")
        note(`the console says: ${message.text()} (${message.location().url})`);
    });
    context.on("weberror", (error) => note(`an uncaught error: ${error.error().message}`));
    return context.newPage();
  }

  /** Uploads to addresses with the pattern wait, until `release`. */
  hold = (pattern: string) => ask<null>(`hold?pattern=${encodeURIComponent(pattern)}`);
  release = (pattern: string) => ask<null>(`release?pattern=${encodeURIComponent(pattern)}`);

  /** @internal */
  async open(): Promise<void> {
    this.#stage = await ask<Stage>("stage");
    this.#browser = await chromium.connect(this.#stage.browser);
  }

  /** @internal Ends the pages of a test. @param isFailed shows where they are, and the service's log. */
  async endPages(isFailed: boolean): Promise<void> {
    const contexts = this.#browser?.contexts() ?? [];
    const pages = contexts.flatMap((context) => context.pages());
    if (isFailed) for (const page of pages) process.stderr.write(await looksOf(page));
    if (isFailed) process.stderr.write(`${await ask<string>("log")}\n`);
    for (const context of contexts) await context.close();
    const problems = this.#problems;
    this.#problems = [];
    expect(problems).toEqual([]);
  }

  /** @internal */
  close = () => this.#browser?.close();
}

/** Another web site, which shows a page of the service in a frame. */
export async function framingSite(): Promise<{ origin: string; framing: (address: string) => string }> {
  const server = createServer(({ url = "/" }, response) => {
    const framed = new URL(url, "http://site").searchParams.get("framed") ?? "";
    response.writeHead(200, { "content-type": "text/html" }).end(`<iframe title="Spillway" src="${framed}"></iframe>`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The site has no port.");
  const origin = `http://127.0.0.1:${address.port}`;
  return { origin, framing: (framed) => `${origin}/?framed=${encodeURIComponent(framed)}` };
}

/** What a screen reader finds in a page. */
async function looksOf(page: Page): Promise<string> {
  const tree = await page
    .locator("body")
    .ariaSnapshot({ timeout: 1_000 })
    .catch(() => "(nothing)");
  return `${page.url()}\n${tree}\n\n`;
}

/** The service and the browser for all tests of a file. */
export function browserScene(): Scene {
  const scene = new Scene();
  beforeAll(() => scene.open(), START_WITHIN_MS);
  afterEach(({ task }) => scene.endPages(task.result?.state === "fail"));
  afterAll(() => scene.close());
  return scene;
}

/** @param click begins a download, in this page or in a tab of its own. @returns the path of the file. */
export async function downloadBy(page: Page, click: () => Promise<void>): Promise<string> {
  const inTab = page
    .context()
    .waitForEvent("page")
    .then((tab) => tab.waitForEvent("download"));
  const [download] = await Promise.all([Promise.any([page.waitForEvent("download"), inTab]), click()]);
  const path = join(tmpdir(), `spillway-${download.suggestedFilename()}`);
  await download.saveAs(path);
  onTestFinished(() => rmSync(path, { force: true }));
  return path;
}

/** Opens an address of the console, signed in. */
export async function signIn(page: Page, origin: string, key: string, path = ""): Promise<void> {
  await page.goto(`${origin}/console${path}`);
  await enterKey(page, key);
  await page.getByRole("button", { name: "Sign out" }).waitFor();
}

/** Fills the form of the sign-in, and sends it. @param stay also after a reload of the page. */
export async function enterKey(page: Page, key: string, stay = false): Promise<void> {
  await page.getByLabel("API key", { exact: true }).fill(key);
  if (stay) await page.getByLabel("Stay signed in for this tab").check();
  await page.getByRole("button", { name: "Sign in" }).click();
}
