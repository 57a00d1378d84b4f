/** The exports that were created last, and who must act on those that failed. */

import type { UseQueryResult } from "@tanstack/preact-query";
import { Link } from "wouter-preact";
import type { ListedExport } from "spillway-client";
import { texts } from "../../texts.ts";
import { count, words } from "../../ui/format.ts";
import { Failure, Loading } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";

const { latest } = texts.overview;

const TONES: Partial<Record<ListedExport["status"], string>> = { completed: "good", failed: "bad" };

const COLUMNS: readonly Column<ListedExport>[] = [
  { heading: latest.dataset, cell: ({ id, dataset }) => <Link href={`/exports/${id}`}>{words(dataset)}</Link> },
  { heading: latest.created, cell: ({ created_at: at }) => <Time at={at} /> },
  { heading: latest.status, cell: ({ status }) => <span class={TONES[status]}>{words(status)}</span> },
  { heading: latest.rows, align: "end", cell: ({ progress }) => count(progress.rows_written) },
  { heading: latest.mustAct, cell: ({ error }) => error !== null && <MustAct error={error} /> },
];

export function LatestExports({ list }: { list: UseQueryResult<ListedExport[]> }) {
  return (
    <section>
      <h2>{latest.title}</h2>
      {list.isPending && <Loading />}
      {list.error !== null && <Failure error={list.error} retry={list.refetch} />}
      {list.data !== undefined && (
        <>
          <Table caption={latest.title} columns={COLUMNS} rows={list.data} keyOf={({ id }) => id} />
          <p>
            <Link href="/exports">{latest.all}</Link>
          </p>
        </>
      )}
    </section>
  );
}

const MustAct = ({ error: { owner, message } }: { error: NonNullable<ListedExport["error"]> }) => (
  <>
    <strong class="bad">{latest.owners[owner]}</strong>
    <span class="small reason">{message}</span>
  </>
);
