/** The table of exports. */

import type { ListedExport } from "spillway-client";
import { Link } from "wouter-preact";
import { ShownWindow } from "../../exports/shown-window.tsx";
import { Status } from "../../exports/status.tsx";
import { texts } from "../../texts.ts";
import { count, size, words } from "../../ui/format.ts";
import { type Column, Table } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";

const { columns } = texts.exports;

/** The beginning of an id tells one export from another. */
const SHOWN_ID = 8;
const nameOf = ({ dataset, id }: ListedExport) => `${words(dataset)} ${id.slice(0, SHOWN_ID)}`;

const COLUMNS: readonly Column<ListedExport>[] = [
  {
    heading: columns.dataset,
    cell: (each) => (
      <Link href={`/exports/${each.id}`}>
        {words(each.dataset)} <span class="small">{each.id.slice(0, SHOWN_ID)}</span>
      </Link>
    ),
  },
  { heading: columns.status, cell: (each) => <Status shown={each} label={nameOf(each)} /> },
  { heading: columns.window, cell: (each) => <ShownWindow request={each.request} /> },
  { heading: columns.rows, cell: ({ progress }) => count(progress.rows_written), align: "end" },
  { heading: columns.size, cell: ({ progress }) => size(progress.bytes_written), align: "end" },
  {
    heading: columns.created,
    cell: (each) => (
      <>
        <Time at={each.created_at} />
        <div class="small">{each.schedule_id === null ? texts.exports.byCall : texts.exports.bySchedule}</div>
      </>
    ),
  },
];

export const ExportsTable = ({ exports }: { exports: readonly ListedExport[] }) => (
  <Table caption={texts.frame.nav.exports} columns={COLUMNS} rows={exports} keyOf={({ id }) => id} />
);
