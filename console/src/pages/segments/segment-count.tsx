/** How many people are in a segment: counted when asked for, and shown with the time of the count. */

import { useIsFetching, useQuery } from "@tanstack/preact-query";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { counted } from "../../ui/format.ts";
import { Failure } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";

/** Names the count of a segment in the cache. */
export const countKey = (id: string) => ["segment-count", id] as const;

export function SegmentCount({ id, name }: { id: string; name: string }) {
  const { spillway } = useSession();
  // The service counts one segment at a time for a space.
  const isBusy = useIsFetching({ queryKey: ["segment-count"] }) > 0;
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: countKey(id),
    queryFn: ({ signal }) => spillway.segments.count(id, { signal }),
    enabled: false,
    staleTime: Infinity,
  });
  const words = texts.segments;
  return (
    <>
      <p aria-live="polite">
        {isFetching && words.counting}
        {!isFetching && data !== undefined && (
          <>
            <strong>
              {data.count === undefined
                ? words.atLeast(counted(data.count_at_least ?? 0, words.person, words.people))
                : counted(data.count, words.person, words.people)}
            </strong>{" "}
            <span class="small">
              {words.asOf} <Time at={data.counted_at} precision="second" />
            </span>
          </>
        )}
      </p>
      {!isFetching && error !== null && <Failure error={error} />}
      <button type="button" disabled={isBusy} aria-label={words.countOf(name)} onClick={() => void refetch()}>
        {data === undefined ? words.count : words.countAgain}
      </button>
    </>
  );
}
