/** `/content` returns every row as one stream, plain or as one gzip member; `/files/{name}` leads to a file. */

import { beforeAll, describe, expect, it } from "vitest";
import { fileKey } from "../../../src/export/delivery/object-keys.ts";
import { gunzip } from "../../support/gunzip.ts";
import { deliver, onlyFile, roomyService, take, textOf } from "../../support/pipeline.ts";
import { type ExportView, orders, type Space } from "../../support/service.ts";

const service = roomyService();
let space: Space;

beforeAll(async () => {
  space = await service.shop();
  await service.send(space, orders(50_001));
});

function contentOf(id: string, headers: Record<string, string> = {}): Promise<Response> {
  return service.call("GET", `/v1/exports/${id}/content`, { key: space.key, headers });
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer());
}

async function codeOf(response: Response): Promise<[number, string]> {
  const { code }: { code: string } = await response.json();
  return [response.status, code];
}

describe.each<[string, Record<string, unknown>, number]>([
  ["a single file", { layout: "single" }, 1],
  ["two files", { layout: "files" }, 2],
  ["many files", { layout: "files", file_rows: 7_000 }, 8],
])("the content of %s", (_what, request, files) => {
  let done: ExportView;
  let rows: string;

  beforeAll(async () => {
    done = await service.export(space, request);
    rows = await textOf(service, done);
  });

  it("has every row, in order, once", async () => {
    expect(done.files).toHaveLength(files);
    const text = Buffer.from(await bytesOf(await contentOf(done.id))).toString();
    expect(text === rows).toBe(true);
    expect(text.split("\n")).toHaveLength(50_002);
  });

  it("is one gzip member of the same rows when gzip is accepted", async () => {
    const response = await contentOf(done.id, { "accept-encoding": "gzip" });
    expect(response.headers.get("content-encoding")).toBe("gzip");
    const bytes = await bytesOf(response);
    expect(gunzip(bytes) === rows).toBe(true);
    // Only one header: were members joined as they are, another would follow the first trailer.
    expect(Buffer.from(bytes).indexOf(Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]), 1)).toBe(-1);
  });

  it("may be asked again, with the same bytes", async () => {
    const [first, second] = await Promise.all(
      [1, 2].map(async () => bytesOf(await contentOf(done.id, { "accept-encoding": "gzip" }))),
    );
    expect(Buffer.from(first ?? []).equals(second ?? Buffer.alloc(0))).toBe(true);
  });
});

describe("the coding of the content", () => {
  let id: string;

  beforeAll(async () => {
    id = (await service.export(space, { end: new Date(service.now - 2_999_000).toISOString() })).id;
  });

  it.each([
    ["gzip", "gzip"],
    ["br, gzip;q=0.5", "gzip"],
    ["*", "gzip"],
    ["GZIP", "gzip"],
    ["", null],
    ["identity", null],
    ["br", null],
    ["gzip;q=0", null],
    ["gzip;q=0, *", null],
    ["*;q=0, gzip", "gzip"],
    ["gzip; q=0.0, identity", null],
  ])("for Accept-Encoding %j is %s", async (accepted, coding) => {
    const response = await contentOf(id, { "accept-encoding": accepted });
    await response.body?.cancel();
    expect(response.headers.get("content-encoding")).toBe(coding);
  });

  it("is in the headers for caches, and the type for readers", async () => {
    const response = await contentOf(id);
    await response.body?.cancel();
    expect(response.headers.get("vary")).toBe("Accept-Encoding");
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
  });

  it("breaks the stream off when a file is missing, instead of giving a part for the whole", async () => {
    const done = await service.export(space, { layout: "files", file_rows: 20_000 });
    await service.context.bucket.delete(fileKey({ space_id: space.id, id: done.id }, done.files[1]?.name ?? ""));
    await expect((async () => bytesOf(await contentOf(done.id)))()).rejects.toThrow();
  });
});

describe("the content of an export that", () => {
  it("is not completed is not found yet, with a time to come back", async () => {
    const id = await service.ask(space);
    for (const step of ["plan", "chunk"] as const) {
      const response = await contentOf(id);
      expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(await codeOf(response)).toEqual([404, "not_found"]);
      await deliver(service, take(service, step));
    }
    await service.pump();
  });

  it.each(["nothing", "4c959f87-0000-4000-8000-000000000000"])("does not exist (%s) is not found", async (id) => {
    expect(await codeOf(await contentOf(id))).toEqual([410, "gone"]);
  });

  it("is another space's is not found, as if it did not exist", async () => {
    const done = await service.export(space, { end: new Date(service.now - 2_999_990).toISOString() });
    const other = await service.space();
    const response = await service.call("GET", `/v1/exports/${done.id}/content`, { key: other.key });
    expect(await codeOf(response)).toEqual([410, "gone"]);
  });
});

describe("the address of a file", () => {
  let done: ExportView;

  beforeAll(async () => {
    done = await service.export(space, { end: new Date(service.now - 2_999_000).toISOString() });
  });

  const follow = (name: string) =>
    service.call("GET", `/v1/exports/${done.id}/files/${encodeURIComponent(name)}`, { key: space.key });

  it("redirects to a fresh link to the file, and is not cached", async () => {
    const response = await follow(onlyFile(done).name);
    expect([response.status, response.headers.get("cache-control")]).toEqual([302, "no-store"]);
    const file = await fetch(response.headers.get("location") ?? "");
    expect(gunzip(await bytesOf(file)).split("\n")).toHaveLength(1_001);
  });

  it.each(["nothing", "segments/0", "../x", ""])("of no file (%j) is not found", async (name) => {
    expect((await follow(name)).status).toBe(404);
  });

  it("of an export that is not completed is not found", async () => {
    const id = await service.ask(space);
    const response = await service.call("GET", `/v1/exports/${id}/files/x`, { key: space.key });
    expect(await codeOf(response)).toEqual([404, "not_found"]);
    await service.pump();
  });
});
