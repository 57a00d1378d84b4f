/** The events as a table. Each row opens the event's JSON. */

import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import type { NestedEventRow } from "spillway-client";
import { texts } from "../../texts.ts";
import { Code } from "../../ui/copy.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";

const words = texts.events;
const keyOf = ({ eventId, personId, timestamp }: NestedEventRow) => eventId ?? `${personId} ${timestamp}`;

export function EventTable({ events }: { events: readonly NestedEventRow[] }) {
  const [shown, setShown] = useState<NestedEventRow | null>(null);
  const columns: readonly Column<NestedEventRow>[] = [
    { heading: words.time, cell: ({ timestamp }) => <Time at={timestamp} precision="second" /> },
    { heading: words.event, cell: ({ definitionId }) => <code>{definitionId}</code> },
    {
      heading: words.person,
      cell: ({ personId }) => <Link href={`/events?person_id=${encodeURIComponent(personId)}`}>{personId}</Link>,
    },
    {
      heading: words.properties,
      cell: (event) => (
        <button type="button" onClick={() => setShown(event)}>
          {words.json(Object.keys(event.properties).length)} <span class="hidden">{words.jsonOf(keyOf(event))}</span>
        </button>
      ),
    },
  ];
  return (
    <>
      <Table caption={texts.frame.nav.events} columns={columns} rows={events} keyOf={keyOf} />
      {shown !== null && (
        <Dialog title={words.jsonOf(keyOf(shown))} onClose={() => setShown(null)}>
          <Code label={words.jsonOf(keyOf(shown))} text={JSON.stringify(shown, null, 2)} />
        </Dialog>
      )}
    </>
  );
}
