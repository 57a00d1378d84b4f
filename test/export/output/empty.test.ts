/** The smallest results: nothing found, and one event. */

import { describe, expect, it } from "vitest";
import { gunzip } from "../../support/gunzip.ts";
import { eventIdsOf, onlyFile, roomyService } from "../../support/pipeline.ts";
import { orders } from "../../support/service.ts";

describe("a single export that finds nothing", () => {
  const finished = async () => {
    const service = roomyService();
    const space = await service.shop();
    return { service, space, done: await service.export(space) };
  };

  it("is completed, and says so in words", async () => {
    const { done } = await finished();
    expect(done).toMatchObject({
      status: "completed",
      message: "0 events found for the time period queried.",
      error: null,
    });
    expect(done.progress).toMatchObject({ phase: "done", rows_written: 0, rows_total: 0, percent: 100 });
  });

  it("is one valid gzip file of no rows", async () => {
    const { service, done } = await finished();
    const file = onlyFile(done);
    expect(file).toMatchObject({ rows: 0, uncompressed_bytes: 0 });
    expect(gunzip(await service.fetchFile(file))).toBe("");
  });

  it.each(["gzip", "identity"])("has an empty content as %s", async (coding) => {
    const { service, space, done } = await finished();
    const headers = { "accept-encoding": coding };
    const response = await service.call("GET", `/v1/exports/${done.id}/content`, { key: space.key, headers });
    expect(response.status).toBe(200);
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect(coding === "gzip" ? gunzip(bytes) : Buffer.from(bytes).toString()).toBe("");
  });
});

describe("an export in files that finds nothing", () => {
  const finished = async () => {
    const service = roomyService();
    const space = await service.shop();
    return { service, space, done: await service.export(space, { layout: "files" }) };
  };

  it("is completed without a file", async () => {
    const { done } = await finished();
    expect(done).toMatchObject({ status: "completed", files: [], download_url: null });
    expect(done.progress).toMatchObject({ files_total: 0, percent: 100 });
    expect(done.message).toBe("0 events found for the time period queried.");
  });

  it("has a manifest that lists none", async () => {
    const { service, space, done } = await finished();
    const manifest = await service.json("GET", `/v1/exports/${done.id}/manifest`, 200, { key: space.key });
    expect(manifest).toMatchObject({ files: [], totals: { files: 0, rows: 0, bytes: 0, uncompressed_bytes: 0 } });
  });

  it.each(["gzip", "identity"])("has an empty content as %s", async (coding) => {
    const { service, space, done } = await finished();
    const headers = { "accept-encoding": coding };
    const response = await service.call("GET", `/v1/exports/${done.id}/content`, { key: space.key, headers });
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect(coding === "gzip" ? gunzip(bytes) : Buffer.from(bytes).toString()).toBe("");
  });
});

describe.each(["single", "files"])("an export of one event in the layout %s", (layout) => {
  it("is one file with that row", async () => {
    const service = roomyService();
    const space = await service.shop();
    await service.send(space, orders(1));
    const done = await service.export(space, { layout });
    expect(onlyFile(done).rows).toBe(1);
    expect(done.message).toBeNull();
    expect(await eventIdsOf(service, done)).toEqual(["e-0000000"]);
  });
});

describe("the window", () => {
  it("has an event at its start and none at its end", async () => {
    const service = roomyService();
    const space = await service.shop();
    await service.send(space, orders(3, service.now - 1000));
    const [start, end] = [service.now - 1000, service.now - 998].map((time) => new Date(time).toISOString());
    expect(await eventIdsOf(service, await service.export(space, { start, end }))).toEqual(["e-0000000", "e-0000001"]);
  });

  it("may be one millisecond long", async () => {
    const service = roomyService();
    const space = await service.shop();
    await service.send(space, orders(3, service.now - 1000));
    const [start, end] = [service.now - 999, service.now - 998].map((time) => new Date(time).toISOString());
    expect(await eventIdsOf(service, await service.export(space, { start, end }))).toEqual(["e-0000001"]);
  });
});
