/** A rejected request gets a detail in words that names the wrong parameter. */

import { beforeAll, expect, it } from "vitest";
import { type ProblemView, Service, type Space } from "../support/service.ts";

const service = new Service({ LIST_LIMIT: "10000" });
let space: Space;

beforeAll(async () => {
  space = await service.space();
});

const window = { dataset: "activity_events", start: "2026-03-01T00:00:00Z", end: "2026-03-01T01:00:00Z" };

it.each<[unknown, string, string]>([
  [{ ...window, start: undefined }, "/start", "start is required."],
  [{ ...window, start: 7 }, "/start", "start must be a text."],
  [
    { ...window, start: "yesterday" },
    "/start",
    "start must be a time in RFC 3339 format, such as 2026-01-31T09:30:00.000Z.",
  ],
  [{ ...window, format: "xml" }, "/format", "format must be one of ndjson, csv, parquet."],
  [{ ...window, format: "Parquet" }, "/format", "format must be one of ndjson, csv, parquet. Did you mean parquet?"],
  [
    { dataset: "conversion_events", date: "2026-02-01", attribution_model: "liner" },
    "/attribution_model",
    "attribution_model must be one of first_touch, last_touch, linear,",
  ],
  [
    { dataset: "conversion_events", date: "2026-02-01", attribution_model: ["linear", "liner"] },
    "/attribution_model/1",
    "Item 1 of attribution_model must be one of first_touch, last_touch, linear,",
  ],
  [{ ...window, file_rows: 0 }, "/file_rows", "file_rows must be at least 1."],
  [{ ...window, file_rows: 50_001 }, "/file_rows", "file_rows must be at most 50000."],
  [{ ...window, file_rows: 1.5 }, "/file_rows", "file_rows must be a whole number."],
  [{ ...window, file_rows: 1e30 }, "/file_rows", "file_rows must be at most 50000."],
  [{ ...window, file_rows: -1e30 }, "/file_rows", "file_rows must be at least 1."],
  [{ ...window, columns: [] }, "/columns", "columns must have at least 1 item."],
  [{ ...window, columns: {} }, "/columns", "columns must be a list."],
  [{ ...window, columns: ["eventId"] }, "/columns/0", "Item 0 of columns must be an object."],
  [{ ...window, columns: [{ path: "" }] }, "/columns/0/path", "path must have at least 1 character."],
  [
    { ...window, enrich_with_moments_info: "yes" },
    "/enrich_with_moments_info",
    "enrich_with_moments_info must be true or false.",
  ],
  [{ ...window, callback_url: "nowhere" }, "/callback_url", "callback_url must be a URL."],
  [{ ...window, since: "yesterday" }, "/since", "since must be a UUID, as the service's ids are."],
  [{ ...window, colour: 1 }, "/colour", "The property colour is unknown here. Remove it or correct its name."],
  [
    { ...window, colums: [{ path: "eventId" }] },
    "/colums",
    "The property colums is unknown here. Remove it or correct its name. Did you mean columns?",
  ],
  [{ ...window, dataset: "people" }, "/dataset", "dataset must be "],
  [{ ...window, dataset: "activity_event" }, "/dataset", "Did you mean activity_events?"],
  [{ ...window, delivery: { type: "S3" } }, "/delivery/type", "type must be one of download, s3. Did you mean s3?"],
  [
    { ...window, delivery: { type: "s3", bucket: "acme", region: "eu-central-1" } },
    "/delivery/role_arn",
    "role_arn is missing: send bucket, region and role_arn, or a destination_id.",
  ],
  [[], "", "The body must be an object."],
])("%j: %s: %s", async (body, pointer, detail) => {
  const problem = await service.json<ProblemView>("POST", "/v1/exports/estimate", 422, { key: space.key, body });
  expect(problem.errors).toEqual([{ pointer, detail: expect.stringContaining(detail) as string }]);
});

it("what is null in a request for an export is left out", async () => {
  const nulls = { event_names: null, row_format: null, layout: null, format: null, columns: null, callback_url: null };
  const body = { ...window, ...nulls, delivery: { type: "download" } };
  expect(await service.json("POST", "/v1/exports/estimate", 200, { key: space.key, body })).toMatchObject({ rows: 0 });
  const columns = [{ path: "eventId", as: null }];
  const named = { ...window, columns, redact: null };
  expect(await service.json("POST", "/v1/exports/estimate", 200, { key: space.key, body: named })).toMatchObject({
    rows: 0,
  });
  const faults = await service.faults("POST", "/v1/exports/estimate", {
    key: space.key,
    body: { ...window, start: null },
  });
  expect(faults).toEqual(["/start"]);
});

it("an event without properties needs them all the same", async () => {
  const body = { events: [{ definition_id: "order_placed", person_id: "p-1" }] };
  const problem = await service.json<ProblemView>("POST", "/v1/events", 422, { key: space.key, body });
  expect(problem.errors).toEqual([{ pointer: "/events/0/properties", detail: "properties is required." }]);
});

it.each([
  [{ attributes: { "a\nb": 1 } }, "/attributes/a\nb", "An attribute's name starts with "],
  [{ identifiers: { "custom id": "x" } }, "/identifiers/custom id", "An identifier's name starts with a letter"],
  [{ topics: { "..": {} } }, "/topics/..", "An id has at most 200 bytes of UTF-8"],
  [{ topics: { news: { "": "opt-in" } } }, "/topics/news/", "The name must have at least 1 character."],
])("the name of a member is told what it must be: %j", async (profile, pointer, detail) => {
  const body = { profiles: [{ person_id: "p-1", ...profile }] };
  const problem = await service.json<ProblemView>("PUT", "/v1/profiles", 422, { key: space.key, body });
  expect(problem.errors).toEqual([
    { pointer: `/profiles/0${pointer}`, detail: expect.stringContaining(detail) as string },
  ]);
});
