/** A proxy that answers each call with its own page and 200: no call takes that page for an answer of the service. */

import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Spillway } from "../../client/src/index.ts";
import { faultyServer, type FaultyServer, ok, type Step } from "./faulty-server.ts";

const answered =
  (contentType: string, body: string, status = 200): Step =>
  (response) =>
    response.writeHead(status, { "content-type": contentType }).end(body);
const PAGE = answered("text/html; charset=utf-8", "<h1>Sign in to the network</h1>");
const BARE: Step = (response) => response.writeHead(200).end("OK");
const EMPTY: Step = (response) => response.writeHead(204).end();

const FILE = { name: "a.ndjson.gz", rows: 1, bytes: 31, uncompressed_bytes: 31, sha256: "0".repeat(64) };
const EXPORT = { dataset: "profile_attributes" } as const;
const WINDOW = { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" };

let server: FaultyServer;
let step: Step;
let spillway: Spillway;

beforeEach(async () => {
  step = PAGE;
  server = await faultyServer(() => step);
  spillway = new Spillway({ origin: server.origin, key: "sk_test", sleep: async () => {} });
});

afterEach(() => server.close());

const unexpected = (status = 200) => ({ code: "unexpected_answer", status });

/** Calls of every kind, one of each. */
const CALLS: [string, (spillway: Spillway) => Promise<unknown>][] = [
  ["any call", (client) => client.request("GET", "/healthz")],
  ["any call with a body", (client) => client.request("POST", "/v1/exports", { body: EXPORT })],
  ["a read", (client) => client.exports.get("x")],
  ["a list", (client) => client.exports.list().all()],
  ["a list of events", (client) => client.events.list(WINDOW).all()],
  ["a creation", (client) => client.exports.create(EXPORT)],
  ["a wait", (client) => client.exports.wait("x")],
  ["a creation that is not repeatable", (client) => client.spaces.create({ name: "Shop", timezone: "UTC" })],
  ["NDJSON", (client) => client.events.send([{ definition_id: "visit", person_id: "p-1", properties: {} }])],
  ["a dry run", (client) => client.events.dryRun([{ definition_id: "visit", person_id: "p-1", properties: {} }])],
  ["a removal", (client) => client.segments.delete("vip")],
  ["statements to load", (client) => client.exports.load("x", { for: "duckdb" })],
  ["the rows of an export", (client) => client.exports.content("x")],
  ["a manifest", (client) => client.exports.manifest("x")],
  ["a download", (client) => client.exports.download("x", async () => {})],
];

describe.each(CALLS)("%s", (_what, call) => {
  it("throws at a page with 200, and is made once", async () => {
    await expect(call(spillway)).rejects.toMatchObject(unexpected());
    expect(server.seen).toHaveLength(1);
  });

  it("throws at a body without a media type", async () => {
    step = BARE;
    await expect(call(spillway)).rejects.toMatchObject(unexpected());
  });
});

it.each(CALLS.filter(([what]) => what !== "a removal"))("%s throws at an empty answer", async (_what, call) => {
  step = EMPTY;
  await expect(call(spillway)).rejects.toMatchObject(unexpected(204));
});

it.each(["null", "[]", '"OK"', "7", "<h1>"])("JSON that is no object is unreadable: %s", async (body) => {
  step = answered("application/json", body);
  await expect(spillway.exports.get("x")).rejects.toMatchObject({ code: "unreadable", status: 0 });
});

it("a removal is answered with nothing", async () => {
  step = EMPTY;
  await expect(spillway.segments.delete("vip")).resolves.toBeUndefined();
});

it("a removal that goes on behind its answer may be answered with a compressed nothing", async () => {
  step = (response) => response.writeHead(202, { "content-encoding": "gzip" }).end(gzipSync(""));
  await expect(spillway.spaces.delete("x")).resolves.toBeUndefined();
});

it("a call is answered with JSON of any kind", async () => {
  step = answered("application/vnd.acme+json; charset=utf-8", '{"id":"x"}');
  expect(await spillway.request("GET", "/v1/exports/x")).toEqual({ id: "x" });
});

it("statements are a text, and rows are a stream", async () => {
  step = answered("text/plain; charset=utf-8", "CREATE TABLE events;");
  expect(await spillway.exports.load("x", { for: "duckdb" })).toBe("CREATE TABLE events;");
  step = answered("application/x-ndjson", '{"eventId":"e-1"}\n');
  expect(await new Response(await spillway.exports.content("x")).text()).toBe('{"eventId":"e-1"}\n');
});

it("a page is no stored file, though the link answers 200", async () => {
  const files = (url: string) => ok({ data: [{ ...FILE, url }], next_cursor: null });
  step = (response, request) => {
    const isLink = request.url === "/bucket/a";
    (isLink ? PAGE : files(`${server.origin}/bucket/a`))(response, request);
  };
  const bytes = await spillway.exports.file("x", FILE.name);
  await expect(new Response(bytes).text()).rejects.toMatchObject(unexpected());
  expect(server.seen.map(({ path }) => path)).toContain("/bucket/a");
});
