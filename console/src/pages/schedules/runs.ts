/** What became of a run of a schedule, in words for people. Pure. */

import type { ScheduleRun } from "spillway-client";
import { texts } from "../../texts.ts";

export interface RunResult {
  text: string;
  /** The class that colours it. */
  tone: "good" | "bad" | "warn" | "small";
  /** Why, where there is more to say. */
  detail: string | null;
}

const t = texts.schedules;

export function resultOf(run: ScheduleRun): RunResult {
  switch (run.outcome) {
    case "skipped":
      return { text: t.outcomes.skipped, tone: "small", detail: run.reason };
    case "refused":
      return { text: t.outcomes.refused, tone: "bad", detail: run.error.message };
    case "made": {
      if (run.export === null) return { text: t.outcomes.deleted, tone: "small", detail: null };
      const { status, error } = run.export;
      return { text: texts.status[status], tone: TONES[status], detail: error === null ? null : error.message };
    }
  }
}

const TONES = {
  queued: "warn",
  processing: "warn",
  completed: "good",
  failed: "bad",
  canceled: "small",
  expired: "small",
} as const;

/** Whether a run's export is still under way, so that its row is worth reading again. */
export const isUnderWay = ({ export: made }: ScheduleRun) => made?.status === "queued" || made?.status === "processing";
