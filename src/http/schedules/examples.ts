import { type Examples, EXPORT_ID, EXPORTED } from "../example-values.ts";

const SCHEDULE = {
  id: "b3a1f0c2-58d4-4f0e-8f0a-6c2d9e7b1a45",
  name: "Nightly orders",
  cron: "0 3 * * *",
  timezone: "Europe/London",
  request: { dataset: "activity_events", ...EXPORTED },
  incremental: true,
  backfill_from: null,
  verify_after_days: null,
  status: "active",
  paused_reason: null,
  paused_at: null,
  next_run_at: "2026-01-16T03:00:00.000Z",
  covered_until: "2026-01-15T03:00:00.000Z",
  created_at: "2026-01-10T10:23:45.123Z",
  updated_at: "2026-01-10T10:23:45.123Z",
};
export const scheduleExamples: Examples = {
  Schedule: SCHEDULE,
  CheckedSchedule: { ...SCHEDULE, warnings: [] },
  createSchedule: {
    ...SCHEDULE,
    next_run_at: "2026-01-11T03:00:00.000Z",
    covered_until: SCHEDULE.created_at,
    warnings: [],
  },
  ScheduleRun: {
    scheduled_at: "2026-01-15T03:00:00.000Z",
    outcome: "made",
    window: { start: "2026-01-14T03:00:00.000Z", end: "2026-01-15T03:00:00.000Z" },
    export: {
      id: EXPORT_ID,
      status: "completed",
      completed_at: "2026-01-15T03:00:31.207Z",
      rows: 41_909,
      files: 1,
      error: null,
    },
    error: null,
    reason: null,
  },
};
