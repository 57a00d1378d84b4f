/** Reads events newest first, page by page. The rows of a page come oldest first: they are turned round. */

import { useQuery } from "@tanstack/preact-query";
import type { EventList, NestedEventRow } from "spillway-client";
import { useSession } from "../../session/session.ts";
import { useList } from "../../ui/more.tsx";
import { addressOf, type Filters, windowOf } from "./filters.ts";

const PAGE_ROWS = 50;

/** @param now epoch ms: later events are not shown. */
export function useEvents(filters: Filters, now: number) {
  const { spillway } = useSession();
  const space = useQuery({
    queryKey: ["space"],
    queryFn: ({ signal }) => spillway.space.get({ signal }),
    staleTime: Infinity,
  });
  const retentionDays = space.data?.retention_days;
  const query = {
    ...addressOf(filters),
    ...windowOf(filters, now, retentionDays ?? 0),
    page: "last",
    row_format: "nested",
    limit: String(PAGE_ROWS),
  };
  const list = useList<NestedEventRow>(
    ["events", query],
    async (cursor, signal) => {
      const parameters = new URLSearchParams(cursor === undefined ? query : { ...query, cursor });
      const page = await spillway.request<EventList>("GET", `/v1/events?${parameters.toString()}`, { signal });
      return { data: (page.data as NestedEventRow[]).toReversed(), next_cursor: page.prev_cursor };
    },
    undefined,
    // What occurred until a time changes no more, and lists are limited.
    { enabled: retentionDays !== undefined, staleTime: Infinity },
  );
  /** The page that was read last: the service looks through so many events a call, and may have found none of these. */
  const isLastEmpty = list.data?.pages.at(-1)?.data.length === 0;
  const error = space.error ?? list.error;
  return { ...list, error, isLastEmpty };
}
