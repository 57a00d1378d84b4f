/** A list that comes in pages: what was read, and a button for the next page. */

import { useInfiniteQuery } from "@tanstack/preact-query";
import { texts } from "../texts.ts";

/** A page of a list of the service. */
interface ListPage<Item> {
  data: Item[];
  next_cursor: string | null;
}

/**
 * Reads a list page by page.
 * @param key names the list in the cache: calls with the same key share it.
 * @param read gets the cursor of the page; undefined for the first.
 * @param pollMs how long until all that was read is read again, by what it says; false: it is not. Never in a hidden
 * tab.
 * @param options `enabled`: whether what the call needs is known. `staleTime`: ms for which no page is read again.
 */
export function useList<Item>(
  key: readonly unknown[],
  read: (cursor: string | undefined, signal: AbortSignal) => Promise<ListPage<Item>>,
  pollMs: (items: readonly Item[]) => number | false = () => false,
  options: { enabled?: boolean; staleTime?: number } = {},
) {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => read(pageParam, signal),
    ...options,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_cursor: cursor }) => cursor ?? undefined,
    refetchInterval: ({ state }) => pollMs(itemsOf(state.data?.pages)),
  });
  return { ...query, items: itemsOf(query.data?.pages) };
}

const itemsOf = <Item,>(pages: readonly ListPage<Item>[] = []): Item[] => pages.flatMap(({ data }) => data);

interface MoreProps extends Pick<ReturnType<typeof useList>, "hasNextPage" | "isFetchingNextPage" | "fetchNextPage"> {
  /** What the button says. */
  label?: string;
}

export const More = ({ hasNextPage, isFetchingNextPage, fetchNextPage, label = texts.more }: MoreProps) =>
  hasNextPage ? (
    <p>
      <button type="button" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
        {isFetchingNextPage ? texts.loading : label}
      </button>
    </p>
  ) : null;
