/** The compression that a request chooses: what it makes of names, objects, the stream and the estimate. */

import { zstdCompressSync } from "node:zlib";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { COMPRESSIONS } from "../../../src/export/output/compression/index.ts";
import { CODECS, contentOf, ENDINGS, lastHour, roomyShop, shopInChunks } from "../../support/compressions.ts";
import { unpack } from "../../support/gunzip.ts";
import { onlyFile, textOf } from "../../support/pipeline.ts";
import type { Space } from "../../support/service.ts";

const service = roomyShop();
const TYPES = { gzip: "application/gzip", zstd: "application/zstd", none: "application/x-ndjson" } as const;
let space: Space;

beforeAll(async () => {
  space = await shopInChunks(service);
});

describe.each(CODECS)("with compression %s", (compression) => {
  it("a single file that is joined from three chunks has its name, its type and the rows", async () => {
    const done = await service.export(space, { compression });
    const file = onlyFile(done);
    expect(file.name.replace(/^[^.]*/, "")).toBe(`.json${ENDINGS[compression]}`);
    const response = await fetch(file.url);
    expect(response.headers.get("content-type")).toBe(TYPES[compression]);
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect(bytes.length).toBe(file.bytes);
    const text = unpack(file.name, bytes);
    expect(Buffer.byteLength(text)).toBe(file.uncompressed_bytes);
    expect(text === (await textOf(service, await service.export(space)))).toBe(true);
  });
});

describe("/content of zstd", () => {
  let packed: string;

  beforeAll(async () => {
    packed = (await service.export(space, { compression: "zstd" })).id;
  });

  it.each([
    ["zstd", "zstd"],
    ["gzip, zstd;q=0", null],
    ["gzip", null],
    ["", null],
    ["*", "zstd"],
  ])("for Accept-Encoding %j is %s", async (accepted, coding) => {
    expect((await contentOf(service, space, packed, accepted)).coding).toBe(coding);
  });

  it("breaks off where a file is cut off, instead of giving a part for the whole", async () => {
    const get = vi.spyOn(service.context.bucket, "get");
    const frame = zstdCompressSync(Buffer.alloc(200_000, "a line\n"));
    get.mockImplementation(async () => new Response(frame.subarray(6, -20)));
    const response = service.call("GET", `/v1/exports/${packed}/content`, { key: space.key, headers: {} });
    await expect((async () => (await response).text())()).rejects.toThrow();
    get.mockRestore();
  });
});

describe("the request", () => {
  it.each([
    [{ format: "ndjson", compression: "snappy" }, "ndjson has no snappy: compression must be one of gzip, zstd, none."],
    [{ format: "csv", compression: "snappy" }, "csv has no snappy: compression must be one of gzip, zstd, none."],
    [{ format: "parquet", compression: "gzip" }, "parquet has no gzip: compression must be one of snappy, zstd, none."],
    [{ dataset: "segment_profiles", attributes: ["x"], compression: "snappy" }, "ndjson has no snappy"],
    [{ compression: "lzma" }, "compression"],
  ])("of %j is refused at /compression, in every call that takes it", async (request, detail) => {
    const sent = "dataset" in request ? request : { ...lastHour(service), ...request };
    for (const path of ["/v1/exports", "/v1/exports/estimate"]) {
      const response = await service.call("POST", path, { key: space.key, body: sent });
      const problem = await response.json<{ errors: { pointer: string; detail: string }[] }>();
      expect([response.status, problem.errors.map(({ pointer }) => pointer)]).toEqual([422, ["/compression"]]);
      expect(problem.errors[0]?.detail).toContain(detail);
    }
  });

  it("of a schedule is refused at /request/compression", async () => {
    const request = { dataset: "activity_events", compression: "snappy" };
    const schedule = { name: "Hourly", cron: "0 * * * *", timezone: "UTC", request };
    expect(await service.faults("POST", "/v1/schedules", { key: space.key, body: schedule })).toEqual([
      "/request/compression",
    ]);
  });

  it("for zstd is refused where the runtime has none that works", async () => {
    const supported = vi.spyOn(COMPRESSIONS.zstd, "isSupported").mockReturnValue(false);
    const details = await Promise.all(
      ["ndjson", "parquet"].map(async (format) => {
        const sent = { ...lastHour(service), format, compression: "zstd" };
        const response = await service.call("POST", "/v1/exports", { key: space.key, body: sent });
        return (await response.json<{ errors: { detail: string }[] }>()).errors[0]?.detail;
      }),
    );
    supported.mockRestore();
    expect(details).toEqual([
      "This service has no zstd: compression must be one of gzip, none.",
      "This service has no zstd: compression must be one of snappy, none.",
    ]);
  });

  it.each([
    [{}, "gzip"],
    [{ format: "csv" }, "gzip"],
    [{ format: "parquet" }, "snappy"],
  ])("of %j has the default %s, and is the same call with it written out", async (request, compression) => {
    const headers = { "idempotency-key": `default of ${JSON.stringify(request)}` };
    const post = (more: Record<string, unknown>) =>
      service.call("POST", "/v1/exports", {
        key: space.key,
        headers,
        body: { ...lastHour(service), ...request, ...more },
      });
    const first = await post({});
    expect(await first.json()).toMatchObject({ request: { compression } });
    expect((await post({ compression })).headers.get("idempotent-replay")).toBe("true");
    expect((await post({ compression: "none" })).status).toBe(422);
    await service.pump();
  });
});
