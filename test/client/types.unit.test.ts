/** What the client's types say. `tsc` checks this file with the others; the tests here make the same statements run. */

import { describe, expectTypeOf, it } from "vitest";
import type {
  ConversionRow,
  Export,
  ExportFailed,
  ExportRequest,
  FlatEventRow,
  ListedRow,
  NestedEventRow,
  Spillway,
  SpillwayError,
  WebhookEvent,
} from "../../client/src/index.ts";

const WINDOW = { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" };

/** Never called: its types are what is looked at. */
async function calls(spillway: Spillway, error: SpillwayError) {
  return {
    completed: await spillway.exports.create({ dataset: "activity_events", ...WINDOW }).wait(),
    created: await spillway.exports.create({ dataset: "activity_events", ...WINDOW }),
    loaded: await spillway.exports.load("x", { for: "duckdb" }),
    ended: error.code === "export_ended" ? error : null,
    damaged: error.code === "file_damaged" ? error.file : null,
    limited: error.code === "rate_limited" ? error.status : null,
  };
}
type Calls = Awaited<ReturnType<typeof calls>>;

describe("a request of an export", () => {
  it("is a union by dataset", () => {
    expectTypeOf<ExportRequest["dataset"]>().toEqualTypeOf<
      | "activity_events"
      | "conversion_events"
      | "segment_profiles"
      | "profile_attributes"
      | "profile_events"
      | "reachability_events"
    >();
    expectTypeOf<{ dataset: "activity_events"; start: string; end: string }>().toExtend<ExportRequest>();
    expectTypeOf<{ dataset: "no_such_dataset" }>().not.toExtend<ExportRequest>();
  });

  it("has values of an enumeration and no others", () => {
    type Events = Extract<ExportRequest, { dataset: "activity_events" }>;
    expectTypeOf<"csv">().toExtend<Events["format"]>();
    expectTypeOf<"xml">().not.toExtend<Events["format"]>();
  });
});

describe("an export", () => {
  it("that was waited for is a completed one", () => {
    expectTypeOf<Calls["completed"]["status"]>().toEqualTypeOf<"completed">();
    expectTypeOf<Calls["created"]>().toExtend<Export>();
  });

  it("has statements to load as text", () => {
    expectTypeOf<Calls["loaded"]>().toEqualTypeOf<string>();
  });
});

describe("an error", () => {
  it("is told apart by its code, with what belongs to it", () => {
    expectTypeOf<NonNullable<Calls["ended"]>>().toExtend<ExportFailed>();
    expectTypeOf<NonNullable<Calls["ended"]>["export"]>().toEqualTypeOf<Export>();
    expectTypeOf<Calls["damaged"]>().toEqualTypeOf<string | null>();
    expectTypeOf<Calls["limited"]>().toExtend<number | null>();
  });

  it("has no code that is not in the table", () => {
    expectTypeOf<"rate_limited" | "unreachable" | "wait_timed_out">().toExtend<SpillwayError["code"]>();
    expectTypeOf<"no_such_code">().not.toExtend<SpillwayError["code"]>();
  });
});

it("a list of events has the rows that its query asks for", () => {
  expectTypeOf<ListedRow<typeof WINDOW>>().toEqualTypeOf<FlatEventRow>();
  expectTypeOf<ListedRow<{ row_format: "nested" }>>().toEqualTypeOf<NestedEventRow>();
  expectTypeOf<ListedRow<{ view: "conversions" }>>().toEqualTypeOf<ConversionRow>();
});

it("a webhook is told apart by its type", () => {
  expectTypeOf<Extract<WebhookEvent, { type: "schedule.paused" }>["data"]>().toHaveProperty("schedule_id");
  expectTypeOf<Exclude<WebhookEvent, { type: "schedule.paused" }>["data"]>().toHaveProperty("export_id");
});
