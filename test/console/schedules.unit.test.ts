import type { Destination, Schedule, ScheduleRun } from "spillway-client";
import { describe, expect, test } from "vitest";
import { isUnderWay, resultOf } from "../../console/src/pages/schedules/runs.ts";
import { changesOf, deliveries, formOf } from "../../console/src/pages/schedules/schedule-request.ts";

const AT = "2026-01-15T03:00:00.000Z";

const SCHEDULE: Schedule = {
  id: "b3a1f0c2-58d4-4f0e-8f0a-6c2d9e7b1a45",
  name: "Nightly orders",
  cron: "0 3 * * *",
  timezone: "Europe/London",
  request: {
    dataset: "activity_events",
    event_names: ["order_*"],
    row_format: "flat",
    extra_fields: true,
    enrich_with_moments_info: false,
    delivery: { type: "download" },
    layout: "single",
    format: "ndjson",
    compression: "gzip",
    file_rows: 50_000,
  },
  incremental: true,
  backfill_from: null,
  verify_after_days: null,
  status: "active",
  paused_reason: null,
  paused_at: null,
  next_run_at: AT,
  covered_until: AT,
  created_at: AT,
  updated_at: AT,
};
const TO_BUCKET: Schedule = {
  ...SCHEDULE,
  request: { ...SCHEDULE.request, delivery: { type: "s3", destination_id: "one" } },
};
const DESTINATIONS = [{ id: "one", name: "Warehouse" }] as Destination[];

describe("the change of a schedule", () => {
  test("is nothing while the form is as the schedule is", () => {
    expect(changesOf(SCHEDULE, formOf(SCHEDULE))).toEqual({});
  });

  test("has the fields that differ, and null where verifying was turned off", () => {
    const verified = { ...SCHEDULE, verify_after_days: 3 };
    expect(changesOf(verified, { ...formOf(verified), cron: "0 * * * * ", verifyAfterDays: "" })).toEqual({
      cron: "0 * * * *",
      verify_after_days: null,
    });
    expect(changesOf(SCHEDULE, { ...formOf(SCHEDULE), verifyAfterDays: "5" })).toEqual({ verify_after_days: 5 });
  });

  test("to another delivery has the whole request, with that delivery", () => {
    expect(changesOf(SCHEDULE, { ...formOf(SCHEDULE), delivery: "one" })).toEqual({ request: TO_BUCKET.request });
    expect(changesOf(TO_BUCKET, { ...formOf(TO_BUCKET), delivery: "download" })).toEqual({
      request: SCHEDULE.request,
    });
  });
});

describe("the deliveries that a schedule can choose from", () => {
  const values = (schedule: Schedule, destinations = DESTINATIONS) =>
    deliveries(schedule, destinations).map(({ value }) => value);

  test("are the download and the destinations", () => {
    expect(values(SCHEDULE)).toEqual(["download", "one"]);
  });

  test("have the one that it has, though the destination is deleted, or of no destination", () => {
    expect(values(TO_BUCKET, [])).toEqual(["download", "one"]);
    const delivery = { type: "s3", bucket: "acme", region: "eu-central-1", role_arn: "arn:aws:iam::1:role/x" } as const;
    const ofBucket = { ...SCHEDULE, request: { ...SCHEDULE.request, delivery } } as Schedule;
    expect(values(ofBucket)).toEqual(["download", "own", "one"]);
  });
});

describe("a run of a schedule", () => {
  const run = { scheduled_at: AT, window: null, error: null, reason: null };
  const made = (status: "processing" | "completed" | "failed", message?: string) =>
    ({
      ...run,
      outcome: "made",
      export: {
        id: "e",
        status,
        completed_at: null,
        rows: 0,
        files: 0,
        error: message === undefined ? null : { message },
      },
    }) as ScheduleRun;

  test("says how its export is, and why it failed", () => {
    expect(resultOf(made("completed"))).toEqual({ text: "Completed", tone: "good", detail: null });
    expect(resultOf(made("failed", "The role was refused."))).toMatchObject({
      text: "Failed",
      tone: "bad",
      detail: "The role was refused.",
    });
  });

  test("says why it made none", () => {
    const skipped: ScheduleRun = { ...run, outcome: "skipped", export: null, reason: "Nothing to export." };
    expect(resultOf(skipped)).toMatchObject({ text: "Skipped", detail: "Nothing to export." });
    const refused = { ...run, outcome: "refused", export: null, error: { message: "Too many." } } as ScheduleRun;
    expect(resultOf(refused)).toMatchObject({ tone: "bad", detail: "Too many." });
  });

  test("says that its export was deleted", () => {
    expect(resultOf({ ...run, outcome: "made", export: null }).text).toBe("Its export was deleted");
  });

  test("is read again while its export is under way", () => {
    expect(isUnderWay(made("processing"))).toBe(true);
    expect(isUnderWay(made("completed"))).toBe(false);
  });
});
