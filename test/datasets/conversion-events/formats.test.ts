/** Conversions as CSV and Parquet, and with what is redacted. */

import { beforeAll, describe, expect, it } from "vitest";
import {
  conversion,
  credit,
  exported,
  linesOf,
  manifestOf,
  market,
  NOON,
  putAds,
  sendTouches,
  touch,
} from "../../support/conversions.ts";
import { readCsv, tablesOf } from "../../support/formats.ts";
import { textOf } from "../../support/pipeline.ts";
import type { Service, Space } from "../../support/service.ts";

let service: Service;
let space: Space;

const fields = ["event_name", "amount", "is_upsell", "ad_name", "order_id"];
const LINEAR = credit(["linear", "last_touch"], ["google_ads", "email"], { fields });
const NAMES = ["id", "event_time_utc", "touchpoint_id", "model", "source", ...fields];

beforeAll(async () => {
  ({ service, space } = await market());
  await putAds(service, space, { ads: [{ id: "a-1", name: "Shoes, red" }] });
  await sendTouches(service, space, [
    touch("t-1", "google_ads", NOON - 2, { ad_id: "a-1" }),
    touch("t-2", "email", NOON - 1),
  ]);
  await service.send(space, [conversion("e-1", { properties: { amount: 10.01, is_upsell: true, order_id: "7" } })]);
});

const time = "2026-02-28T12:00:00.000Z";

describe("conversions", () => {
  it("are CSV with the columns of the lines, in their order", async () => {
    const text = await textOf(service, await exported(service, space, { ...LINEAR, format: "csv" }));
    expect(readCsv(text)).toEqual([
      NAMES,
      ["e-1", time, "t-1", "linear", "google_ads", "purchase", "5.01", "true", "Shoes, red", "7"],
      ["e-1", time, "t-2", "linear", "email", "purchase", "5", "true", null, "7"],
      ["e-1", time, "t-2", "last_touch", "email", "purchase", "10.01", "true", null, "7"],
    ]);
  });

  it("are Parquet with columns of their types", async () => {
    const [table, ...more] = await tablesOf(service, await exported(service, space, { ...LINEAR, format: "parquet" }));
    expect(more).toEqual([]);
    expect(table?.columns.map(([name]) => name)).toEqual(NAMES);
    const types = new Map(table?.columns);
    expect(types.get("amount")).toBe("DOUBLE");
    expect(types.get("is_upsell")).toBe("BOOLEAN");
    expect(types.get("event_time_utc")).toBe("TIMESTAMP");
    expect(table?.rows.map((row) => [row["touchpoint_id"], row["amount"], row["is_upsell"], row["ad_name"]])).toEqual([
      ["t-1", 5.01, true, "Shoes, red"],
      ["t-2", 5, true, null],
      ["t-2", 10.01, true, null],
    ]);
  });

  it("are Parquet in as many files as their lines fill, and refused as one that they do not fit", async () => {
    const files = await exported(service, space, { ...LINEAR, format: "parquet", file_rows: 2 });
    const tables = await tablesOf(service, files);
    expect(tables.map(({ rows }) => rows.map((row) => row["model"]))).toEqual([["linear", "linear"], ["last_touch"]]);
    const single = { ...LINEAR, format: "parquet", layout: "single", file_rows: 2 };
    await expect(exported(service, space, single)).rejects.toThrow("export_too_large");
  });

  it("without attribution have no columns of touchpoints", async () => {
    const text = await textOf(service, await exported(service, space, { fields: ["amount"], format: "csv" }));
    expect(readCsv(text)).toEqual([
      ["id", "event_time_utc", "amount"],
      ["e-1", time, "10.01"],
    ]);
  });
});

describe("redaction", () => {
  it("hashes ids, and keeps them out of the manifest", async () => {
    const view = await exported(service, space, { ...LINEAR, redact: { id: "sha256", touchpoint_id: "drop" } });
    const manifest = await manifestOf(service, space, view.id);
    expect(manifest.files.map(({ first, last }) => [first, last])).toEqual([
      [
        { time, id: null },
        { time, id: null },
      ],
    ]);
    const lines = await linesOf(service, space, { ...LINEAR, redact: { id: "sha256", touchpoint_id: "drop" } });
    for (const line of lines) {
      expect(line["id"]).toMatch(/^[0-9a-f]{64}$/);
      expect(Object.keys(line)).toEqual(NAMES.filter((name) => name !== "touchpoint_id"));
    }
  });

  it("is of what the lines have", async () => {
    const request = { ...LINEAR, dataset: "conversion_events", date: "2026-02-28" };
    const refused = (redact: Record<string, string>) =>
      service.faults("POST", "/v1/exports", { key: space.key, body: { ...request, redact } });
    expect(await refused({ order_name: "drop" })).toEqual(["/redact/order_name"]);
    expect(await refused({ campaign_id: "drop" })).toEqual(["/redact/campaign_id"]);
  });
});
