/** Schedules and their runs in requests and answers. */

import * as z from "zod";
import type { RunRow } from "../../db/schedules/history.ts";
import type { ScheduleRow } from "../../db/schedules/schedules.ts";
import { publicError } from "../../errors.ts";
import { MIN_BETWEEN_MS } from "../../schedules/run-due.ts";
import { AnyScheduledRequest } from "../../schedules/request.ts";
import { datasetNamed } from "../../datasets/index.ts";
import { withoutNulls } from "../../export/api/request.ts";
import { ExportError, openObject } from "../../webhooks/events/family.ts";
import { cronFault } from "../../time/cron.ts";
import { shownRequest } from "../../outbound/shown-url.ts";
import { iso } from "../../time/names.ts";
import { composed } from "../composed-schemas.ts";
import { ResolvedScheduledRequest } from "../exports/resolved-request.ts";
import { ExportStatus } from "../exports/resource.ts";
import { Count, Finding, Name, Time, times, timesOf, TimeZone } from "../schemas.ts";
import { Instant } from "../../time/instant.ts";

const MAX_CHARACTERS = 200;

const CronExpression = z
  .string()
  .max(MAX_CHARACTERS)
  .superRefine((cron, context) => {
    const fault = cron.length > MAX_CHARACTERS ? null : cronFault(cron, MIN_BETWEEN_MS);
    if (fault !== null) context.addIssue({ code: "custom", message: fault });
  })
  .meta({
    description: `Five fields: minute, hour, day of the month, month, day of the week; two runs must be at least ${MIN_BETWEEN_MS / 60_000} minutes apart. When clocks change, a time of day that does not exist means the first moment after the gap, and one that occurs twice means its first occurrence.`,
    example: "0 3 * * *",
  });

const Request = AnyScheduledRequest.meta({
  description:
    "The body of `POST /v1/exports` without `since` and without the window, which each run fills in. The request is validated when the schedule is created or changed.",
});

const Incremental = z.boolean().meta({
  description:
    "The windows of the runs follow one another. With `true`, a run of a dataset of events also has what arrived late for earlier windows, so that everything accepted after the schedule was made is in one of its runs; a run of a dataset without a window has what changed since the previous one.",
});

const MAX_VERIFY_AFTER_DAYS = 30;

const VerifyAfterDays = z.int().min(1).max(MAX_VERIFY_AFTER_DAYS).nullable().meta({
  description:
    "So many days after the completion of each run's export, its files are verified as by `POST /v1/exports/{id}/verify`; null: never. Files that are kept for a limited time must be kept longer. What counts is the value when a run's export is completed; with null, or when the schedule is deleted, verifications that are still to come are dropped.",
});

const shape = { name: Name, cron: CronExpression, timezone: TimeZone, request: Request };

export const NewSchedule = z.strictObject({
  ...shape,
  incremental: Incremental.nullish().transform((sent) => sent ?? true),
  backfill_from: Instant.nullish().meta({
    description:
      "The start of the first window, instead of now. The runs of the past are made one after another, each for its own window. Only for datasets with a window; not before the oldest time that can be exported.",
  }),
  verify_after_days: VerifyAfterDays.optional().transform((sent) => sent ?? null),
});

const change = z
  .strictObject({ ...shape, incremental: Incremental, verify_after_days: VerifyAfterDays, paused: z.boolean() })
  .partial();

/** A null counts as absent, where it is no value. */
export const ScheduleChange = z.preprocess(withoutOtherNulls, change);

function withoutOtherNulls(sent: unknown): unknown {
  const others = withoutNulls(sent, 1);
  const isTurnedOff = (sent as { verify_after_days?: unknown } | null | undefined)?.verify_after_days === null;
  return isTurnedOff ? { ...(others as object), verify_after_days: null } : others;
}

const Fields = openObject({
  id: z.uuid(),
  name: z.string(),
  cron: z.string(),
  timezone: z.string(),
  request: ResolvedScheduledRequest,
  incremental: z.boolean(),
  backfill_from: Time.nullable(),
  verify_after_days: VerifyAfterDays,
  covered_until: Time.nullable().meta({
    description:
      "The end of what the completed exports cover, where the next window begins. null if the dataset has no window.",
  }),
  ...times,
}).meta({ id: "ScheduleFields" });

const State = z
  .discriminatedUnion("status", [
    openObject({
      status: z.literal("active"),
      paused_reason: z.null(),
      paused_at: z.null(),
      next_run_at: Time.meta({ description: "In the past if a run is due and waiting, or during a backfill." }),
    }),
    openObject({
      status: z.literal("paused"),
      paused_reason: z
        .enum(["requested", "failures"])
        .meta({ description: "`requested`: a call paused the schedule. `failures`: its last three runs failed." }),
      paused_at: Time,
      next_run_at: z.null(),
    }),
  ])
  .meta({ id: "ScheduleState" });

export const Schedule = composed("Schedule", Fields, State);

/** A schedule in the answer of a call that checks its request. */
export const CheckedSchedule = composed(
  "CheckedSchedule",
  Fields,
  State,
  openObject({
    warnings: z.array(Finding).meta({
      description:
        "Names in the sent `request` that nothing in the space has now. They do not stop the schedule; each run's export has warnings of its own.",
    }),
  }),
);

const run = {
  scheduled_at: Time,
  window: z
    .object({ start: Time, end: Time })
    .nullable()
    .meta({ description: "The run's own span. Late arrivals of earlier spans are in the export too." }),
};

const ExportOfRun = z
  .object({
    id: z.uuid(),
    status: ExportStatus,
    completed_at: Time.nullable(),
    rows: Count,
    files: Count,
    error: ExportError.nullable(),
  })
  .meta({ id: "ScheduledExport" });

export const ScheduleRun = z
  .discriminatedUnion("outcome", [
    z.object({
      ...run,
      outcome: z.literal("made").meta({ description: "The run created an export." }),
      export: ExportOfRun.nullable().meta({ description: "null if the export was deleted." }),
      error: z.null(),
      reason: z.null(),
    }),
    z.object({
      ...run,
      outcome: z
        .literal("skipped")
        .meta({ description: "Another run covered the window, or there was nothing to export." }),
      export: z.null(),
      error: z.null(),
      reason: z.string(),
    }),
    z.object({
      ...run,
      outcome: z
        .literal("refused")
        .meta({ description: "The export could not be created; the next run covers the window." }),
      export: z.null(),
      error: ExportError,
      reason: z.null(),
    }),
  ])
  .meta({ id: "ScheduleRun" });

const time = (at: number | null) => (at === null ? null : iso(at));

export function showSchedule(row: ScheduleRow) {
  const request = JSON.parse(row.request) as { dataset: string };
  return {
    id: row.id,
    name: row.name,
    cron: row.cron,
    timezone: row.timezone,
    request: shownRequest(request),
    incremental: row.incremental === 1,
    backfill_from: time(row.backfill_from),
    verify_after_days: row.verify_after_days,
    status: row.status,
    paused_reason: row.paused_reason,
    paused_at: time(row.paused_at),
    next_run_at: row.status === "paused" ? null : iso(row.next_run_at),
    covered_until: datasetNamed(request.dataset).schedulable === undefined ? null : iso(row.covered_until),
    ...timesOf(row),
  };
}

export function showRun(row: RunRow) {
  const { window_start: start, window_end: end } = row;
  return {
    scheduled_at: iso(row.scheduled_at),
    outcome: row.outcome,
    window: start === null || end === null ? null : { start: iso(start), end: iso(end) },
    export:
      row.export_id === null
        ? null
        : {
            id: row.export_id,
            status: row.status,
            completed_at: time(row.completed_at),
            rows: row.rows,
            files: row.files,
            error: publicError(row.export_error, row.export_error_owner, {
              detail: row.export_error_detail,
              retryable: row.export_error_retryable,
            }),
          },
    error: publicError(row.error_code, null, { detail: row.detail }),
    reason: row.outcome === "skipped" ? row.detail : null,
  };
}
