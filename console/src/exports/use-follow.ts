/**
 * Keeps what the page shows of exports fresh while they change: one poll at a time, the exports by turns, with the
 * pause that the rate limit leaves. A hidden tab polls nothing. Every list and every page of an export gets what a
 * poll saw.
 */

import { type InfiniteData, type QueryClient, useQuery, useQueryClient } from "@tanstack/preact-query";
import { useRef } from "preact/hooks";
import { type Export, type ExportList, SpillwayError } from "spillway-client";
import { useSession } from "../session/session.ts";
import { EXPORTS_KEY, exportKey } from "./keys.ts";
import { withSeen } from "./list-pages.ts";
import { pauseAfterPoll } from "./pace.ts";

const FIRST_PAUSE_MS = 2_000;
const PAUSE_AFTER_ERROR_MS = 15_000;
const MAX_PAUSE_MS = 20_000;

/**
 * @param ids of the exports that may change: those in progress, or with a verification that runs.
 * @returns why the last poll failed; null where it did not. The next one comes in any case.
 */
export function useFollow(ids: readonly string[]): Error | null {
  const { spillway } = useSession();
  const queries = useQueryClient();
  const turn = useRef(0);
  const poll = useQuery({
    queryKey: ["follow"],
    enabled: ids.length > 0,
    // What is shown was just read: the first poll comes after a pause.
    initialData: FIRST_PAUSE_MS,
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: ({ state }) => (state.status === "error" ? PAUSE_AFTER_ERROR_MS : state.data),
    queryFn: async ({ signal }) => {
      const id = ids[turn.current % ids.length];
      turn.current += 1;
      if (id === undefined) return FIRST_PAUSE_MS;
      let pauseMs = FIRST_PAUSE_MS;
      const onResponse = ({ headers }: Response) => {
        pauseMs = pauseAfterPoll(headers);
      };
      try {
        const seen = await spillway.exports.get(id, { signal, onResponse });
        showSeen(queries, seen);
        if (ids.length === 1) pauseMs = Math.max(pauseMs, untilRetry(seen));
      } catch (error) {
        if (!(error instanceof SpillwayError) || error.code !== "not_found") throw error;
        // Another person or program deleted it.
        await queries.invalidateQueries({ queryKey: EXPORTS_KEY });
        await queries.invalidateQueries({ queryKey: exportKey(id) });
      }
      return pauseMs;
    },
  });
  return poll.error;
}

/** Nothing changes before the next attempt of an export that failed; but a person or program may cancel it. */
function untilRetry({ next_retry_at: at }: Export): number {
  return at === null ? 0 : Math.min(MAX_PAUSE_MS, Date.parse(at) - Date.now());
}

/** Shows an export as a call answered it, wherever the page has it. */
export function showSeen(queries: QueryClient, seen: Export): void {
  queries.setQueryData(exportKey(seen.id), seen);
  queries.setQueriesData<InfiniteData<ExportList>>({ queryKey: EXPORTS_KEY }, (list) => list && withSeen(list, seen));
}
