/** Parameters of an export of conversions, valid ones and rejected ones, each rejection with a pointer. */

import { beforeAll, describe, expect, it } from "vitest";
import { PAID, SOURCES } from "../../../src/attribution/sources.ts";
import { ask, asked, DATE, market } from "../../support/conversions.ts";
import type { ProblemView, Service, Space } from "../../support/service.ts";

let service: Service;
let space: Space;

beforeAll(async () => {
  ({ service, space } = await market());
});

const refused = (request: Record<string, unknown>) =>
  service.faults("POST", "/v1/exports", { key: space.key, body: asked(request) });
/** Validates like a create, and creates nothing. */
const taken = (request: Record<string, unknown>) =>
  service.json("POST", "/v1/exports/estimate", 200, { key: space.key, body: asked(request) });
const CREDIT = { sources: ["email"], attribution_model: "linear", attribution_window: 7 };
const EVENTS = [
  "add_payment_info",
  "add_to_cart",
  "complete_registration",
  "contact",
  "initiate_checkout",
  "lead_generated",
  "purchase",
  "schedule",
  "sign_up",
  "start_trial",
  "submit_application",
  "subscribe",
  "upsell_purchase",
  "view_content",
  "webinar_registration",
];
const FIELDS = [
  "profile_id",
  "company_id",
  "space_id",
  "event_name",
  "configured_name",
  "amount",
  "is_upsell",
  "order_id",
  "order_name",
  "event_url",
];
const AD_FIELDS = ["ad", "adset", "campaign", "account"].flatMap((level) => [`${level}_id`, `${level}_name`]);

describe("level", () => {
  it("fact 2.a.4: is profile or company, by default profile", async () => {
    await taken({ level: "profile" });
    await taken({ level: "company" });
    expect(await refused({ level: "contact" })).toEqual(["/level"]);
    const created = await service.poll(space, await ask(service, space));
    expect(created.request["level"]).toBe("profile");
  });
});

describe("event_names", () => {
  it("fact 2.a.5: are any of the 15 names and custom_event_1 to custom_event_50", async () => {
    for (const from of [0, 10]) await taken({ event_names: EVENTS.slice(from, from + 10) });
    for (let from = 1; from <= 50; from += 10)
      await taken({ event_names: Array.from({ length: 10 }, (_, n) => `custom_event_${from + n}`) });
  });

  it("fact 2.a.5: are 1 to 10, none of them twice", async () => {
    await taken({ event_names: ["purchase"] });
    expect(await refused({ event_names: [] })).toEqual(["/event_names"]);
    expect(await refused({ event_names: EVENTS.slice(0, 11) })).toEqual(["/event_names"]);
    expect(await refused({ event_names: ["purchase", "contact", "purchase"] })).toEqual(["/event_names/2"]);
  });

  it.each(["order_placed", "custom_event_0", "custom_event_51", "Purchase", "purchase*", ""])(
    "are not %j, which is no conversion",
    async (name) => {
      expect(await refused({ event_names: ["contact", name] })).toEqual(["/event_names/1"]);
    },
  );
});

describe("sources", () => {
  it("fact 2.a.7: are any of the 52", async () => {
    expect(SOURCES).toHaveLength(52);
    for (let from = 0; from < SOURCES.length; from += 15)
      await taken({ ...CREDIT, sources: SOURCES.slice(from, from + 15) });
  });

  it("fact 2.a.6: are 1 to 15, none of them twice", async () => {
    expect(await refused({ ...CREDIT, sources: [] })).toEqual(["/sources"]);
    expect(await refused({ ...CREDIT, sources: PAID })).toEqual(["/sources"]);
    expect(await refused({ ...CREDIT, sources: ["email", "sms", "email"] })).toEqual(["/sources/2"]);
    expect(await refused({ ...CREDIT, sources: ["email", "myspace_ads"] })).toEqual(["/sources/1"]);
    expect(await refused({ ...CREDIT, sources: "email" })).toEqual(["/sources"]);
  });

  it("fact 2.a.6: need a model and a window", async () => {
    expect(await refused({ sources: ["email"] })).toEqual(["/attribution_model", "/attribution_window"]);
    expect(await refused({ ...CREDIT, attribution_model: undefined })).toEqual(["/attribution_model"]);
    expect(await refused({ ...CREDIT, attribution_window: undefined })).toEqual(["/attribution_window"]);
  });
});

describe("attribution_model", () => {
  const MODELS = [
    "first_touch",
    "last_touch",
    "linear",
    "first_platform_touch",
    "last_platform_touch",
    "linear_paid",
    "u_shaped",
    "last_non_direct_touch",
  ];

  it("fact 2.a.8: is one of eight, or a list of them", async () => {
    for (const attribution_model of MODELS) await taken({ ...CREDIT, attribution_model });
    await taken({ ...CREDIT, attribution_model: MODELS });
    await taken({ ...CREDIT, attribution_model: ["linear"] });
  });

  it("is no other, no empty list, and none twice", async () => {
    expect(await refused({ ...CREDIT, attribution_model: "time_decay" })).toEqual(["/attribution_model"]);
    expect(await refused({ ...CREDIT, attribution_model: "" })).toEqual(["/attribution_model"]);
    expect(await refused({ ...CREDIT, attribution_model: [] })).toEqual(["/attribution_model"]);
    expect(await refused({ ...CREDIT, attribution_model: ["linear", "linear"] })).toEqual(["/attribution_model/1"]);
    expect(await refused({ ...CREDIT, attribution_model: ["linear", "time_decay"] })).toEqual(["/attribution_model/1"]);
  });

  it("needs sources", async () => {
    expect(await refused({ attribution_model: "linear" })).toEqual(["/attribution_model"]);
  });
});

describe("attribution_window", () => {
  it("fact 2.a.9: is 0, 1, 7, 14, 30, 60 or 90 days", async () => {
    for (const attribution_window of [0, 1, 7, 14, 30, 60, 90]) await taken({ ...CREDIT, attribution_window });
    for (const attribution_window of [-1, 2, 28, 7.5, 91, "7", true])
      expect(await refused({ ...CREDIT, attribution_window })).toEqual(["/attribution_window"]);
  });

  it("needs sources, 0 as much as others", async () => {
    expect(await refused({ attribution_window: 30 })).toEqual(["/attribution_window"]);
    expect(await refused({ attribution_window: 0 })).toEqual(["/attribution_window"]);
  });
});

describe("fields", () => {
  it("fact 2.a.10: are any of the 18, and the two that are always there: 20 in total", async () => {
    const all = [...FIELDS, ...AD_FIELDS];
    expect(all).toHaveLength(18);
    await taken({ ...CREDIT, fields: all });
    await taken({ ...CREDIT, fields: [...all, "id", "event_time_utc"] });
    await taken({ fields: ["id"] });
  });

  it("fact 2.a.10: are 1 to 20, none of them twice", async () => {
    const all = [...FIELDS, ...AD_FIELDS, "id", "event_time_utc"];
    expect(await refused({ fields: [] })).toEqual(["/fields"]);
    expect(await refused({ ...CREDIT, fields: [...all, "touchpoint_id"] })).toEqual(["/fields"]);
    expect(await refused({ fields: ["amount", "id", "amount"] })).toEqual(["/fields/2"]);
    expect(await refused({ fields: ["amount", "email"] })).toEqual(["/fields/1"]);
  });

  it.each([...AD_FIELDS, "touchpoint_id", "source"])("fact 2.a.12: %s needs sources", async (field) => {
    expect(await refused({ fields: ["amount", field] })).toEqual(["/fields/1"]);
    await taken({ ...CREDIT, fields: [field] });
  });
});

describe("group_by", () => {
  it("is by source and by the ids of ads, each once", async () => {
    const all = ["source", "ad_id", "adset_id", "campaign_id", "account_id"];
    await taken({ ...CREDIT, group_by: all });
    expect(await refused({ ...CREDIT, group_by: [] })).toEqual(["/group_by"]);
    expect(await refused({ ...CREDIT, group_by: ["source", "source"] })).toEqual(["/group_by/1"]);
    expect(await refused({ ...CREDIT, group_by: ["ad_name"] })).toEqual(["/group_by/0"]);
    expect(await refused({ ...CREDIT, group_by: "source" })).toEqual(["/group_by"]);
  });

  it("needs sources", async () => {
    expect(await refused({ group_by: ["source"] })).toEqual(["/group_by"]);
  });
});

describe("a request", () => {
  it("reports every error at once, in sentences that begin with the parameter", async () => {
    const body = asked({ date: "2999-01-01", attribution_window: 7, group_by: ["source"], fields: ["ad_id"] });
    const problem = await service.json<ProblemView>("POST", "/v1/exports", 422, { key: space.key, body });
    expect(problem.code).toBe("invalid_request");
    expect(problem.errors?.map(({ pointer }) => pointer)).toEqual([
      "/date",
      "/attribution_window",
      "/group_by",
      "/fields/0",
    ]);
    for (const { pointer, detail } of problem.errors ?? [])
      expect(detail).toContain(pointer === "/fields/0" ? "ad_id needs sources" : pointer.slice(1));
  });

  it("may have null for any optional parameter", async () => {
    const nothing = {
      date: DATE,
      start_date: null,
      end_date: null,
      level: null,
      event_names: null,
      sources: null,
      attribution_model: null,
      attribution_window: null,
      fields: null,
      group_by: null,
    };
    const created = await service.poll(space, await ask(service, space, nothing));
    expect(created.request).toEqual({
      dataset: "conversion_events",
      date: DATE,
      level: "profile",
      numeric_ids: false,
      short_times: false,
      delivery: { type: "download" },
      layout: "single",
      format: "ndjson",
      compression: "gzip",
      file_rows: 50_000,
    });
  });

  it("has no property that is not known, nor one of another dataset", async () => {
    for (const property of ["query_mode", "start", "row_format"])
      expect(await refused({ [property]: "profile" })).toEqual([`/${property}`]);
  });

  it("has fields and not columns, the refusal says so", async () => {
    const body = asked({ columns: [{ path: "id" }] });
    const problem = await service.json<ProblemView>("POST", "/v1/exports", 422, { key: space.key, body });
    expect(problem.errors).toEqual([
      { pointer: "/columns", detail: "This dataset does not support columns: use fields instead." },
    ]);
  });
});
