/** One schedule: when it runs and what it exports, its runs, its pause, and its end. */

import { useMutation, useQueryClient } from "@tanstack/preact-query";
import { useState } from "preact/hooks";
import type { Schedule } from "spillway-client";
import { Link } from "wouter-preact";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { Code } from "../../ui/copy.tsx";
import { DeleteNamed } from "../../ui/delete-named.tsx";
import { useSay } from "../../ui/live.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Page } from "../../ui/page.tsx";
import { Failure } from "../../ui/states.tsx";
import { SCHEDULES, useSchedule } from "./queries.ts";
import { RunsTable } from "./runs-table.tsx";
import { ScheduleFacts } from "./schedule-facts.tsx";

const t = texts.schedules;

export function ScheduleDetail({ id }: { id: string }) {
  const { spillway } = useSession();
  const queries = useQueryClient();
  const say = useSay();
  const query = useSchedule(id);
  const [isDeleting, setDeleting] = useState(false);
  const pause = useMutation({
    mutationFn: (paused: boolean) => spillway.schedules.change(id, { paused }),
    onSuccess: async (_, paused) => {
      await queries.invalidateQueries({ queryKey: SCHEDULES });
      say(paused ? t.saidPaused : t.saidResumed);
    },
  });
  const isPaused = query.data?.status === "paused";
  const actions = query.data !== undefined && (
    <>
      <button
        type="button"
        class={isPaused ? "primary" : ""}
        disabled={pause.isPending}
        onClick={() => pause.mutate(!isPaused)}
      >
        {isPaused ? t.resume : t.pause}
      </button>
      <Link class="button" href={`/schedules/${id}/change`}>
        {t.change}
      </Link>
      <button type="button" class="danger" onClick={() => setDeleting(true)}>
        {t.delete}
      </button>
    </>
  );
  return (
    <Page title={query.data?.name ?? t.one} actions={actions}>
      {pause.error !== null && <Failure error={pause.error} />}
      <Loaded query={query}>
        {(schedule) => (
          <>
            {schedule.paused_reason === "failures" && (
              <div class="failure" role="alert">
                <p>{t.failures}</p>
              </div>
            )}
            <ScheduleFacts schedule={schedule} />
            <h2>{t.runs}</h2>
            <RunsTable id={id} timezone={schedule.timezone} />
            <h2>{t.request}</h2>
            <p class="prose">{t.requestHelp}</p>
            <Code label={t.request} text={JSON.stringify(schedule.request, null, 2)} />
            {isDeleting && <DeleteQuestion schedule={schedule} onClose={() => setDeleting(false)} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function DeleteQuestion({ schedule: { id, name }, onClose }: { schedule: Schedule; onClose: () => void }) {
  const { spillway } = useSession();
  const list = { path: "/schedules", key: [...SCHEDULES, "list"] };
  return (
    <DeleteNamed name={name} list={list} run={() => spillway.schedules.delete(id)} onClose={onClose}>
      <p>{t.deleteHelp}</p>
    </DeleteNamed>
  );
}
