/** Everything that happened to an export, oldest first. */

import { useQueryClient } from "@tanstack/preact-query";
import { useEffect, useRef } from "preact/hooks";
import type { Export, TimelineEntry, TimelineEntryList } from "spillway-client";
import { exportKey } from "../../exports/keys.ts";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { More, useList } from "../../ui/more.tsx";
import { Failure, Loading } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import { entryText, isBad } from "./timeline-text.ts";

export function Timeline({ shown }: { shown: Export }) {
  const { spillway } = useSession();
  const queries = useQueryClient();
  const { id } = shown;
  const key = [...exportKey(id), "timeline"];
  const list = useList<TimelineEntry>(key, (cursor, signal) => {
    const query = new URLSearchParams(cursor === undefined ? {} : { cursor });
    return spillway.request<TimelineEntryList>("GET", `/v1/exports/${id}/events?${query.toString()}`, { signal });
  });
  // Something new has happened: the state says so before the timeline is read again.
  const state = [shown.status, shown.progress.phase, shown.next_retry_at, shown.verification?.status].join();
  const before = useRef(state);
  useEffect(() => {
    if (before.current === state) return;
    before.current = state;
    void queries.invalidateQueries({ queryKey: [...exportKey(id), "timeline"] });
  }, [state, id, queries]);
  return (
    <section aria-labelledby="timeline">
      <h2 id="timeline">{texts.exports.timeline.title}</h2>
      {list.error !== null && <Failure error={list.error} retry={list.refetch} />}
      {list.isPending && <Loading />}
      <ol class="timeline">
        {list.items.map((entry) => (
          <li key={`${entry.at} ${entry.type} ${JSON.stringify(entry.detail)}`}>
            <Time at={entry.at} precision="second" /> <span class={isBad(entry) ? "bad" : ""}>{entryText(entry)}</span>
          </li>
        ))}
      </ol>
      <More {...list} />
    </section>
  );
}
