/** A client that was written from Cometly's documentation alone: from the request to the rows of the file. */

import { beforeAll, expect, it } from "vitest";
import { conversion, NOON, touch } from "../../../support/conversions.ts";
import { gunzip } from "../../../support/gunzip.ts";
import { roomyService } from "../../../support/pipeline.ts";
import { ORIGIN, type Service, type Space } from "../../../support/service.ts";
import { CometlyClient } from "./client.ts";

let service: Service;
let space: Space;
let client: CometlyClient;

beforeAll(async () => {
  service = roomyService({ DIALECTS: "cometly" });
  space = await service.space();
  const { key } = space;
  await service.json("PUT", "/v1/profiles", 200, { key, body: { profiles: [{ person_id: "51" }] } });
  const touchpoints = [touch("t-1", "google_ads", NOON - 2_000), touch("t-2", "email", NOON - 1_000)];
  const body = { touchpoints: touchpoints.map((each) => ({ ...each, person_id: "51" })) };
  await service.json("POST", "/v1/touchpoints", 202, { key, body });
  await service.send(space, [
    conversion("123", { person_id: "51", properties: { amount: 99.99 } }),
    conversion("124", { person_id: "51", definition_id: "sign_up", properties: { amount: 0 } }),
  ]);
  const send = (url: string, { method = "GET", headers, body: sent }: RequestInit) =>
    service.call(method, url.slice(ORIGIN.length), {
      headers: headers as Record<string, string>,
      ...(sent === undefined || sent === null ? {} : { raw: sent }),
    });
  client = new CometlyClient(`${ORIGIN}/public-api/v1`, key, send);
});

it("creates an export, polls it to its end, downloads its file, and reads the rows", async () => {
  const created = await client.createExport({ date: "2026-02-28", fields: ["event_name", "amount", "profile_id"] });
  expect(created).toEqual({ export_id: 1, status: "queued" });
  const done = await client.completed(created.export_id, () => service.pump());
  const file = await fetch(done.download_url ?? "");
  const rows = gunzip(new Uint8Array(await file.arrayBuffer()))
    .trimEnd()
    .split("\n");
  expect(rows).toEqual([
    '{"id":123,"event_time_utc":"2026-02-28T12:00:00Z","event_name":"purchase","amount":99.99,"profile_id":51}',
    '{"id":124,"event_time_utc":"2026-02-28T12:00:00Z","event_name":"sign_up","amount":0,"profile_id":51}',
  ]);
});

it("gets the credit of each touchpoint", async () => {
  const created = await client.createExport({
    date: "2026-02-28",
    event_names: ["purchase"],
    sources: ["google_ads", "email"],
    attribution_model: "linear",
    attribution_window: 30,
    fields: ["amount"],
  });
  const done = await client.completed(created.export_id, () => service.pump());
  const file = await fetch(done.download_url ?? "");
  const rows = gunzip(new Uint8Array(await file.arrayBuffer()))
    .trimEnd()
    .split("\n");
  expect(rows.map((row) => (JSON.parse(row) as { amount: number }).amount)).toEqual([50, 49.99]);
});

it("lists events from page to page, and back", async () => {
  const window = { start_date: "2026-02-28 00:00:00", end_date: "2026-02-28 23:59:59", per_page: 1 };
  const first = await client.listEvents({ ...window, event_names: ["purchase", "sign_up"], fields: ["event_name"] });
  expect(first).toMatchObject({
    data: [{ id: 123, event_time_utc: "2026-02-28T12:00:00Z", event_name: "purchase" }],
    path: `${ORIGIN}/public-api/v1/events`,
    per_page: 1,
    prev_cursor: null,
    prev_page_url: null,
  });
  const second = await client.page(first.next_page_url ?? "");
  expect([second.data.map(({ id }) => id), second.next_page_url]).toEqual([[124], null]);
  const back = await client.page(second.prev_page_url ?? "");
  expect([back.data, back.prev_page_url]).toEqual([first.data, null]);
});
