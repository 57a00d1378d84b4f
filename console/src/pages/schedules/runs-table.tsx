/** The runs of a schedule, newest first, read again while the export of one is under way. */

import type { ScheduleRun } from "spillway-client";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { count } from "../../ui/format.ts";
import { Listed } from "../../ui/loaded.tsx";
import { useList } from "../../ui/more.tsx";
import { Empty } from "../../ui/states.tsx";
import { Table } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";
import { SCHEDULES } from "./queries.ts";
import { RunResult } from "./run-result.tsx";
import { isUnderWay } from "./runs.ts";

const t = texts.schedules;
/** Far below the limit of these calls, which is the space's whole one. */
const REREAD_MS = 15_000;

interface Props {
  id: string;
  /** IANA; of the schedule, whose days the windows are. */
  timezone: string;
}

export function RunsTable({ id, timezone }: Props) {
  const { spillway } = useSession();
  const list = useList(
    [...SCHEDULES, "runs", id],
    (cursor, signal) => spillway.schedules.runs(id, cursor === undefined ? {} : { cursor }, { signal }).first(),
    (runs) => runs.some(isUnderWay) && REREAD_MS,
  );
  return (
    <Listed
      list={list}
      empty={
        <Empty title={t.noRuns}>
          <p>{t.noRunsHelp}</p>
        </Empty>
      }
    >
      {(runs) => (
        <Table
          caption={t.runs}
          rows={runs}
          keyOf={({ scheduled_at: at }) => at}
          columns={[
            { heading: t.scheduledAt, cell: ({ scheduled_at: at }) => <Time at={at} timeZone={timezone} /> },
            { heading: t.result, cell: (run) => <RunResult run={run} /> },
            { heading: t.window, cell: (run) => <Window run={run} timezone={timezone} /> },
            { heading: t.rows, align: "end", cell: ({ export: made }) => made !== null && count(made.rows) },
            { heading: t.files, align: "end", cell: ({ export: made }) => made !== null && count(made.files) },
            { heading: t.completedAt, cell: ({ export: made }) => <Completed at={made?.completed_at ?? null} /> },
          ]}
        />
      )}
    </Listed>
  );
}

const Window = ({ run: { window }, timezone }: { run: ScheduleRun; timezone: string }) =>
  window === null ? null : (
    <>
      <Time at={window.start} timeZone={timezone} /> – <Time at={window.end} timeZone={timezone} />
    </>
  );

const Completed = ({ at }: { at: string | null }) => (at === null ? null : <Time at={at} />);
