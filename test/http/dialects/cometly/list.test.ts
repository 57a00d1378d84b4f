/** The table of docs/dialects/cometly.md, row by row: List Events. */

import { beforeAll, describe, expect, it } from "vitest";
import { at, conversion, NOON, sendTouches, touch } from "../../../support/conversions.ts";
import { roomyService } from "../../../support/pipeline.ts";
import type { EventPage } from "./client.ts";
import { ORIGIN, Service, type Space, START } from "../../../support/service.ts";

const PATH = "/public-api/v1/events";
/** Los Angeles is eight hours behind UTC then. */
const ZONE = "America/Los_Angeles";
const LOCAL_NOON = { start_date: "2026-02-28 04:00:00", end_date: "2026-02-28 04:00:09" };

let service: Service;
let space: Space;

const get = <Body = EventPage>(query: Record<string, string> | string, status = 200) =>
  service.json<Body>("GET", `${PATH}?${new URLSearchParams(query).toString()}`, status, { key: space.key });
const idsOf = ({ data }: EventPage) => data.map(({ id }) => id);

beforeAll(async () => {
  service = roomyService({ DIALECTS: "cometly" });
  space = await service.space({ timezone: ZONE });
  const profiles = [
    { person_id: "p-1", company_id: "7" },
    { person_id: "p-2", company_id: "7" },
  ];
  await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles } });
  await sendTouches(service, space, [
    touch("t-1", "google_ads", NOON - 2_000, { person_id: "p-2" }),
    touch("t-2", "email", NOON - 1_000),
  ]);
  const events = Array.from({ length: 10 }, (_, n) =>
    conversion(`${n + 1}`, {
      definition_id: n % 2 === 0 ? "purchase" : "sign_up",
      occurred_at: at(NOON + n * 1_000),
      properties: { amount: n },
    }),
  );
  await service.send(space, events);
});

describe("the window", () => {
  it("is of times of the space's clocks, with its last second", async () => {
    expect(idsOf(await get(LOCAL_NOON))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(idsOf(await get({ start_date: "2026-02-28 04:00:03", end_date: "2026-02-28 04:00:04" }))).toEqual([4, 5]);
    expect(idsOf(await get({ start_date: "2026-02-28 12:00:00", end_date: "2026-02-28 23:59:59" }))).toEqual([]);
  });

  it("may end in the future: then it has what there is until now, on later pages too", async () => {
    const today = { start_date: "2026-02-28 04:00:00", end_date: "2026-03-01 23:59:59", per_page: "6" };
    const first = await get(today);
    service.now += 60_000;
    const second = await get({ ...today, cursor: first.next_cursor ?? "" });
    service.now = START;
    expect([...idsOf(first), ...idsOf(second)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it("may be longer than the days of an export", async () => {
    expect(idsOf(await get({ start_date: "2025-12-01 00:00:00", end_date: "2026-03-01 00:00:00" }))).toHaveLength(10);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ["no window", {}, /start_date is required/],
    [
      "a date without a time",
      { ...LOCAL_NOON, start_date: "2026-02-28" },
      /start_date must be a time of the form YYYY-MM-DD HH:MM:SS/,
    ],
    [
      "an end before its start",
      { ...LOCAL_NOON, end_date: "2026-02-28 03:00:00" },
      /end_date must be later than start_date/,
    ],
    [
      "a window that has not begun",
      { start_date: "2026-03-01 04:00:00", end_date: "2026-03-01 05:00:00" },
      /start_date must be earlier than now/,
    ],
    [
      "a start before the retention",
      { ...LOCAL_NOON, start_date: "2020-01-01 00:00:00" },
      /start_date is before the space's retention/,
    ],
    ["a page of 4,001 events", { ...LOCAL_NOON, per_page: "4001" }, /per_page must be at most 4000/],
    ["a page of 0x10 events", { ...LOCAL_NOON, per_page: "0x10" }, /per_page must be a number/],
    ["an event that there is not", { ...LOCAL_NOON, event_names: "refund" }, /event_names must be one of/],
    ["a mode that there is not", { ...LOCAL_NOON, query_mode: "team" }, /query_mode must be one of/],
    [
      "sources without a model",
      { ...LOCAL_NOON, sources: "email" },
      /attribution_model is required with sources\. attribution_window is required with sources\.$/,
    ],
    [
      "a window that is no number",
      { ...LOCAL_NOON, sources: "email", attribution_model: "linear", attribution_window: "x" },
      /attribution_window must be/,
    ],
    ["a cursor of another list", { ...LOCAL_NOON, cursor: "abc" }, /This cursor does not belong/],
  ])("is refused with %s, by a message", async (_, query, message) => {
    const refused = await get<Record<string, unknown>>(query, 422);
    expect(Object.keys(refused)).toEqual(["message"]);
    expect(refused["message"]).toMatch(message);
  });
});

describe("the filters", () => {
  it.each<[string, string]>([
    ["with commas", "event_names=purchase,sign_up&fields=event_name,amount"],
    [
      "as PHP's clients send lists",
      "event_names[]=purchase&event_names[]=sign_up&fields[0]=event_name&fields[1]=amount",
    ],
  ])("are lists %s", async (_, lists) => {
    const page = await get(`${new URLSearchParams(LOCAL_NOON).toString()}&${lists}&per_page=2`);
    expect(page.data).toEqual([
      { id: 1, event_time_utc: "2026-02-28T12:00:00Z", event_name: "purchase", amount: 0 },
      { id: 2, event_time_utc: "2026-02-28T12:00:01Z", event_name: "sign_up", amount: 1 },
    ]);
  });

  it("are those of an export: credit of the whole company", async () => {
    const query = {
      ...LOCAL_NOON,
      event_names: "purchase",
      query_mode: "company",
      sources: "google_ads",
      attribution_model: "first_touch",
      attribution_window: "30",
      fields: "profile_id,company_id",
    };
    const page = await get({ ...query, per_page: "1" });
    expect(page.data).toEqual([
      { id: 1, event_time_utc: "2026-02-28T12:00:00Z", touchpoint_id: "t-1", profile_id: "p-1", company_id: 7 },
    ]);
    expect(idsOf(await get({ ...query, query_mode: "profile" }))).toEqual([]);
  });

  it("may have parameters that are unknown", async () => {
    expect(idsOf(await get({ ...LOCAL_NOON, include_debug: "1" }))).toHaveLength(10);
  });
});

describe("the pages", () => {
  it("have 200 events by default, and lead on and back by cursor and address", async () => {
    expect((await get(LOCAL_NOON)).per_page).toBe(200);
    const first = await get({ ...LOCAL_NOON, per_page: "4" });
    expect(first).toEqual({
      data: expect.any(Array) as unknown[],
      path: `${ORIGIN}${PATH}`,
      per_page: 4,
      next_cursor: expect.any(String) as string,
      next_page_url: expect.stringContaining(`${ORIGIN}${PATH}?`) as string,
      prev_cursor: null,
      prev_page_url: null,
    });
    const follow = (url: string | null) =>
      service.json<EventPage>("GET", (url ?? "").slice(ORIGIN.length), 200, { key: space.key });
    const second = await follow(first.next_page_url);
    const third = await follow(second.next_page_url);
    expect([first, second, third].map(idsOf)).toEqual([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [9, 10],
    ]);
    expect([third.next_cursor, third.next_page_url]).toEqual([null, null]);
    const back = await follow(third.prev_page_url);
    expect(idsOf(back)).toEqual([5, 6, 7, 8]);
    expect((await get({ ...LOCAL_NOON, per_page: "4", cursor: back.prev_cursor ?? "" })).data).toEqual(first.data);
  });

  it("are seven in any 60 seconds", async () => {
    const limited = new Service({ DIALECTS: "cometly" });
    const own = await limited.space();
    const path = `${PATH}?${new URLSearchParams(LOCAL_NOON).toString()}`;
    for (let n = 0; n < 7; n += 1) await limited.json("GET", path, 200, { key: own.key });
    const refused = await limited.call("GET", path, { key: own.key });
    expect([refused.status, refused.headers.get("x-ratelimit-limit")]).toEqual([429, "7"]);
  });
});
