/** The script for web pages, as it is built, in a page that a test plays: its clock, its storage, its network. */

import { readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { buildTracker, generated } from "../../scripts/tracker.ts";
import { ROOT } from "../support/pages.ts";
import type { Tracker } from "../../tracker/api.ts";

const SCRIPT = buildTracker();
const NOW = Date.parse("2026-03-01T12:00:00.000Z");
const MINUTE = 60_000;

interface SentEvent {
  id: string;
  definition_id: string;
  person_id?: string;
  external_person_id?: string;
  session_id: string;
  occurred_at: string;
  properties: Record<string, unknown>;
}

interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** What the network does with the next request; null: it is away. */
type Network = (events: SentEvent[]) => Answer | null | Promise<Answer>;

/** What the browser keeps between pages. */
class Browser {
  now = NOW;
  readonly stored: Record<string, string> = {};
  /** Each request: its events, and what it was made with. */
  readonly requests: SentEvent[][] = [];
  readonly inits: { url: string; headers: Record<string, string>; keepalive: boolean }[] = [];
  readonly problems: unknown[] = [];
  network: Network = () => ({ status: 202 });

  /** Opens a page with the script in it. @param more what differs of the page's globals. */
  open(more: Record<string, unknown> = {}, data: Record<string, string> = {}): Page {
    return new Page(this, more, data);
  }

  get events(): SentEvent[] {
    return this.requests.flat();
  }
}

class Page {
  readonly #timers: { at: number; run: () => void }[] = [];
  readonly #listeners = new Map<string, (event: unknown) => void>();
  readonly #browser: Browser;
  readonly tracker: Tracker;

  constructor(browser: Browser, more: Record<string, unknown>, data: Record<string, string>) {
    this.#browser = browser;
    const context: Record<string, unknown> = createContext({
      document: {
        currentScript: { src: "https://events.example/tracker.js", dataset: { key: "spw_key", ...data } },
        title: "Shoes",
        referrer: "https://search.example/",
        documentElement: { lang: "en" },
      },
      location: { href: "https://shop.example/shoes?utm_source=mail&utm_id=7", search: "?utm_source=mail&utm_id=7" },
      localStorage: browser.stored,
      console: { error: (...problem: unknown[]) => void browser.problems.push(problem) },
      crypto,
      URL,
      URLSearchParams,
      Blob,
      Date: class extends Date {
        static override now = () => browser.now;
      },
      Math: Object.assign(Object.create(Math) as object, { random: () => 0 }),
      addEventListener: (type: string, listener: (event: unknown) => void) => void this.#listeners.set(type, listener),
      setInterval: (run: () => void) => void this.#listeners.set("interval", run),
      setTimeout: (run: () => void, ms: number) => void this.#timers.push({ at: browser.now + ms, run }),
      fetch: async (url: URL, init: { body: string; headers: Record<string, string>; keepalive: boolean }) => {
        const { events } = JSON.parse(init.body) as { events: SentEvent[] };
        browser.requests.push(events);
        browser.inits.push({ url: url.href, headers: init.headers, keepalive: init.keepalive });
        const answer = await browser.network(events);
        if (answer === null) throw new TypeError("Failed to fetch");
        return {
          status: answer.status,
          headers: new Headers(answer.headers),
          json: async () => answer.body ?? {},
        };
      },
      ...more,
    });
    context["window"] = context;
    runInContext(SCRIPT, context);
    this.tracker = context["spillway"] as Tracker;
  }

  fire(type: string, event: unknown = {}): void {
    this.#listeners.get(type)?.(event);
  }

  /** Lets time pass, and what waits for it run. */
  async pass(ms = 0): Promise<void> {
    const end = this.#browser.now + ms;
    for (;;) {
      await vi.waitUntil(settled);
      const next = this.#timers.filter(({ at }) => at <= end + 1).toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers.splice(this.#timers.indexOf(next), 1);
      this.#browser.now = Math.max(this.#browser.now, next.at);
      next.run();
    }
    this.#browser.now = Math.max(this.#browser.now, end);
  }
}

/** Promises that are due are settled when this is called. */
const settled = () => new Promise<true>((resolve) => setImmediate(() => resolve(true)));

let browser: Browser;

beforeEach(() => {
  browser = new Browser();
});

const names = () => browser.events.map((event) => event.definition_id);

describe("the script", () => {
  it("is the one that the service serves, in less than 3,000 bytes", () => {
    expect(readFileSync(`${ROOT}/src/http/tracker/script.ts`, "utf8")).toBe(generated());
    expect(Buffer.byteLength(SCRIPT)).toBeLessThan(3_000);
  });

  it("sends a session and a page view when the page is opened, with the key, so that leaving loses nothing", async () => {
    await browser.open().pass();
    const [started, view] = browser.events;
    expect(browser.inits).toEqual([
      {
        url: "https://events.example/v1/events",
        headers: { authorization: "Bearer spw_key", "content-type": "application/json" },
        keepalive: true,
      },
    ]);
    const visitor = expect.stringMatching(/^visitor-[0-9a-f-]{36}$/);
    const common = { person_id: visitor, session_id: expect.any(String), occurred_at: new Date(NOW).toISOString() };
    const session = { sessionId: started?.session_id, sessionType: "Web", utm_source: "mail" };
    // Before the page view also where an export orders rows of one time by their ids.
    expect(started).toEqual({
      ...common,
      id: expect.any(String),
      occurred_at: new Date(NOW - 1).toISOString(),
      definition_id: "sessionStarted",
      properties: session,
    });
    expect(view).toEqual({
      ...common,
      id: expect.any(String),
      definition_id: "pageView",
      properties: {
        pageTitle: "Shoes",
        url: "https://shop.example/shoes?utm_source=mail&utm_id=7",
        referrer: "https://search.example/",
        websiteLanguage: "en",
      },
    });
    expect([view?.person_id, view?.session_id]).toEqual([started?.person_id, started?.session_id]);
  });

  it("sends no page view by itself where the page says so, nor twice where it is loaded twice", async () => {
    const page = browser.open({}, { manual: "" });
    await page.pass();
    const none = names();
    page.tracker.page({ pageTitle: "Mine" });
    await page.pass();
    await browser.open({ spillway: page.tracker }).pass();
    expect([none, names()]).toEqual([[], ["sessionStarted", "pageView"]]);
    expect(browser.events[1]?.properties).toMatchObject({ pageTitle: "Mine" });
  });

  it("waits until a page that is rendered ahead is shown", async () => {
    const shown: (() => void)[] = [];
    const ahead = {
      currentScript: { src: "https://events.example/tracker.js", dataset: { key: "k" } },
      documentElement: {},
      prerendering: true,
      addEventListener: (_: string, listener: () => void) => void shown.push(listener),
    };
    const page = browser.open({ document: ahead });
    await page.pass();
    const before = names();
    shown[0]?.();
    await page.pass();
    expect([before, names()]).toEqual([[], ["sessionStarted", "pageView"]]);
  });

  it("works without localStorage, and where it is full", async () => {
    const full = new Proxy<Record<string, string>>(
      {},
      {
        set: () => {
          throw new DOMException("full", "QuotaExceededError");
        },
      },
    );
    await browser.open({ localStorage: full }).pass();
    await browser.open({ localStorage: null }).pass();
    const sent = ["sessionStarted", "pageView"];
    expect(names()).toEqual([...sent, ...sent]);
  });
});

describe("events that wait", () => {
  it("survive the page: the next one sends them, with the same ids", async () => {
    browser.network = () => null;
    const page = browser.open();
    page.tracker.track("addedToCart", { itemID: 7 });
    await page.pass();
    browser.network = () => ({ status: 202 });
    browser.now += 1;
    await browser.open().pass();
    const [first = [], second = []] = browser.requests;
    const kinds = ["sessionStarted", "pageView", "addedToCart", "pageView"];
    expect([first.length, second.map((event) => event.definition_id)]).toEqual([2, kinds]);
    expect(second.slice(0, 2)).toEqual(first);
    expect(Object.keys(browser.stored).filter((name) => name.includes("event"))).toEqual([]);
  });

  it("are sent when the page is left, without those that are on their way", async () => {
    let answer: (value: Answer) => void = () => {};
    browser.network = () => new Promise<Answer>((resolve) => void (answer = resolve));
    const page = browser.open();
    await page.pass();
    page.tracker.track("addedToCart", { itemID: 7 });
    await page.pass();
    const before = browser.requests.length;
    page.fire("pagehide");
    expect([before, browser.requests.map((events) => events.map((event) => event.definition_id))]).toEqual([
      1,
      [["sessionStarted", "pageView"], ["addedToCart"]],
    ]);
    answer({ status: 202 });
  });

  it("are sent again after a growing pause, and as Retry-After says", async () => {
    browser.network = () => null;
    const page = browser.open();
    const at = async (ms: number) => {
      await page.pass(ms);
      return browser.requests.length;
    };
    const away = [await at(0), await at(990), await at(20), await at(1_900), await at(120)];
    browser.network = () => ({ status: 503, headers: { "retry-after": "60" } });
    const limited = [await at(4_200), await at(59_000), await at(1_100)];
    browser.network = () => ({ status: 202 });
    expect([away, limited, await at(60_100), await at(600_000)]).toEqual([[1, 1, 2, 2, 3], [4, 4, 5], 6, 6]);
    expect(new Set(browser.events.map((event) => event.id)).size).toBe(2);
  });

  it("go in bodies that a browser sends from a page that is left", async () => {
    const page = browser.open({}, { manual: "" });
    for (let n = 0; n < 40; n += 1) page.tracker.track("note", { text: "é".repeat(2_500), n });
    await page.pass(1_000);
    const bytes = browser.requests.map((events) => Buffer.byteLength(JSON.stringify({ events })));
    expect(Math.max(...bytes)).toBeLessThanOrEqual(65_536);
    expect(browser.events.map((event) => event.properties["n"])).toHaveLength(41);
    page.tracker.track("note", { text: "x".repeat(65_536) });
    await page.pass(1_000);
    expect([browser.events.length, browser.problems.length]).toEqual([41, 1]);
  });

  it("are at most about 500", async () => {
    browser.network = () => null;
    const page = browser.open({}, { manual: "" });
    for (let n = 0; n < 600; n += 1) {
      browser.now += 1;
      page.tracker.track("note", { n });
    }
    const waiting = Object.keys(browser.stored).filter((name) => name.startsWith("spillway.event."));
    expect(waiting.length).toBeLessThanOrEqual(501);
  });
});

describe("a refusal", () => {
  it("drops the events with a fault, tells the developer, and sends the others again", async () => {
    browser.network = (events) => {
      const index = events.findIndex((event) => event.definition_id === "pageView");
      const body = {
        code: "invalid_request",
        errors: [{ pointer: `/events/${index}/definition_id`, detail: "disabled" }],
      };
      return index === -1 ? { status: 202 } : { status: 422, body };
    };
    await browser.open().pass(10);
    expect(browser.requests.map((events) => events.map((event) => event.definition_id))).toEqual([
      ["sessionStarted", "pageView"],
      ["sessionStarted"],
    ]);
    expect(browser.problems).toEqual([["spillway:", expect.objectContaining({ code: "invalid_request" })]]);
  });

  it.each([401, 403])("of all events (%i) drops them: they would fail again", async (status) => {
    browser.network = () => ({ status, body: { code: "forbidden", errors: [{ pointer: "/events", detail: "x" }] } });
    await browser.open().pass(600_000);
    expect([browser.requests.length, browser.problems.length]).toEqual([1, 1]);
  });
});

describe("a session", () => {
  it("goes on over pages while it is used, and ends after 30 minutes without an event", async () => {
    await browser.open().pass(29 * MINUTE);
    const page = browser.open({ location: { href: "https://shop.example/", search: "" } });
    await page.pass(30 * MINUTE);
    const afterLast = new Date(NOW + 29 * MINUTE + 1).toISOString();
    page.tracker.track("addedToCart", { itemID: 7 });
    await page.pass();
    expect(names()).toEqual([
      "sessionStarted",
      "pageView",
      "pageView",
      "sessionEnded",
      "sessionStarted",
      "addedToCart",
    ]);
    const [first, , , ended, second, added] = browser.events;
    expect(ended).toMatchObject({
      session_id: first?.session_id,
      occurred_at: afterLast,
      properties: { sessionId: first?.session_id, sessionType: "Web", sessionLength: 29 * 60, utm_source: "mail" },
    });
    expect(second?.session_id).not.toBe(first?.session_id);
    expect(second?.properties).not.toHaveProperty("utm_source");
    expect(added?.session_id).toBe(second?.session_id);
  });

  it("ends in a page that stays open, once for all tabs", async () => {
    const [one, two] = [browser.open(), browser.open()];
    await one.pass();
    await two.pass();
    browser.now += 31 * MINUTE;
    const before = { ...browser.stored };
    one.fire("interval");
    await one.pass();
    Object.assign(browser.stored, before);
    two.fire("interval");
    await two.pass();
    const ends = browser.events.filter((event) => event.definition_id === "sessionEnded");
    expect([ends.length, new Set(ends.map((event) => event.id)).size]).toEqual([2, 1]);
  });

  it("sees a page again that comes back from the browser's memory", async () => {
    const page = browser.open();
    await page.pass();
    page.fire("pageshow", { persisted: false });
    page.fire("pageshow", { persisted: true });
    await page.pass(10);
    expect(names()).toEqual(["sessionStarted", "pageView", "pageView"]);
  });
});

describe("identify", () => {
  const links = () => browser.events.filter((event) => event.definition_id === "personMerged");

  it("links the visitor to the person once, and the visitor's events keep their id", async () => {
    const page = browser.open();
    page.tracker.identify("p-1");
    page.tracker.identify("p-1");
    page.tracker.track("addedToCart");
    await page.pass();
    const again = browser.open();
    again.tracker.identify("p-1");
    await again.pass();
    const visitor = browser.events[0]?.person_id;
    expect(links()).toEqual([expect.objectContaining({ person_id: "p-1", properties: { mergedPersonId: visitor } })]);
    expect(browser.events.at(-1)?.person_id).toBe(visitor);
  });

  it("by another of the person's ids names that one", async () => {
    const page = browser.open();
    page.tracker.identify({ external_person_id: "CRM-1" });
    await page.pass();
    expect(links()).toEqual([expect.objectContaining({ external_person_id: "CRM-1" })]);
    expect(links()[0]).not.toHaveProperty("person_id");
  });

  it("of another person, or of none at sign-out, makes a new visitor and a new session", async () => {
    const page = browser.open();
    page.tracker.identify();
    page.tracker.identify("p-1");
    page.tracker.identify();
    page.tracker.track("addedToCart");
    page.tracker.identify("p-2");
    page.tracker.identify("p-3");
    await page.pass(10);
    const ids = links().map((event) => [event.person_id, event.properties["mergedPersonId"]]);
    const added = browser.events.find((event) => event.definition_id === "addedToCart");
    const [first, second] = browser.events.filter((event) => event.definition_id === "sessionStarted");
    expect(ids).toEqual([
      ["p-1", first?.person_id],
      ["p-2", added?.person_id],
      ["p-3", expect.stringMatching(/^visitor-/)],
    ]);
    expect(new Set(ids.map(([, visitor]) => visitor)).size).toBe(3);
    expect(second?.person_id).toBe(added?.person_id);
    expect(names().filter((name) => name === "sessionEnded")).toHaveLength(2);
  });
});
