/**
 * The main flow as a client sees it, through wrangler's own queue, cron and bucket: ask, watch, and fetch the result
 * with what everybody has: fetch, curl, gzip.
 */

import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import type { CompletedExport, Export } from "../../client/src/index.ts";
import {
  ALL_ORDERS,
  type EventsRequest,
  liveStack,
  onlyFile,
  openShop,
  orderId,
  orders,
  run,
  type Shop,
} from "../live/support.ts";
import { IS_SAMPLE } from "../support/seeds.ts";

/** The full run moves more rows than the quick one. */
const EVENTS = IS_SAMPLE ? 24_000 : 60_000;
/** Small files need many steps, so that enough polls see the export in progress. */
const FILE_ROWS = EVENTS / 120;

/** An export from its 202 to its end. */
interface Watched {
  accepted: Response;
  polls: Export[];
  view: CompletedExport;
}

const stack = liveStack();
let shop: Shop;
let single: Watched;
let files: Watched;

beforeAll(async () => {
  shop = await openShop(stack.origin);
  await shop.client.events.send(orders(EVENTS), { concurrency: 2 });
  single = await watch({ layout: "single" });
  files = await watch({ layout: "files", file_rows: FILE_ROWS });
}, 180_000);

async function watch(request: Partial<EventsRequest>): Promise<Watched> {
  const accepted = await fetch(`${stack.origin}/v1/exports`, {
    method: "POST",
    headers: { authorization: `Bearer ${shop.space.api_key}`, "content-type": "application/json" },
    body: JSON.stringify({ ...ALL_ORDERS, ...request }),
  });
  const { id } = (await accepted.json()) as Export;
  const polls: Export[] = [];
  const view = await shop.client.exports.wait(id, { onProgress: (poll) => polls.push(poll) });
  return { accepted, polls, view };
}

/** Waits out a rate limit as curl itself does, by Retry-After. */
const curl = (...args: string[]) => run("curl", "--silent", "--show-error", "--fail", "--retry", "5", ...args);
const withKey = () => ["--header", `Authorization: Bearer ${shop.space.api_key}`];
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe.each([
  ["single", () => single],
  ["files", () => files],
] as const)("an export with the layout %s", (_layout, watched) => {
  test("is accepted with the address to poll and the time to wait", () => {
    const { accepted, view } = watched();
    expect(accepted.status).toBe(202);
    expect(accepted.headers.get("location")).toBe(`/v1/exports/${view.id}`);
    expect(accepted.headers.get("retry-after")).toMatch(/^[1-9][0-9]*$/);
  });

  test("completes with every row in its files", async () => {
    const { view } = watched();
    const all = await shop.client.exports.files(view.id).all();
    expect(view).toMatchObject({ status: "completed", error: null, progress: { rows_written: EVENTS, percent: 100 } });
    expect(all.reduce((sum, file) => sum + file.rows, 0)).toBe(EVENTS);
    expect(view.files.map(({ name }) => name)).toEqual(all.slice(0, 100).map(({ name }) => name));
  });

  test.each(["rows_written", "files_written", "bytes_written", "percent"] as const)(
    "shows %s that never goes backwards",
    (figure) => {
      const seen = watched().polls.map((poll) => poll.progress[figure] ?? 0);
      expect(seen.length).toBeGreaterThan(1);
      expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    },
  );
});

test("a poll of a running export has the number of rows, and how many are written", () => {
  const underWay = files.polls.filter(({ status, progress: { rows_written: written } }) => {
    return status === "processing" && written > 0 && written < EVENTS;
  });
  expect(underWay).not.toHaveLength(0);
  for (const { progress } of underWay) {
    expect(progress).toMatchObject({ rows_total: EVENTS, files_total: EVENTS / FILE_ROWS });
    expect(progress.percent).toBeCloseTo((100 * progress.rows_written) / EVENTS, 0);
  }
});

test("a file that is fetched by its link is the announced one, whole, with every event in order", async () => {
  const file = onlyFile(single.view);
  const response = await fetch(file.url);
  expect(response.status).toBe(200);
  const bytes = new Uint8Array(await response.arrayBuffer());
  expect({ bytes: bytes.length, sha256: sha256(bytes) }).toEqual({ bytes: file.bytes, sha256: file.sha256 });

  await writeFile(stack.file("single.gz"), bytes);
  expect(await run("gzip", "--test", stack.file("single.gz"))).toMatchObject({ code: 0, stderr: "" });
  const lines = gunzipSync(bytes).toString().trimEnd().split("\n");
  const ids = lines.map((line) => (JSON.parse(line) as { eventId: string }).eventId);
  expect(ids).toEqual(Array.from({ length: EVENTS }, (_, n) => orderId(n)));
});

test("the content of many files comes to curl --compressed as one stream, with the bytes of the single file", async () => {
  const head = stack.file("content.head");
  const content = await curl(...withKey(), "--compressed", "--dump-header", head, files.view.content_url);
  expect(content).toMatchObject({ code: 0, stderr: "" });
  expect(await readFile(head, "utf8")).toMatch(/^content-encoding: gzip\r$/im);

  const stored = await fetch(onlyFile(single.view).url);
  expect(sha256(content.stdout)).toBe(sha256(gunzipSync(await stored.arrayBuffer())));
});

test("the content comes plain to a client that accepts nothing else", async () => {
  const content = await curl(...withKey(), single.view.content_url);
  const compressed = await curl(...withKey(), "--compressed", single.view.content_url);
  expect(content).toMatchObject({ code: 0, stderr: "" });
  expect(content.stdout.equals(compressed.stdout)).toBe(true);
});

test("curl -L follows a file's address to the bucket, and sends the API key to the service only", async () => {
  const file = onlyFile(single.view);
  const address = `${stack.origin}/v1/exports/${single.view.id}/files/${file.name}`;
  const got = await curl(...withKey(), "--location", "--verbose", address);
  expect(got.code, got.stderr).toBe(0);
  expect(sha256(got.stdout)).toBe(file.sha256);
  expect(got.stderr.match(/^> authorization: /gim)).toHaveLength(1);
});

describe("a link that was altered is refused:", () => {
  const alterations: [what: string, alter: (url: URL) => void][] = [
    ["its signature", (url) => url.searchParams.set("X-Amz-Signature", "0".repeat(64))],
    ["its time", (url) => url.searchParams.set("X-Amz-Expires", "86400")],
    ["its file", (url) => void (url.pathname = url.pathname.replace(/[^/]+$/, "another.json.gz"))],
    ["without a signature", (url) => void (url.search = "")],
  ];

  test.each(alterations)("%s", async (_what, alter) => {
    const url = new URL(onlyFile(single.view).url);
    alter(url);
    const response = await fetch(url);
    expect([400, 401, 403]).toContain(response.status);
    expect(await response.text()).not.toContain("eventId");
  });
});

test("the OpenAPI document needs no key", async () => {
  const response = await fetch(`${stack.origin}/openapi.json`);
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    openapi: expect.stringMatching(/^3\.1\./),
    paths: { "/v1/exports": {} },
  });
});

test("the reference page needs no key", async () => {
  const response = await fetch(`${stack.origin}/docs`);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toMatch(/^text\/html/);
});
