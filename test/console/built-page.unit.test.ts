/** The built page in console/dist: its size, and that it loads nothing from elsewhere and runs nothing inline. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, expect, it } from "vitest";
import { STORES } from "../../console/src/pages/destinations/stores.ts";

const DIST = join(import.meta.dirname, "..", "..", "console", "dist");
/** The script of the reference page at /docs, which the console does not load. */
const REFERENCE_SCRIPT = "openapi-explorer.min.js";
const MAX_GZIPPED_BYTES = 120_000;

/** XML namespaces, which nothing fetches (one is of the plots' library); names reserved for examples (RFC 2606). */
const NOT_FETCHED = /^(www\.w3\.org|gionkunz\.github\.com|(.+\.)?example(\.com|\.org|\.net)?)$/;

/** Endpoints that the form of a destination fills in: text for the service. The page's policy lets it call none. */
const OF_STORES = new Set(STORES.map(({ endpoint }) => endpoint?.replace("https://", "")));

const page = new Map<string, Buffer>();

beforeAll(() => {
  const names = readdirSync(DIST, { recursive: true, encoding: "utf8" });
  for (const name of names.filter((each) => /\.\w+$/.test(each) && each !== REFERENCE_SCRIPT))
    page.set(name, readFileSync(join(DIST, name)));
});

const textOf = (name: string) => page.get(name)?.toString() ?? "";

it("is under 120 kB, gzipped, with all of its scripts and styles", () => {
  const sizes = [...page].map(([name, bytes]) => [name, gzipSync(bytes).byteLength] as const);
  expect(sizes.length).toBeGreaterThan(2);
  const total = sizes.reduce((sum, [, bytes]) => sum + bytes, 0);
  expect(total, JSON.stringify(Object.fromEntries(sizes))).toBeLessThan(MAX_GZIPPED_BYTES);
});

it("loads scripts and styles of its own folder alone, and has none inline", () => {
  const html = textOf("index.html");
  const addresses = [...html.matchAll(/\b(?:src|href)="([^"]*)"/g)].map(([, address = ""]) => address);
  const loaded = addresses.filter((address) => address !== "data:,");
  expect(loaded).not.toEqual([]);
  for (const address of loaded) expect([...page.keys()]).toContain(address.replace(/^\//, ""));
  expect(html.match(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/g)).toBeNull();
});

it("names no other host", () => {
  const named = [...page.keys()].flatMap((name) =>
    [...textOf(name).matchAll(/\b(?:https?|wss?):\/\/([\w.-]*\w)/g)].map(([, host = ""]) => host),
  );
  expect(named.filter((host) => !NOT_FETCHED.test(host) && !OF_STORES.has(host))).toEqual([]);
});

it("makes no code of text", () => {
  const scripts = [...page.keys()].filter((name) => name.endsWith(".js"));
  expect(scripts).not.toEqual([]);
  for (const name of scripts) expect(textOf(name).match(/\beval\(|\bnew Function\b/g)).toBeNull();
});
