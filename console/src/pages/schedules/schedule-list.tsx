/** The schedules of the space, each with its next run, its last one, and why it is paused. */

import { Link } from "wouter-preact";
import { useMay, useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { cronWords } from "../../ui/cron-words.ts";
import { words } from "../../ui/format.ts";
import { Listed } from "../../ui/loaded.tsx";
import { useList } from "../../ui/more.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { Table } from "../../ui/table.tsx";
import { SCHEDULES, useLastRun } from "./queries.ts";
import { RunResult } from "./run-result.tsx";
import { NextRun, State } from "./schedule-state.tsx";

const t = texts.schedules;

export function ScheduleList() {
  const { spillway } = useSession();
  const mayMake = useMay("exports:write");
  const list = useList([...SCHEDULES, "list"], (cursor, signal) =>
    spillway.schedules.list(cursor === undefined ? {} : { cursor }, { signal }).first(),
  );
  const add = mayMake ? (
    <Link class="button primary" href="/new">
      {t.add}
    </Link>
  ) : undefined;
  return (
    <Page title={texts.frame.nav.schedules} actions={add}>
      <p class="prose">{mayMake ? `${t.intro} ${t.addHelp}` : t.intro}</p>
      <Listed list={list} empty={<Empty title={t.none}>{mayMake && <p>{t.addHelp}</p>}</Empty>}>
        {(items) => (
          <Table
            caption={texts.frame.nav.schedules}
            rows={items}
            keyOf={({ id }) => id}
            columns={[
              { heading: t.name, cell: ({ id, name }) => <Link href={`/schedules/${id}`}>{name}</Link> },
              { heading: t.dataset, cell: ({ request }) => words(request.dataset) },
              {
                heading: t.when,
                cell: ({ cron, timezone }) => (
                  <>
                    {cronWords(cron) ?? <code>{cron}</code>}
                    <div class="small">{timezone}</div>
                  </>
                ),
              },
              { heading: t.nextRun, cell: (schedule) => <NextRun schedule={schedule} /> },
              { heading: t.lastRun, cell: ({ id }) => <LastRun id={id} /> },
              { heading: t.state, cell: (schedule) => <State schedule={schedule} /> },
            ]}
          />
        )}
      </Listed>
    </Page>
  );
}

function LastRun({ id }: { id: string }) {
  const { data, error } = useLastRun(id);
  if (data === undefined) return <span class="small">{error === null ? texts.loading : t.unread}</span>;
  return data === null ? <span class="small">{t.notYet}</span> : <RunResult run={data} />;
}
