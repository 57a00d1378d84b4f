/** The filter of the list of exports, as the address has it: `?status=failed&dataset=profile_events`. Pure. */

import type { ListExportsData } from "spillway-client";

export type Filter = Pick<NonNullable<ListExportsData["query"]>, "status" | "dataset">;

type Status = NonNullable<Filter["status"]>;
type Dataset = NonNullable<Filter["dataset"]>;

/** In the order of an export's life. */
export const STATUSES = [
  "queued",
  "processing",
  "completed",
  "failed",
  "canceled",
  "expired",
] as const satisfies readonly Status[];

/** A status that no export can have is passed over; of datasets the service knows best. */
export function filterOf(search: URLSearchParams): Filter {
  const status = STATUSES.find((each) => each === search.get("status"));
  const dataset = search.get("dataset") ?? "";
  return { ...(status !== undefined && { status }), ...(dataset !== "" && { dataset: dataset as Dataset }) };
}

/** @param change empty where a value is taken away. */
export function withChange(filter: Filter, change: { status?: string; dataset?: string }): Filter {
  return filterOf(queryOf({ ...filter, ...change } as Filter));
}

/** The address's query, without what does not filter. */
export function queryOf({ status = "" as Status, dataset = "" as Dataset }: Filter): URLSearchParams {
  const named = Object.entries({ status, dataset }).filter(([, value]: [string, string]) => value !== "");
  return new URLSearchParams(named);
}
