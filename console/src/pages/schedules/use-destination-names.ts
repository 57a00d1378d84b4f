/** The destinations that the session sees, all of them: a space has few. */

import { useQuery } from "@tanstack/preact-query";
import { useSession } from "../../session/session.ts";

export function useDestinationNames() {
  const { spillway } = useSession();
  return useQuery({
    queryKey: ["destinations", "all"],
    queryFn: ({ signal }) => spillway.destinations.list({ limit: 200 }, { signal }).all(),
  });
}
