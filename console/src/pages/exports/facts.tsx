/** The facts of an export: its numbers and times, where it goes, and what it belongs to. */

import type { ComponentChildren } from "preact";
import type { Export } from "spillway-client";
import { Link } from "wouter-preact";
import { ShownWindow } from "../../exports/shown-window.tsx";
import { texts } from "../../texts.ts";
import { CopyButton } from "../../ui/copy.tsx";
import { count, size, span } from "../../ui/format.ts";
import { Time } from "../../ui/time.tsx";
import { DestinationOf } from "./destination-of.tsx";
import { ScheduleOf } from "./schedule-of.tsx";

const names = texts.exports.facts;

export function Facts({ shown }: { shown: Export }) {
  const { progress, request, delivery, started_at: started, completed_at: completed } = shown;
  const { since } = request;
  const files = progress.files_total ?? progress.files_written;
  return (
    <section class="card" aria-label={texts.exports.factsTitle}>
      <dl class="facts">
        <Fact name={names.id}>
          <code>{shown.id}</code> <CopyButton text={shown.id} label={texts.exports.copyId} />
        </Fact>
        <Fact name={names.window}>
          <ShownWindow request={request} />
        </Fact>
        <Fact name={names.rows}>{count(progress.rows_written)}</Fact>
        <Fact name={names.files}>{count(files)}</Fact>
        <Fact name={names.size}>{size(progress.bytes_written)}</Fact>
        <Fact name={names.format}>{[request.format, request.compression].filter(Boolean).join(", ")}</Fact>
        <Fact name={names.created}>
          <Time at={shown.created_at} precision="second" /> · <ScheduleOf scheduleId={shown.schedule_id} />
        </Fact>
        {started !== null && (
          <Fact name={names.started}>
            <Time at={started} precision="second" />
          </Fact>
        )}
        {completed !== null && (
          <Fact name={names.ended}>
            <Time at={completed} precision="second" />
            {started !== null && ` · ${names.took} ${span((Date.parse(completed) - Date.parse(started)) / 1000)}`}
          </Fact>
        )}
        <Fact name={names.destination}>
          {delivery.type === "download" ? texts.exports.ownBucket : <DestinationOf delivery={delivery} />}
        </Fact>
        {since !== undefined && (
          <Fact name={names.since}>
            <Link href={`/exports/${since}`}>{texts.exports.exportWithId(since)}</Link>
          </Fact>
        )}
      </dl>
    </section>
  );
}

const Fact = ({ name, children }: { name: string; children: ComponentChildren }) => (
  <>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </>
);
