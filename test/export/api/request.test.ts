/**
 * What `POST /v1/exports` accepts and rejects, each rejection with a pointer to its place; and the request as it is
 * stored.
 */

import { beforeAll, describe, expect, it } from "vitest";
import { roomyService } from "../../support/pipeline.ts";
import { orders, START, type Space } from "../../support/service.ts";

const DAY_MS = 86_400_000;
const service = roomyService({ PENDING_LIMIT: "1000" });
let space: Space;

beforeAll(async () => {
  space = await service.shop({ retention_days: 30 });
  await service.send(space, orders(1));
});

const at = (time: number) => new Date(time).toISOString();
const GOOD = { dataset: "activity_events", start: at(START - 1000), end: at(START) };

/** @returns status, code and pointers of the answer. */
async function post(body: unknown, path = "/v1/exports") {
  const response = await service.call("POST", path, { key: space.key, body });
  const answer: { code?: string; errors?: { pointer: string }[] } = await response.json();
  return { status: response.status, code: answer.code, pointers: answer.errors?.map((error) => error.pointer) };
}

const REFUSED: [what: string, body: unknown, pointer: string][] = [
  ["no dataset", { ...GOOD, dataset: undefined }, "/dataset"],
  ["a dataset that does not exist", { ...GOOD, dataset: "invoices" }, "/dataset"],
  ["a property that does not exist", { ...GOOD, rows: 5 }, "/rows"],
  ["a property whose name needs escaping", { ...GOOD, "a/b~c": 5 }, "/a~1b~0c"],
  ["no start", { ...GOOD, start: undefined }, "/start"],
  ["no end", { ...GOOD, end: undefined }, "/end"],
  ["a start that is null", { ...GOOD, start: null }, "/start"],
  ["a start that is a number", { ...GOOD, start: START }, "/start"],
  ["a start that is no time", { ...GOOD, start: "yesterday" }, "/start"],
  ["a start that is a day", { ...GOOD, start: "2026-03-01" }, "/start"],
  ["a start without an offset", { ...GOOD, start: "2026-03-01T11:00:00" }, "/start"],
  ["a day that does not exist", { ...GOOD, start: "2026-02-29T11:00:00Z" }, "/start"],
  ["an end at the start", { ...GOOD, start: GOOD.end }, "/end"],
  ["an end before the start", { ...GOOD, start: GOOD.end, end: GOOD.start }, "/end"],
  [
    "an end that is before the start by its offset",
    { ...GOOD, start: GOOD.end, end: "2026-03-01T14:00:00+02:30" },
    "/end",
  ],
  ["an end in the future", { ...GOOD, end: at(START + 1) }, "/end"],
  ["a start older than events are kept", { ...GOOD, start: at(START - 30 * DAY_MS - 1) }, "/start"],
  ["a row format that does not exist", { ...GOOD, row_format: "wide" }, "/row_format"],
  ["a layout that does not exist", { ...GOOD, layout: "many" }, "/layout"],
  ["a format that does not exist", { ...GOOD, format: "xml" }, "/format"],
  ["files of no rows", { ...GOOD, layout: "files", file_rows: 0 }, "/file_rows"],
  ["files of fewer rows than none", { ...GOOD, layout: "files", file_rows: -1 }, "/file_rows"],
  ["files of 50,001 rows", { ...GOOD, layout: "files", file_rows: 50_001 }, "/file_rows"],
  ["files of half a row", { ...GOOD, layout: "files", file_rows: 1.5 }, "/file_rows"],
  ["files of rows in letters", { ...GOOD, layout: "files", file_rows: "10" }, "/file_rows"],
  ["a delivery that does not exist", { ...GOOD, delivery: { type: "ftp" } }, "/delivery/type"],
  ["a delivery with a property too many", { ...GOOD, delivery: { type: "download", bucket: "b" } }, "/delivery/bucket"],
];

describe.each(["/v1/exports", "/v1/exports/estimate"])("%s", (path) => {
  it.each(REFUSED)("refuses %s, and points at it", async (_what, body, pointer) => {
    expect(await post(body, path)).toEqual({ status: 422, code: "invalid_request", pointers: [pointer] });
  });
});

describe("a request", () => {
  it("gets every error that its schema finds", async () => {
    const { pointers } = await post({ dataset: "activity_events", start: 1, file_rows: 0, colour: "red" });
    expect(pointers?.toSorted()).toEqual(["/colour", "/end", "/file_rows", "/start"]);
  });

  it.each([
    ["a list", []],
    ["a text", '"activity_events"'],
    ["null", "null"],
  ])("that is %s is refused", async (_what, body) => {
    expect(await post(body)).toMatchObject({ status: 422, code: "invalid_request" });
  });

  it("that is no JSON cannot be read", async () => {
    expect(await post("{")).toMatchObject({ status: 400, code: "malformed_request" });
  });

  it("that is refused creates no export", async () => {
    const other = await service.shop({ retention_days: 30 });
    for (const [, body] of REFUSED) await service.call("POST", "/v1/exports", { key: other.key, body });
    expect(await service.json("GET", "/v1/exports", 200, { key: other.key })).toMatchObject({ data: [] });
  });

  it.each([
    ["with an end of this very moment", { end: at(START) }],
    ["with a start at the edge of what is kept", { start: at(START - 30 * DAY_MS) }],
    ["with offsets", { start: "2026-03-01T12:00:00+01:00", end: "2026-03-01T06:30:00-05:00" }],
    ["without milliseconds", { start: "2026-03-01T11:00:00Z" }],
    ["for files of one row", { layout: "files", file_rows: 1 }],
    ["for files of 50,000 rows", { layout: "files", file_rows: 50_000 }],
  ])("%s is taken", async (_what, more) => {
    expect(await post({ ...GOOD, ...more })).toMatchObject({ status: 202 });
  });

  it("is shown with its defaults filled in", async () => {
    const id = await service.ask(space, GOOD);
    expect((await service.poll(space, id)).request).toEqual({
      ...GOOD,
      row_format: "flat",
      enrich_with_moments_info: false,
      extra_fields: true,
      delivery: { type: "download" },
      layout: "single",
      format: "ndjson",
      compression: "gzip",
      file_rows: 50_000,
    });
  });

  it("is shown as it was sent, offsets too", async () => {
    const sent = { start: "2026-03-01T12:00:00+01:00", layout: "files", file_rows: 7, event_names: ["order_*"] };
    const id = await service.ask(space, sent);
    expect((await service.poll(space, id)).request).toMatchObject(sent);
  });
});

it("answers a create with the queued export, its location and when to poll", async () => {
  const response = await service.call("POST", "/v1/exports", { key: space.key, body: GOOD });
  const body: Record<string, unknown> = await response.json();
  expect(response.status).toBe(202);
  expect(response.headers.get("location")).toBe(`/v1/exports/${String(body["id"])}`);
  expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(body).toMatchObject({
    dataset: "activity_events",
    status: "queued",
    created_at: at(START),
    snapshot_at: at(START),
    started_at: null,
    completed_at: null,
    error: null,
    files: [],
    download_url: null,
    manifest_url: null,
    progress: { phase: "planning", rows_written: 0, rows_total: null, files_total: null, percent: null },
  });
});
