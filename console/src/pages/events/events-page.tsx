/** The page: events. The last ones, filtered by event, person and time; the filters are in the address. */

import { useState } from "preact/hooks";
import { Link, useSearchParams } from "wouter-preact";
import { texts } from "../../texts.ts";
import { faultsOf } from "../../ui/form.tsx";
import { More } from "../../ui/more.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, Failure, Loading } from "../../ui/states.tsx";
import { EventFilters } from "./event-filters.tsx";
import { EventTable } from "./event-table.tsx";
import { addressOf, filtersOf } from "./filters.ts";
import { useEvents } from "./use-events.ts";

const words = texts.events;

export function EventsPage() {
  const [address, setAddress] = useSearchParams();
  const [now, setNow] = useState(() => Date.now());
  const filters = filtersOf(address);
  const { items, isLastEmpty, error, isPending, isSuccess, ...list } = useEvents(filters, now);
  const refresh = () => setNow(Date.now());
  const active = Object.keys(addressOf(filters)).length;
  const isFiltered = active > 0;
  const [isOpen] = useState(isFiltered);
  const isAtFields = faultsOf(error).length > 0;
  return (
    <Page
      title={texts.frame.nav.events}
      actions={
        <button type="button" onClick={refresh}>
          {words.refresh}
        </button>
      }
    >
      <details class="event-filters" open={isOpen || isAtFields}>
        <summary>{isFiltered ? words.activeFilters(active) : words.filters}</summary>
        <EventFilters
          filters={filters}
          error={isAtFields ? error : null}
          onFilters={(next) => {
            refresh();
            setAddress(addressOf(next));
          }}
        />
      </details>
      {error === null && isPending && <Loading />}
      {error !== null && !isAtFields && <Failure error={error} retry={list.refetch} />}
      {isSuccess && items.length === 0 && !list.hasNextPage && (
        <Empty title={isFiltered ? words.noMatch : words.none}>
          <p>{isFiltered ? words.noMatchHelp : <Link href="/">{words.noneHelp}</Link>}</p>
        </Empty>
      )}
      {items.length > 0 && (
        <>
          <p class="small" role="status">
            {words.shown(items.length)}
          </p>
          <EventTable events={items} />
        </>
      )}
      {isLastEmpty && list.hasNextPage && <p role="status">{words.lookedThrough}</p>}
      <More {...list} label={isLastEmpty ? words.lookFurther : words.older} />
    </Page>
  );
}
