/** What the pages of destinations read, by the names that it has in the cache. */

import { useQuery } from "@tanstack/preact-query";
import { useSession } from "../../session/session.ts";

/** Begins the name of everything about destinations: to read it again after a change. */
export const DESTINATIONS = ["destinations"] as const;

export function useDestination(id: string) {
  const { spillway } = useSession();
  return useQuery({
    queryKey: [...DESTINATIONS, "one", id],
    queryFn: ({ signal }) => spillway.destinations.get(id, { signal }),
  });
}

/** The schedules whose exports go to a destination. A space has few schedules, so that this reads them all. */
export function useSchedulesTo(destinationId: string) {
  const { spillway } = useSession();
  return useQuery({
    queryKey: ["schedules", "to", destinationId],
    queryFn: async ({ signal }) => {
      const all = await spillway.schedules.list({ limit: 200 }, { signal }).all();
      return all.filter(
        ({ request: { delivery } }) =>
          delivery.type === "s3" && "destination_id" in delivery && delivery.destination_id === destinationId,
      );
    },
  });
}
