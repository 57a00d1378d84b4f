/** When a schedule runs next, and where it does not, why. */

import type { Schedule } from "spillway-client";
import { texts } from "../../texts.ts";
import { Time } from "../../ui/time.tsx";

const t = texts.schedules;

/** The next run in the schedule's own time zone, which its cron expression is in. */
export function NextRun({ schedule: { next_run_at: at, timezone } }: { schedule: Schedule }) {
  if (at === null) return <>{t.noNext}</>;
  return (
    <>
      <Time at={at} timeZone={timezone} />
      {Date.parse(at) < Date.now() && <div class="small">{t.due}</div>}
    </>
  );
}

export const State = ({ schedule }: { schedule: Schedule }) =>
  schedule.status === "active" ? (
    <span class="good">{t.active}</span>
  ) : (
    <>
      <span class={schedule.paused_reason === "failures" ? "bad" : "warn"}>{t.paused}</span>
      <div class="small">
        {t.pausedReasons[schedule.paused_reason]} <Time at={schedule.paused_at} />
      </div>
    </>
  );
