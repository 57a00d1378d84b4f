/** What a call reads, or that it loads, or why it failed with a button to try again. */

import type { ComponentChildren } from "preact";
import { More, type useList } from "./more.tsx";
import { Failure, Loading } from "./states.tsx";

interface LoadedProps<Data> {
  query: { data: Data | undefined; error: unknown; refetch: () => unknown };
  children: (data: Data) => ComponentChildren;
}

/** One thing. */
export function Loaded<Data>({ query: { data, error, refetch }, children }: LoadedProps<Data>) {
  if (data !== undefined) return <>{children(data)}</>;
  return error === null ? <Loading /> : <Failure error={error} retry={refetch} />;
}

interface ListedProps<Item> {
  list: Omit<ReturnType<typeof useList<Item>>, "data">;
  /** Shown where the list has nothing: that, and what to do. */
  empty: ComponentChildren;
  children: (items: readonly Item[]) => ComponentChildren;
}

/** A list, with its next page. */
export function Listed<Item>({ list, empty, children }: ListedProps<Item>) {
  if (list.isPending) return <Loading />;
  return (
    <>
      {list.items.length > 0 && children(list.items)}
      {list.items.length === 0 && list.error === null && empty}
      {list.error !== null && <Failure error={list.error} retry={() => list.refetch()} />}
      <More {...list} />
    </>
  );
}
