/** The events of a schedule: it was paused because its last runs failed. */

import * as z from "zod";
import { ERRORS } from "../../errors.ts";
import {
  errorFrom,
  type EventFamily,
  ExportError,
  isoTime,
  openObject,
  type StoredError,
  Time,
  Timestamp,
} from "./family.ts";

export const SchedulePausedBody = openObject({
  type: z.literal("schedule.paused"),
  timestamp: Timestamp,
  data: openObject({
    schedule_id: z.uuid(),
    name: z.string(),
    paused_at: Time,
    paused_reason: z.literal("failures"),
    failures: z.int().min(1).meta({ description: "Runs in a row that failed." }),
    last_export_id: z
      .uuid()
      .nullable()
      .meta({ description: "The export of the last failed run; null: its request was rejected." }),
    error: ExportError.nullable().meta({
      description: "Why the last failed run failed, and who must act: the customer or the service.",
    }),
  }),
}).meta({ id: "SchedulePausedEvent" });

interface StoredPause extends Omit<z.output<typeof SchedulePausedBody>["data"], "paused_at" | "error">, StoredError {
  paused_at: number;
}

const { title, owner, retryable } = ERRORS.bucket_denied;

export const scheduleEvents = {
  summaries: { "schedule.paused": "A schedule was paused because its runs failed" },
  body: SchedulePausedBody,
  example: (type) => ({
    type,
    timestamp: "2026-01-18T03:00:12.000Z",
    data: {
      schedule_id: "b3a1f0c2-58d4-4f0e-8f0a-6c2d9e7b1a45",
      name: "Nightly orders",
      paused_at: "2026-01-18T03:00:12.000Z",
      paused_reason: "failures",
      failures: 3,
      last_export_id: "4c959f87-6c1d-4f2e-9a7b-3d5e8f0a1b2c",
      error: { code: "bucket_denied", message: title, owner, retryable },
    },
  }),
  data: ({ schedule_id, name, paused_at, paused_reason, failures, last_export_id, ...error }: StoredPause) => ({
    schedule_id,
    name,
    paused_at: isoTime(paused_at),
    paused_reason,
    failures,
    last_export_id,
    error: errorFrom(error),
  }),
} satisfies EventFamily<typeof SchedulePausedBody>;
