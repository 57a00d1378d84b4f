/** The exports: a table with their progress, filters that the address keeps, and what to do where there is nothing. */

import { Link, useSearchParams } from "wouter-preact";
import { EXPORTS_KEY } from "../../exports/keys.ts";
import { isActive } from "../../exports/state.ts";
import { useFollow } from "../../exports/use-follow.ts";
import { useMay, useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { More, useList } from "../../ui/more.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, Failure, Loading } from "../../ui/states.tsx";
import { ExportsTable } from "./exports-table.tsx";
import { Filters } from "./filters.tsx";
import { type Filter, filterOf, queryOf } from "./list-filter.ts";
import { PollFailure } from "./poll-failure.tsx";

export function ExportsPage() {
  const { spillway } = useSession();
  const [search, setSearch] = useSearchParams();
  const filter = filterOf(search);
  const list = useList([...EXPORTS_KEY, filter], (cursor, signal) =>
    spillway.exports.list({ ...filter, ...(cursor !== undefined && { cursor }) }, { signal }).first(),
  );
  const { items, error, isPending, isFetching, refetch } = list;
  const pollError = useFollow(items.filter(isActive).map(({ id }) => id));
  const mayWrite = useMay("exports:write");
  const refresh = (
    <button type="button" disabled={isFetching} onClick={() => void refetch()}>
      {texts.exports.refresh}
    </button>
  );
  const create = mayWrite && (
    <Link href="/new" class="button primary">
      {texts.frame.nav.newExport}
    </Link>
  );
  return (
    <Page
      title={texts.frame.nav.exports}
      actions={
        <>
          {refresh}
          {create}
        </>
      }
    >
      <Filters filter={filter} onFilter={(next) => setSearch(queryOf(next), { replace: true })} />
      {error !== null && <Failure error={error} retry={refetch} />}
      {pollError !== null && error === null && <PollFailure error={pollError} />}
      {isPending && <Loading />}
      {!isPending && error === null && items.length === 0 && <Nothing filter={filter} mayWrite={mayWrite} />}
      {items.length > 0 && <ExportsTable exports={items} />}
      <More {...list} />
    </Page>
  );
}

function Nothing({ filter, mayWrite }: { filter: Filter; mayWrite: boolean }) {
  if (Object.keys(filter).length > 0)
    return (
      <Empty title={texts.exports.noneMatch}>
        <Link href="/exports">{texts.exports.showAll}</Link>
      </Empty>
    );
  return (
    <Empty title={texts.exports.none}>
      {mayWrite ? <Link href="/new">{texts.exports.makeFirst}</Link> : <p>{texts.exports.noneYet}</p>}
    </Empty>
  );
}
