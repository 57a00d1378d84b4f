/** The table of docs/dialects/cometly.md, row by row: exports. */

import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findExportByNumber } from "../../../../src/db/exports/exports.ts";
import { conversion, DAY_MS, HOUR_MS } from "../../../support/conversions.ts";
import { deliver, roomyService, take } from "../../../support/pipeline.ts";
import { Service, type Space } from "../../../support/service.ts";
import { sweep } from "../../../support/sweep.ts";

const EXPORTS = "/public-api/v1/events/exports";
const DAY = { date: "2026-02-28" };

type Json = Record<string, unknown>;

let service: Service;
let space: Space;

beforeAll(async () => {
  service = roomyService({ DIALECTS: "cometly" });
  space = await service.space();
  await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles: [{ person_id: "p-1" }] } });
  await service.send(space, [conversion("1")]);
});

// Ended exports do not count as pending.
beforeEach(async () => {
  await service.pump();
});

const create = async (more: Json = {}) =>
  (await service.json<{ export_id: number }>("POST", EXPORTS, 202, { key: space.key, body: { ...DAY, ...more } }))
    .export_id;
const poll = (id: number | string, status = 200) =>
  service.json<Json>("GET", `${EXPORTS}/${id}`, status, { key: space.key });

/** The export as the core has it. */
async function rowOf(number: number) {
  const row = await findExportByNumber(service.context.databases.control, space.id, number);
  if (row === null) throw new Error(`no export has the number ${number}`);
  return row;
}

const requestOf = async (number: number) => JSON.parse((await rowOf(number)).request) as Json;

describe("an export", () => {
  it("is 202 with an integer and queued, and a single file of the day's conversions", async () => {
    const body = {
      ...DAY,
      query_mode: "company",
      event_names: ["purchase"],
      sources: ["google_ads", "email"],
      attribution_model: "u_shaped",
      attribution_window: 0,
      fields: ["amount", "ad_name"],
      include_debug: true,
    };
    const created = await service.json<{ export_id: number }>("POST", EXPORTS, 202, { key: space.key, body });
    expect(created).toEqual({ export_id: expect.any(Number) as number, status: "queued" });
    const { include_debug: _, query_mode: level, ...names } = body;
    expect(await requestOf(created.export_id)).toMatchObject({
      dataset: "conversion_events",
      ...names,
      level,
      numeric_ids: true,
      short_times: true,
      delivery: { type: "download" },
      layout: "single",
      format: "ndjson",
    });
  });

  it("takes optional parameters that are null or left out", async () => {
    const id = await create({
      query_mode: null,
      event_names: null,
      sources: null,
      attribution_model: null,
      fields: null,
    });
    expect(await requestOf(id)).toMatchObject({ level: "profile" });
    expect(await requestOf(id)).not.toHaveProperty("sources");
  });

  it.each<[string, Json, RegExp]>([
    ["a date that is none", { date: "28.02.2026" }, /date must be a calendar day/],
    ["a date in the future", { date: "2026-03-02" }, /date is in the future/],
    ["no date", { date: undefined }, /date is required/],
    ["an event that there is not", { event_names: ["refund"] }, /event_names must be one of/],
    ["no event names", { event_names: [] }, /event_names must have at least 1 item/],
    ["an event twice", { event_names: ["purchase", "purchase"] }, /purchase/],
    ["a mode that there is not", { query_mode: "team" }, /^query_mode must be one of profile, company/],
    ["sources without a model", { sources: ["email"] }, /attribution_model is required with sources/],
    ["a model without sources", { attribution_model: "linear" }, /attribution_model needs sources/],
    ["a field of ads without sources", { fields: ["ad_id"] }, /ad_id needs sources/],
    [
      "a window that there is not",
      { sources: ["email"], attribution_model: "linear", attribution_window: 2 },
      /attribution_window must be one of/,
    ],
    ["21 fields", { fields: Array.from({ length: 21 }, () => "amount") }, /at most 20 items/],
  ])("is refused with %s, by a message", async (_, more, message) => {
    const refused = await service.json<Json>("POST", EXPORTS, 422, { key: space.key, body: { ...DAY, ...more } });
    expect(Object.keys(refused)).toEqual(["message"]);
    expect(refused["message"]).toMatch(message);
  });
});

describe("a poll", () => {
  const PENDING = "Export is being processed. Please check back in a few minutes.";

  it("has the documented members in each state, with times of whole seconds", async () => {
    const export_id = await create();
    const created_at = "2026-03-01T12:00:00Z";
    expect(await poll(export_id)).toEqual({ export_id, status: "queued", created_at, message: PENDING });
    await deliver(service, take(service, "plan"));
    expect(await poll(export_id)).toEqual({ export_id, status: "processing", created_at, message: PENDING });
    await service.pump();
    expect(await poll(export_id)).toEqual({
      export_id,
      status: "completed",
      created_at,
      completed_at: created_at,
      download_url: expect.stringMatching(/^https?:.*\.ndjson\.gz\?.*X-Amz-Expires=900/) as string,
      expires_at: "2026-03-01T12:15:00Z",
    });
  });

  it("says that a canceled export has failed", async () => {
    const export_id = await create();
    await service.json("POST", `/v1/exports/${(await rowOf(export_id)).id}/cancel`, 202, { key: space.key });
    expect(await poll(export_id)).toMatchObject({ status: "failed", message: "The export was canceled." });
  });

  it("says why an export failed", async () => {
    const tight = roomyService({ DIALECTS: "cometly", MAX_EXPORT_BYTES: "1000" });
    const own = await tight.space();
    await tight.json("PUT", "/v1/profiles", 200, { key: own.key, body: { profiles: [{ person_id: "p-1" }] } });
    await tight.send(
      own,
      Array.from({ length: 100 }, (_, n) => conversion(`e-${n}`)),
    );
    const options = { key: own.key, body: DAY };
    const { export_id: id } = await tight.json<{ export_id: number }>("POST", EXPORTS, 202, options);
    await tight.pump();
    const polled = await tight.json<Json>("GET", `${EXPORTS}/${id}`, 200, { key: own.key });
    expect([polled["status"], polled["message"]]).toEqual([
      "failed",
      expect.stringMatching(/larger than an export may be/),
    ]);
  });

  it("of an unknown id, of another space's, of another dataset's or of another form is 404", async () => {
    const other = await service.space();
    const foreign = await service.json<{ export_id: number }>("POST", EXPORTS, 202, { key: other.key, body: DAY });
    const numbers = [9_000_001, "x", "0", "1.5", "-1", "9".repeat(30)];
    for (const id of numbers) expect(await poll(id, 404)).toEqual({ message: expect.any(String) as string });
    const seen = await service.call("GET", `${EXPORTS}/${foreign.export_id}`, { key: (await service.space()).key });
    expect(seen.status).toBe(404);
    const events = { dataset: "activity_events", start: "2026-02-28T00:00:00Z", end: "2026-02-28T01:00:00Z" };
    await service.json("POST", "/v1/exports", 202, { key: other.key, body: events });
    const forms = [{ layout: "files" }, { format: "csv" }, { compression: "zstd" }, { compression: "none" }];
    for (const form of forms) {
      const body = { dataset: "conversion_events", ...DAY, ...form };
      await service.json("POST", "/v1/exports", 202, { key: other.key, body });
    }
    for (const id of [2, 3, 4, 5, 6]) await service.json("GET", `${EXPORTS}/${id}`, 404, { key: other.key });
  });

  it("of an export whose file has expired is 404", async () => {
    const later = roomyService({ DIALECTS: "cometly" });
    const own = await later.space();
    const options = { key: own.key, body: DAY };
    const { export_id: id } = await later.json<{ export_id: number }>("POST", EXPORTS, 202, options);
    await later.pump();
    later.now += 7 * DAY_MS + HOUR_MS;
    await sweep(later.context);
    await later.json("GET", `${EXPORTS}/${id}`, 404, { key: own.key });
  });
});

describe("errors", () => {
  it.each<[string, string | undefined]>([
    ["no key", undefined],
    ["another scheme", "App key"],
    ["a wrong key", "Bearer key"],
  ])("%s is 401 with a message", async (_, authorization) => {
    const headers = authorization === undefined ? {} : { authorization };
    const refused = await service.json<Json>("GET", `${EXPORTS}/1`, 401, { headers });
    expect(Object.keys(refused)).toEqual(["message"]);
  });

  it.each<[string, string, string]>([
    ["is no JSON", "{", "application/json"],
    ["has another media type", "{}", "text/plain"],
  ])("a body that %s is 422", async (_, raw, type) => {
    const refused = await service.call("POST", EXPORTS, { key: space.key, raw, headers: { "content-type": type } });
    expect([refused.status, Object.keys(await refused.json<Json>())]).toEqual([422, ["message"]]);
  });
});

it("the limits let five creates and thirty polls through, with the documented headers", async () => {
  const limited = new Service({ DIALECTS: "cometly" });
  const own = await limited.space();
  const options = { key: own.key, body: DAY };
  for (let n = 0; n < 5; n += 1) {
    const created = await limited.call("POST", EXPORTS, options);
    expect([
      created.status,
      created.headers.get("x-ratelimit-limit"),
      created.headers.get("x-ratelimit-remaining"),
    ]).toEqual([202, "5", String(4 - n)]);
  }
  const refused = await limited.call("POST", EXPORTS, options);
  expect([refused.status, Number(refused.headers.get("retry-after")) > 0]).toEqual([429, true]);
  expect(await refused.json()).toEqual({ message: expect.stringMatching(/too many requests/) as string });
  for (let n = 0; n < 30; n += 1) await limited.json("GET", `${EXPORTS}/1`, 200, { key: own.key });
  await limited.json("GET", `${EXPORTS}/1`, 429, { key: own.key });
});
