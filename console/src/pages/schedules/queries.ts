/** What the pages of schedules read, by the names that it has in the cache. */

import { useQuery } from "@tanstack/preact-query";
import { useSession } from "../../session/session.ts";

/** Begins the name of everything about schedules: to read it again after a change. */
export const SCHEDULES = ["schedules"] as const;

export function useSchedule(id: string) {
  const { spillway } = useSession();
  return useQuery({
    queryKey: [...SCHEDULES, "one", id],
    queryFn: ({ signal }) => spillway.schedules.get(id, { signal }),
  });
}

/** The newest run of a schedule; null: it has not run in the last 90 days. */
export function useLastRun(id: string) {
  const { spillway } = useSession();
  return useQuery({
    queryKey: [...SCHEDULES, "last-run", id],
    queryFn: async ({ signal }) =>
      (await spillway.schedules.runs(id, { limit: 1 }, { signal }).first()).data[0] ?? null,
  });
}
