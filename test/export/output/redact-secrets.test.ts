/**
 * A redacted value is in no file, manifest, row or log in plain text. Each space has one key for its hashes, and it is
 * stored encrypted.
 */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { redactionKey } from "../../../src/export/output/encode/encoder.ts";
import { tablesOf, visit, visits } from "../../support/formats.ts";
import { onlyFile, roomyService, rowsOf, textOf } from "../../support/pipeline.ts";
import type { Space } from "../../support/service.ts";

const service = roomyService();
const FULL = { page: "ann@shop.example", items: [{ sku: "ann@shop.example", count: 1 }] };
let space: Space;

beforeAll(async () => {
  space = await visits(service, [FULL]);
});

describe("the clear value", () => {
  it.each([
    ["flat", "ndjson", { eventId: "sha256", personId: "drop", page: "sha256", "items.sku": "drop" }],
    ["flat", "csv", { eventId: "drop", personId: "sha256", page: "drop", items: "sha256" }],
    ["flat", "parquet", { eventId: "sha256", personId: "sha256", page: "sha256", "items.sku": "sha256" }],
    ["nested", "ndjson", { personId: "drop", timestamp: "sha256", properties: "sha256" }],
  ])("is nowhere in %s rows as %s, their manifest, their export or the log", async (row_format, format, redact) => {
    const said: string[] = [];
    const listen = (...words: unknown[]) => void said.push(words.join(" "));
    const spies = (["log", "error", "warn"] as const).map((name) => vi.spyOn(console, name).mockImplementation(listen));
    const done = await service.export(space, { event_names: ["visit"], redact, row_format, format, layout: "files" });
    for (const spy of spies) spy.mockRestore();
    const call = await service.call("GET", `/v1/exports/${done.id}/manifest`, { key: space.key });
    const manifest = await call.text();
    const bytes = Buffer.from(await service.fetchFile(onlyFile(done)));
    const file =
      format === "parquet" ? JSON.stringify((await tablesOf(service, done))[0]) : await textOf(service, done);
    const row = await env.CONTROL_DB.prepare("SELECT * FROM exports WHERE id = ?").bind(done.id).first();
    const everything = [file, bytes.toString("latin1"), manifest, JSON.stringify([done, row]), ...said].join("\n");
    expect(everything).not.toContain("ann@shop");
    expect(file).not.toContain("p-1");
    if (row_format === "flat") expect(everything).not.toContain("v-000000");
    else expect(everything).not.toContain("2026-03-01T11:43:20.000Z");
    const { files }: { files: { first: unknown }[] } = JSON.parse(manifest);
    expect(files[0]?.first).toEqual(
      row_format === "flat" ? { time: "2026-03-01T11:43:20.000Z", id: null } : { time: null, id: "v-000000" },
    );
  });
});

describe("the space's secret", () => {
  it("is stored encrypted, and no answer has it", async () => {
    const key = Buffer.from(await redactionKey(service.context, space.id));
    expect(key.length).toBe(32);
    const row = await env.CONTROL_DB.prepare("SELECT * FROM spaces WHERE id = ?").bind(space.id).first();
    const stored = JSON.stringify(row);
    expect(stored).toMatch(/"redaction_secret":"k1\.[\w-]+\.[\w-]+"/);
    for (const form of ["base64", "base64url", "hex"] as const) expect(stored).not.toContain(key.toString(form));
    const answer = await (await service.call("GET", "/v1/space", { key: space.key })).text();
    expect(answer).not.toMatch(/redaction|secret/);
  });

  it("is one, also where two exports need it for the first time at once", async () => {
    const fresh = await service.space();
    const keys = await Promise.all([1, 2, 3].map(async () => redactionKey(service.context, fresh.id)));
    expect(new Set(keys.map((key) => Buffer.from(key).toString("hex"))).size).toBe(1);
  });

  it("hashes the same later on", async () => {
    const request = { event_names: ["visit"], columns: [{ path: "page" }], redact: { page: "sha256" } };
    const [before] = await rowsOf(service, await service.export(space, request));
    await service.send(space, [visit(FULL, 5)]);
    const later = await rowsOf(service, await service.export(space, request));
    expect(later).toEqual([before, before]);
  });
});
