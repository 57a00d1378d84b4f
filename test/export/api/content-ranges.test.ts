/** Ranges of `/content`: a part of the stored bytes where they are sent as they are, and else the whole. */

import { beforeAll, expect, it } from "vitest";
import { fileKey } from "../../../src/export/delivery/object-keys.ts";
import { roomyService } from "../../support/pipeline.ts";
import { type ExportView, orders, type ProblemView, type Service, type Space } from "../../support/service.ts";

let service: Service;
let space: Space;
let plain: ExportView;
let gzipped: ExportView;
let stored: Buffer;

beforeAll(async () => {
  service = roomyService();
  space = await service.shop();
  await service.send(space, orders(200));
  plain = await service.export(space, { format: "csv", compression: "none" });
  gzipped = await service.export(space);
  stored = Buffer.from(await service.fetchFile(plain.files[0] ?? { url: "" }));
});

const content = (view: ExportView, headers: Record<string, string> = {}, method = "GET") =>
  service.call(method, `/v1/exports/${view.id}/content`, { key: space.key, headers });

const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());

/** Of an answer. */
const fields = (response: Response, ...names: string[]) => names.map((name) => response.headers.get(name));

it("the parts of a file make the file", async () => {
  const parts: Buffer[] = [];
  for (let from = 0; from < stored.length; from += 1_000) {
    const response = await content(plain, { range: `bytes=${from}-${from + 999}` });
    const to = Math.min(from + 1_000, stored.length);
    expect(response.status).toBe(206);
    expect(fields(response, "content-range")).toEqual([`bytes ${from}-${to - 1}/${stored.length}`]);
    parts.push(await bytesOf(response));
  }
  expect(parts.length).toBeGreaterThan(5);
  expect(Buffer.concat(parts).equals(stored)).toBe(true);
});

it("a download that broke off goes on with If-Range, and begins again for other bytes", async () => {
  const first = await content(plain);
  const etag = first.headers.get("etag") ?? "";
  expect([first.status, ...fields(first, "accept-ranges")]).toEqual([200, "bytes"]);
  expect(etag).toBe(`"${plain.files[0]?.sha256}"`);
  await first.body?.cancel();
  const rest = await content(plain, { range: "bytes=100-", "if-range": etag });
  expect([rest.status, (await bytesOf(rest)).equals(stored.subarray(100))]).toEqual([206, true]);
  const other = await content(plain, { range: "bytes=100-", "if-range": '"other"' });
  expect([other.status, (await bytesOf(other)).equals(stored)]).toEqual([200, true]);
});

it("a range of compressed content is one of its compressed bytes", async () => {
  const accepted = { "accept-encoding": "gzip" };
  const whole = await bytesOf(await content(gzipped, accepted));
  const part = await content(gzipped, { ...accepted, range: "bytes=-20" });
  expect([part.status, ...fields(part, "content-encoding")]).toEqual([206, "gzip"]);
  expect((await bytesOf(part)).equals(whole.subarray(-20))).toBe(true);
  expect(whole.equals(Buffer.from(await service.fetchFile(gzipped.files[0] ?? { url: "" })))).toBe(true);
});

it("a range of content that is decompressed or joined on the way is ignored", async () => {
  const files = await service.export(space, { layout: "files", file_rows: 100 });
  for (const [view, headers] of [
    [gzipped, {}],
    [files, {}],
    [files, { "accept-encoding": "gzip" }],
  ] as const) {
    const response = await content(view, { ...headers, range: "bytes=0-9" });
    expect([response.status, ...fields(response, "accept-ranges", "etag", "content-range")]).toEqual([
      200,
      "none",
      null,
      null,
    ]);
    expect((await bytesOf(response)).length).toBeGreaterThan(10);
  }
});

it("a range beyond the end is answered with 416 and the length", async () => {
  const response = await content(plain, { range: `bytes=${stored.length}-` });
  expect([response.status, ...fields(response, "content-range")]).toEqual([416, `bytes */${stored.length}`]);
  expect(await response.json<ProblemView>()).toMatchObject({ code: "range_not_satisfiable", status: 416 });
});

it("HEAD tells the length, the ETag, and that ranges are taken; a client that has these bytes gets 304", async () => {
  const head = await content(plain, { range: "bytes=0-9" }, "HEAD");
  const etag = `"${plain.files[0]?.sha256}"`;
  expect([head.status, ...fields(head, "content-length", "etag", "accept-ranges")]).toEqual([
    200,
    String(stored.length),
    etag,
    "bytes",
  ]);
  expect(await head.text()).toBe("");
  expect((await content(plain, { "if-none-match": etag })).status).toBe(304);
});

it("If-Match takes the bytes that it names, and refuses others with 412", async () => {
  const etag = `"${plain.files[0]?.sha256}"`;
  for (const named of [etag, `"other", ${etag}`, "*"]) {
    const response = await content(plain, { "if-match": named, range: "bytes=0-9" });
    expect([named, response.status, (await bytesOf(response)).length]).toEqual([named, 206, 10]);
  }
  for (const named of ['"other"', `W/${etag}`, ""]) {
    const response = await content(plain, { "if-match": named });
    const { code, detail } = await response.json<ProblemView>();
    expect([named, response.status, code]).toEqual([named, 412, "precondition_failed"]);
    expect(detail).toContain(etag);
  }
  // Decompressed on the way, the content has no version.
  expect((await content(gzipped, { "if-match": etag })).status).toBe(412);
  expect((await content(gzipped, { "if-match": "*" })).status).toBe(200);
});

it.each<[string, Record<string, unknown>]>([
  ["as it is stored", { compression: "none" }],
  ["decompressed on the way", {}],
  ["joined from several files", { layout: "files", file_rows: 50 }],
])(
  "content that is sent %s is gone when its file is missing, and no failure that a retry would mend",
  async (_, form) => {
    const view = await service.export(space, form);
    const name = view.files[0]?.name ?? "";
    await service.context.bucket.delete(fileKey({ space_id: space.id, id: view.id }, name));
    for (const headers of [{}, { range: "bytes=0-9" }]) {
      const response = await content(view, headers);
      const { code, detail, retryable } = await response.json<ProblemView & { retryable: boolean }>();
      expect([response.status, code, retryable]).toEqual([410, "gone", false]);
      expect(detail).toContain(name);
    }
  },
);
