/** Whether a schedule or a call created the export, with the schedule's name where the session may read it. */

import { useQuery } from "@tanstack/preact-query";
import { Link } from "wouter-preact";
import { useMay, useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";

/** The schedule; undefined where there is none, or the session may not read it. */
export function useSchedule(scheduleId: string | null) {
  const { spillway } = useSession();
  const may = useMay("settings:write");
  const { data } = useQuery({
    queryKey: ["schedule", scheduleId],
    enabled: may && scheduleId !== null,
    queryFn: ({ signal }) => spillway.schedules.get(scheduleId ?? "", { signal }),
  });
  return data;
}

export function ScheduleOf({ scheduleId }: { scheduleId: string | null }) {
  const schedule = useSchedule(scheduleId);
  if (scheduleId === null) return <>{texts.exports.byCall}</>;
  if (schedule === undefined) return <>{texts.exports.bySchedule}</>;
  return (
    <>
      {texts.exports.bySchedule} <Link href={`/schedules/${scheduleId}`}>{schedule.name}</Link>
    </>
  );
}
