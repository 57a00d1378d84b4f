/** What was delivered, newest first, with filters that are in the address. */

import { useState } from "preact/hooks";
import { useLocation, useSearch } from "wouter-preact";
import { useSession } from "../../session/session.ts";
import { texts } from "../../texts.ts";
import { SelectField, TextField } from "../../ui/field.tsx";
import { More, useList } from "../../ui/more.tsx";
import { Empty, Failure, Loading } from "../../ui/states.tsx";
import { chosen, type DeliveryFilters, filtersIn, pollDelay, searchOf, STATUSES } from "./delivery-state.ts";
import { DeliveryTable } from "./delivery-table.tsx";
import { useEndpoints } from "./endpoints.tsx";
import { DELIVERIES_KEY } from "./event-types.ts";

const PAGE_SIZE = 25;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function Deliveries() {
  const { spillway } = useSession();
  const [path, navigate] = useLocation();
  const filters = filtersIn(useSearch());
  const endpoints = useEndpoints();
  const asked = chosen(filters);
  const deliveries = useList(
    [...DELIVERIES_KEY, asked],
    (cursor, signal) =>
      spillway.webhookDeliveries
        .list({ limit: PAGE_SIZE, ...asked, ...(cursor !== undefined && { cursor }) }, { signal })
        .first(),
    (items) => pollDelay(items, Date.now()),
  );
  const words = texts.deliveries;
  const filter = (change: Partial<DeliveryFilters>) =>
    navigate(path + searchOf({ ...filters, ...change }), { replace: true });
  const options = endpoints.items.map(({ id, url }) => ({ value: id, label: url }));
  // The address may name an endpoint that was deleted.
  const isUnknown = filters.endpoint_id !== "" && !options.some(({ value }) => value === filters.endpoint_id);
  return (
    <>
      <p class="prose">{words.intro}</p>
      <form class="row filters" aria-label={words.filters} onSubmit={(event) => event.preventDefault()}>
        <SelectField
          label={words.endpoint}
          value={filters.endpoint_id}
          onValue={(id) => filter({ endpoint_id: id })}
          options={[
            { value: "", label: words.all },
            ...options,
            ...(isUnknown ? [{ value: filters.endpoint_id, label: filters.endpoint_id }] : []),
          ]}
        />
        <SelectField
          label={words.status}
          value={filters.status}
          onValue={(status) => filter({ status: STATUSES.find((each) => each === status) ?? "" })}
          options={[
            { value: "", label: words.all },
            ...STATUSES.map((value) => ({ value, label: words.statuses[value] })),
          ]}
        />
        <ExportFilter value={filters.export_id} onValue={(id) => filter({ export_id: id })} />
        <button type="button" disabled={deliveries.isFetching} onClick={() => void deliveries.refetch()}>
          {deliveries.isFetching ? texts.loading : words.refresh}
        </button>
      </form>
      {deliveries.isPending && <Loading />}
      {deliveries.error !== null && <Failure error={deliveries.error} retry={deliveries.refetch} />}
      {deliveries.data !== undefined && deliveries.items.length === 0 && (
        <Empty title={words.none}>
          <p>{searchOf(filters) === "" ? words.noneHelp : words.noneFiltered}</p>
        </Empty>
      )}
      {deliveries.items.length > 0 && <DeliveryTable deliveries={deliveries.items} endpoints={endpoints.items} />}
      <More {...deliveries} />
    </>
  );
}

/** A whole id filters when it is typed or pasted. */
function ExportFilter({ value, onValue }: { value: string; onValue: (id: string) => void }) {
  const [text, setText] = useState(value);
  return (
    <TextField
      label={texts.deliveries.export}
      value={text}
      onValue={(typed) => {
        setText(typed);
        const id = typed.trim();
        if (id === "" || UUID.test(id)) onValue(id);
      }}
      type="search"
      input={{ placeholder: texts.deliveries.exportHelp, spellcheck: false }}
    />
  );
}
