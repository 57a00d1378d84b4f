/** The manifest lists each stored file with the size, hash and rows that a download of the file has. */

import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import type { Manifest } from "../../../src/export/output/manifest.ts";
import { manifestKey } from "../../../src/export/delivery/object-keys.ts";
import { gunzip, lines } from "../../support/gunzip.ts";
import { deliver, roomyService, take } from "../../support/pipeline.ts";
import { type ExportView, orders, START, type Space } from "../../support/service.ts";

const service = roomyService();
let space: Space;

beforeAll(async () => {
  space = await service.shop();
  await service.send(space, orders(25));
});

const manifestOf = (id: string) => service.json<Manifest>("GET", `/v1/exports/${id}/manifest`, 200, { key: space.key });

/** The expected entry of a file, computed from its stored bytes and the events that were sent. */
async function measured(file: ExportView["files"][number]) {
  const bytes = await service.fetchFile(file);
  const text = gunzip(bytes);
  const ids = lines(text).map((row) => String(row["eventId"]));
  const edge = (id: string | undefined) => {
    const event = orders(25).find((each) => each["id"] === id);
    return event === undefined ? null : { time: event["occurred_at"], id };
  };
  return {
    name: file.name,
    rows: ids.length,
    bytes: bytes.length,
    uncompressed_bytes: Buffer.byteLength(text),
    sha256: createHash("sha256").update(bytes).digest("hex"),
    first: edge(ids[0]),
    last: edge(ids.at(-1)),
  };
}

describe.each([
  ["one file", { layout: "single" }, 1],
  ["several files", { layout: "files", file_rows: 10 }, 3],
])("the manifest of %s", (_what, request, count) => {
  it("has for each file the values of its bytes", async () => {
    const done = await service.export(space, request);
    expect(done.files).toHaveLength(count);
    const { files } = await manifestOf(done.id);
    expect(files).toEqual(await Promise.all(done.files.map(measured)));
  });

  it("adds up to its totals", async () => {
    const done = await service.export(space, request);
    const { files, totals } = await manifestOf(done.id);
    const sum = (of: "rows" | "bytes" | "uncompressed_bytes") => files.reduce((all, file) => all + file[of], 0);
    expect(totals).toEqual({
      files: count,
      rows: 25,
      bytes: sum("bytes"),
      uncompressed_bytes: sum("uncompressed_bytes"),
    });
    expect(sum("rows")).toBe(25);
  });

  it("says the same as the poll", async () => {
    const done = await service.export(space, request);
    const { files } = await manifestOf(done.id);
    const polled = done.files.map(({ url: _url, ...file }) => file);
    expect(files.map(({ first: _first, last: _last, ...file }) => file)).toEqual(polled);
  });
});

describe("a manifest", () => {
  it("names the export, its request and its snapshot", async () => {
    const done = await service.export(space);
    const manifest = await manifestOf(done.id);
    expect(manifest.export).toEqual({ id: done.id, dataset: "activity_events", request: done.request });
    expect(manifest.snapshot).toEqual({ sequence: expect.any(Number), at: new Date(START).toISOString() });
  });

  it("has no edges for a file of no rows", async () => {
    const done = await service.export(space, { event_names: ["none_*"] });
    expect((await manifestOf(done.id)).files).toMatchObject([{ rows: 0, first: null, last: null }]);
  });

  it("is the same each time, and the same bytes as the object beside the files", async () => {
    const done = await service.export(space);
    const get = async () => (await service.call("GET", `/v1/exports/${done.id}/manifest`, { key: space.key })).text();
    const stored = await service.context.bucket.get(manifestKey({ space_id: space.id, id: done.id }));
    const text = await get();
    expect([await get(), await stored?.text()]).toEqual([text, text]);
  });

  it("is written last: not found until the export is completed", async () => {
    const id = await service.ask(space);
    const path = `/v1/exports/${id}/manifest`;
    for (const step of ["plan", "chunk", "finish"] as const) {
      const before = await service.call("GET", path, { key: space.key });
      expect([before.status, await service.context.bucket.get(manifestKey({ space_id: space.id, id }))]).toEqual([
        404,
        null,
      ]);
      await deliver(service, take(service, step));
    }
    expect((await manifestOf(id)).totals.rows).toBe(25);
  });

  it("is linked from the export once that is completed", async () => {
    const done = await service.export(space);
    expect(done.manifest_url).toBe(`https://spillway.test/v1/exports/${done.id}/manifest`);
  });
});
